"""What the reader of the board may choose: the data source, the Operators, and the tasks."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models

DATA_SOURCE = common_models.DataSourceRef("prometheus", "${datasource}")


def data_source() -> dashboard.DatasourceVariable:
    """Choose among the Prometheus data sources; the default one comes first."""
    return dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")


def target_label(name: str, title: str, label: str) -> dashboard.QueryVariable:
    """Choose among the values that a label of Mephisto's scrape targets has.

    All is `.*`, which fits series without the label too: an Operator has no task until it
    launches one, and a Prometheus that is not set up by us may add no such labels.
    """
    query = f'label_values(up{{job="mephisto"}}, {label})'
    everything = models.VariableOption(text=["All"], value=["$__all"], selected=True)
    return (
        dashboard.QueryVariable(name)
        .label(title)
        .datasource(DATA_SOURCE)
        .query(query)
        .definition(query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(everything)
    )
