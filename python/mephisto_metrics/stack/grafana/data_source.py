"""Whether Grafana's data source answers: asked through Grafana, as a board asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mephisto_metrics.stack.grafana import account
from mephisto_metrics.stack.grafana.api import ConnectionFailedError, GrafanaApi
from mephisto_metrics.stack.grafana.packaged import DATA_SOURCE_TYPE, DATA_SOURCE_UID
from mephisto_metrics.stack.readiness import ANSWER_TIMEOUT_SECONDS, HTTP_OK
from mephisto_metrics.stack.store import REMOTE_TIMEOUT_SECONDS

TIMEOUT_SECONDS = REMOTE_TIMEOUT_SECONDS + ANSWER_TIMEOUT_SECONDS
"""What a store may take, and Grafana besides."""
HTTP_DENIED = (401, 403)
ALWAYS = "vector(1)"
LOOKED_BACK_SECONDS = 60
REF_ID = "A"


@dataclass(frozen=True)
class Answer:
    """What came of asking."""

    fault: str | None = None
    """Why a board would have no data; None if it would have some, or if that is not known."""
    is_denied: bool = False
    """Whether Grafana lets nobody ask with the password that it was given."""


def ask(url: str, user: str, password: str) -> Answer:
    """Ask the Grafana at `url` for a number that every store has."""
    api = GrafanaApi(
        url, basic=(user, password), is_local=True, answer_timeout_seconds=TIMEOUT_SECONDS
    )
    try:
        return _asked(api)
    except ConnectionFailedError:
        return Answer(f"no answer within {TIMEOUT_SECONDS:.0f} s")


def _asked(api: GrafanaApi) -> Answer:
    status, body = api.ask("POST", "/api/ds/query", _question())
    if status in HTTP_DENIED:
        return Answer(is_denied=True)
    return Answer(_fault(status, body))


def ask_once(url: str) -> Answer:
    """Ask the Grafana of this home, at `url`, unless it is known that it does not let us.

    After some wrong tries it would lock out the user. `OSError` if its secrets can not be read.
    """
    known = account.in_effect()
    if known is None:
        return Answer(is_denied=True)
    return ask(url, known.user, known.password)


def _question() -> dict[str, Any]:
    query = {
        "refId": REF_ID,
        "datasource": {"type": DATA_SOURCE_TYPE, "uid": DATA_SOURCE_UID},
        "expr": ALWAYS,
        "instant": True,
        "range": False,
        "intervalMs": 1000,
        "maxDataPoints": 1,
    }
    return {"queries": [query], "from": f"now-{LOOKED_BACK_SECONDS}s", "to": "now"}


def _fault(status: int, body: Any) -> str | None:
    """Return what is wrong with an answer; each query in it may say so for itself."""
    answer = body if isinstance(body, dict) else {}
    results = answer.get("results")
    result = results.get(REF_ID) if isinstance(results, dict) else None
    if not isinstance(result, dict):
        result = {}
    if status == HTTP_OK and result.get("frames") and "error" not in result:
        return None
    said = result.get("error") or answer.get("message")
    return str(said) if said else f"HTTP status {status}, without data"
