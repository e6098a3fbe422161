"""All that is known of Grafana: its command line, its files, its HTTP API, what it says.

`program.prepare` makes one ready to be started here; `push` and `export` are for one that is there
already. Nothing in this package has been seen in a real Grafana: it stands on Grafana's
documentation and source, and each assumption has one place.

Configuration: `configuration` says what is set, `ini` how it is written, `provisioning` has data
source, boards and alerts as files, `store_access` how the data source is let in by a store
elsewhere, `account` who may log in. `data_source` asks what a board asks: for `readiness`, and for
the doctor.
"""

from mephisto_metrics.stack.grafana.account import how_to_log_in
from mephisto_metrics.stack.grafana.options import GrafanaOptions
from mephisto_metrics.stack.grafana.program import default_dashboard_url, prepare, state_path

__all__ = ["GrafanaOptions", "default_dashboard_url", "how_to_log_in", "prepare", "state_path"]
