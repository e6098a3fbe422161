"""The page for people: every panel of every board in words, with its queries."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import prometheus

HEAD = """\
<!-- Written by `python -m dashboards.generate`; edit the texts in `dashboards/generate/`. -->

# Dashboards

The boards that both viewers show: Grafana and the built-in page. They are written by the builders
in `generate/` and never by hand:

```sh
pip install -r requirements/dashboards.txt   # Python 3.11 or later
python -m dashboards.generate                # writes the boards and this page
python -m dashboards.generate --check        # fails if one is not what would be written
```

| board | file | what it is for |
| --- | --- | --- |
{boards}

Every query but those about the store is limited to the Operators and tasks that are chosen above
the board; both stand at All, which also takes in series without those labels. Unless it says
otherwise, a panel puts the series of all chosen Operators together. Windows are
`$__rate_interval`, at least four scrapes. Columns of heatmaps are as wide as that, so that nothing
is counted in two of them; tables look back four minutes or more. Under each panel stand its
queries, each below the name that its series get.

Every query runs on any store with Prometheus's API, and means the same on each.

`rules/mephisto.yml` has alerting and recording rules for Prometheus and the built-in store,
`alerts/mephisto.json` the same alerts for Grafana; both are written by `generate/rules/` in the
same run. [`docs/alerts.md`](../docs/alerts.md) explains them.

## Marks in time

All boards mark the same moments. The value of each query is the moment, in milliseconds.

```promql
{annotations}
```
"""


def render(boards: list[models.Dashboard]) -> str:
    """Write the page for all boards."""
    assert boards[0].annotations is not None  # noqa: S101  # all boards have the same
    marks = boards[0].annotations.list_val or []
    head = HEAD.format(
        boards="\n".join(map(_entry, boards)),
        annotations="\n".join(f"# {mark.name}\n{mark.expr}" for mark in marks),
    )
    return "\n".join([head, *map(_board, boards)])


def _entry(board: models.Dashboard) -> str:
    return f"| {board.title} | `{board.uid}.json` | {board.description} |"


def _board(board: models.Dashboard) -> str:
    sections = [_section(panel) for panel in board.panels or []]
    return "\n".join([f"## {board.title}\n", *sections])


def _section(panel: models.Panel | models.RowPanel) -> str:
    if isinstance(panel, models.RowPanel):
        return "\n".join([f"### {panel.title}\n", *map(_section, panel.panels)])
    queries = "\n".join(_query(target) for target in panel.targets or [])
    return f"#### {panel.title}\n\n{panel.description}\n\n```promql\n{queries}\n```\n"


def _query(target: object) -> str:
    assert isinstance(target, prometheus.Dataquery)  # noqa: S101  # the boards have no others
    return f"# {target.legend_format}\n{target.expr}"
