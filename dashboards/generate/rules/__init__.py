"""Writes alerting and recording rules for Prometheus, and the same alerts for Grafana.

`model.py` says what a rule is, `recordings.py` and `alerts.py` have the rules, `prometheus.py` and
`grafana.py` write them. Both stores evaluate the one file, both viewers show what fires.
"""
