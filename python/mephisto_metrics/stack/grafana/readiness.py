"""Whether Grafana can serve: its own health, and that its data source answers."""

from __future__ import annotations

from mephisto_metrics.stack.grafana import account, data_source, failures
from mephisto_metrics.stack.grafana.api import ConnectionFailedError, GrafanaApi
from mephisto_metrics.stack.readiness import ANSWER_TIMEOUT_SECONDS, HTTP_OK


class Readiness:
    """Asks until it is ready; `/api/health` alone is green while the data source is not there."""

    def __init__(self, url: str, user: str, password: str) -> None:
        # Whoever asks watches other parts too, and asks again. What a store takes is not Grafana's.
        self._health = GrafanaApi(url, is_local=True, answer_timeout_seconds=ANSWER_TIMEOUT_SECONDS)
        self._user = user
        self._password = password
        self._is_password_ours = True
        self._fault: str | None = None

    def __call__(self) -> bool:
        """Whether a board would have data.

        Who has changed the password in Grafana itself is let be: after some wrong tries Grafana
        would lock the user out, so it is tried once, and its health has to do.
        """
        self._fault = None
        try:
            return self._is_healthy() and (not self._is_password_ours or self._does_answer())
        except ConnectionFailedError:
            return False

    def explain(self, log_lines: list[str]) -> str | None:
        """Return what a user can do, by what its log tells, or by what its data source answers."""
        if self._fault is None:
            return failures.explain(log_lines)
        return failures.explain(log_lines) or (
            f"Grafana runs, and its data source has no data: {self._fault}; see that the store "
            "answers from this machine"
        )

    def _is_healthy(self) -> bool:
        status, body = self._health.ask("GET", "/api/health")
        return status == HTTP_OK and isinstance(body, dict) and body.get("database") == "ok"

    def _does_answer(self) -> bool:
        answer = data_source.ask(self._health.url, self._user, self._password)
        if answer.is_denied:
            self._is_password_ours = False
            account.note_refusal(self._password)
        self._fault = answer.fault
        return answer.fault is None
