"""Getting Prometheus and Grafana onto this machine, and off it again.

The order of things is in `installing`; each other module is one step of it, and knows of no
terminal: what happens is told to a `Reporter`.
"""
