"""Snapshots: a board with the answers inside that it is drawn from, as one HTML file.

The page writes the same files by its button; `web/README.md` has their format. What the page does
to a query before it is sent is done here too, in `variables`, `intervals` and `queries`, and tested
against the page by the cases in `web/tests/cases`.
"""
