"""Writes `dashboards/*.json` and `dashboards/README.md` from typed builders.

One file a row of the board; `panels.py`, `queries.py` and `variables.py` hold what rows share,
`board.py` puts the rows together, `readme.py` tells people what each panel means.
Needs Python 3.11 and `requirements/dashboards.txt`; nothing that users run needs either.
"""
