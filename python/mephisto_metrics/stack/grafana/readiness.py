"""Whether Grafana can serve: its own health, and that its data source answers."""

from __future__ import annotations

from typing import Any

from mephisto_metrics.stack.grafana.api import ConnectionFailedError, GrafanaApi
from mephisto_metrics.stack.grafana.packaged import DATA_SOURCE_TYPE, DATA_SOURCE_UID
from mephisto_metrics.stack.readiness import ANSWER_TIMEOUT_SECONDS

HTTP_OK = 200
HTTP_DENIED = (401, 403)
ALWAYS = "vector(1)"
LOOKED_BACK_MS = 60_000


class Readiness:
    """Asks until it is ready; `/api/health` alone is green while the data source is not there."""

    def __init__(self, url: str, user: str, password: str) -> None:
        # Whoever asks watches other parts too, and asks again.
        self._api = GrafanaApi(
            url,
            basic=(user, password),
            is_local=True,
            answer_timeout_seconds=ANSWER_TIMEOUT_SECONDS,
        )
        self._is_password_ours = True

    def __call__(self) -> bool:
        """Whether a board would have data.

        Who has changed the password in Grafana itself is let be: after some wrong tries Grafana
        would lock the user out, so it is tried once, and its health has to do.
        """
        try:
            return self._is_healthy() and (not self._is_password_ours or self._does_answer())
        except ConnectionFailedError:
            return False

    def _is_healthy(self) -> bool:
        status, body = self._api.ask("GET", "/api/health")
        return status == HTTP_OK and isinstance(body, dict) and body.get("database") == "ok"

    def _does_answer(self) -> bool:
        status, body = self._api.ask("POST", "/api/ds/query", _question())
        self._is_password_ours = status not in HTTP_DENIED
        return not self._is_password_ours or (status == HTTP_OK and _has_frames(body))


def _question() -> dict[str, Any]:
    query = {
        "refId": "A",
        "datasource": {"type": DATA_SOURCE_TYPE, "uid": DATA_SOURCE_UID},
        "expr": ALWAYS,
        "instant": True,
        "range": False,
        "intervalMs": 1000,
        "maxDataPoints": 1,
    }
    return {"queries": [query], "from": f"now-{LOOKED_BACK_MS // 1000}s", "to": "now"}


def _has_frames(body: Any) -> bool:
    try:
        result = body["results"]["A"]
        return "error" not in result and bool(result["frames"])
    except (KeyError, TypeError):
        return False
