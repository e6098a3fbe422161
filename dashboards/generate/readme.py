"""The page for people: every panel of the board in words, with its queries."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import prometheus

HEAD = """\
<!-- Written by `python -m dashboards.generate`; edit the texts in `dashboards/generate/`. -->

# Dashboards

`mephisto.json` is the board that both viewers show: Grafana and the built-in page. It is written
by the builders in `generate/` and never by hand:

```sh
pip install -r requirements/dashboards.txt   # Python 3.11 or later
python -m dashboards.generate                # writes mephisto.json and this page
python -m dashboards.generate --check        # fails if either is not what would be written
```

Every query is limited to the Operators and tasks that are chosen above the board; both stand at
All, which also takes in series without those labels. Each panel puts the series of all chosen
Operators together. Windows are `$__rate_interval`, at least four scrapes. Under each panel stand
its queries, each below the name that its series get in the legend.

`rules/mephisto.yml` has alerting and recording rules for Prometheus and the built-in store,
`alerts/mephisto.json` the same alerts for Grafana; both are written by `generate/rules/` in the
same run. [`docs/alerts.md`](../docs/alerts.md) explains them.
"""


def render(board: models.Dashboard) -> str:
    """Write the page for a board."""
    sections = [_section(panel) for panel in board.panels or []]
    return "\n".join([HEAD, *sections])


def _section(panel: models.Panel | models.RowPanel) -> str:
    if isinstance(panel, models.RowPanel):
        return "\n".join([f"## {panel.title}\n", *map(_section, panel.panels)])
    queries = "\n".join(_query(target) for target in panel.targets or [])
    return f"### {panel.title}\n\n{panel.description}\n\n```promql\n{queries}\n```\n"


def _query(target: object) -> str:
    assert isinstance(target, prometheus.Dataquery)  # noqa: S101  # the board has no others
    return f"# {target.legend_format}\n{target.expr}"
