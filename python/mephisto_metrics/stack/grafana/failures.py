"""What Grafana says when it fails, and what a user can do who never ran it."""

from __future__ import annotations

_MAKE_WRITABLE = (
    "make MEPHISTO_METRICS_HOME, with all that is in it, a folder that you may read and write"
)

EXPLANATIONS = {
    "address already in use": "another program has taken the port meanwhile; stop it, or set "
    "GRAFANA_PORT or `--port` to another port",
    "cannot assign requested address": "this machine has no such address; set GRAFANA_HOST or "
    "`--host` to one that it has",
    "invalid ip address": "Grafana listens on no names; set GRAFANA_HOST or `--host` to an address "
    "such as 127.0.0.1",
    "invalid root_url": "Grafana can make no URL of its host; set GRAFANA_HOST or `--host` to an "
    "address such as 127.0.0.1",
    "failed to open listener": "Grafana could not listen at its address; set GRAFANA_HOST and "
    "GRAFANA_PORT to another",
    "no space left on device": "free some space on the disk of MEPHISTO_METRICS_HOME",
    "database or disk is full": "free some space on the disk of MEPHISTO_METRICS_HOME",
    "database is locked": "another Grafana uses the same data; end it with `mephisto metrics "
    "cleanup`, or set MEPHISTO_METRICS_HOME to another folder",
    "permission denied": _MAKE_WRITABLE,
    "readonly database": _MAKE_WRITABLE,
    "read-only file system": "set MEPHISTO_METRICS_HOME to a folder that can be written to",
    "migration failed": "its data is of a newer Grafana, or was damaged; `mephisto metrics "
    "reinstall --only grafana` brings the newest, or remove `data/grafana` in "
    "MEPHISTO_METRICS_HOME: boards that you made there are lost, recorded metrics are not",
    "database disk image is malformed": "its data was damaged; remove `data/grafana` in "
    "MEPHISTO_METRICS_HOME: boards that you made there are lost, recorded metrics are not",
    "datasource provisioning error": "the data source in its data contradicts the one of this "
    "home; remove `data/grafana` in MEPHISTO_METRICS_HOME",
    "could not find config defaults": "its installation is not complete; `mephisto metrics "
    "reinstall --only grafana` brings it anew",
}
"""What its log says, in lower case, and what helps; what is more exact comes first."""


def explain(log_lines: list[str]) -> str | None:
    """Return what a user can do about the failure that the last lines of its log tell of.

    To end with status 1 after SIGTERM is no failure: some versions always do.
    """
    said = "\n".join(log_lines).lower()
    return next((hint for sign, hint in EXPLANATIONS.items() if sign in said), None)
