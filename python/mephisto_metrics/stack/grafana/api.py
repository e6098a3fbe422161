"""Grafana's HTTP API: asked with a token or a password, answered in words for people."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.transport_faults import innermost_reason

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT_SECONDS = 5.0
ANSWER_TIMEOUT_SECONDS = 30.0
"""To write a board may take long on a machine that does much else."""
LONGEST_REASON = 300
HTTP_SUCCESS = range(200, 300)
HTTP_MOVED = range(300, 400)
HTTP_UNAUTHORIZED = 401
HTTP_FORBIDDEN = 403
HTTP_NOT_FOUND = 404
HTTP_FAULT = 500


class ConnectionFailedError(StackError):
    """Nobody answered."""


class GrafanaApi:
    """One Grafana."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        basic: tuple[str, str] | None = None,
        is_local: bool = False,
        answer_timeout_seconds: float = ANSWER_TIMEOUT_SECONDS,
    ) -> None:
        """`is_local` leaves out proxies of the environment, which have no business on loopback."""
        import requests

        self.url = url.rstrip("/")
        self._timeouts_seconds = (
            min(CONNECT_TIMEOUT_SECONDS, answer_timeout_seconds),
            answer_timeout_seconds,
        )
        self._session = requests.Session()
        self._session.trust_env = not is_local
        self._session.verify = _authorities()
        self._session.auth = _authentication(token, basic)
        self._session.headers["Accept"] = "application/json"

    def check(self) -> None:
        """Raise `StackError` if this is no Grafana, of which nothing can be said to be missing."""
        asked = "GET /api/health"
        health = self._expect(*self.ask(*asked.split()), asked)
        if not _is_like(health, {"database": ""}):
            raise self._no_grafana(asked)

    def get(self, path: str, example: Any) -> Any | None:
        """Return what is at a path; None if there is nothing.

        `example` has what is read of it: `StackError` also for an answer that is not like it.
        """
        status, body = self.ask("GET", path)
        if status == HTTP_NOT_FOUND:
            return None
        found = self._expect(status, body, f"GET {path}")
        if not _is_like(found, example):
            raise self._no_grafana(f"GET {path}")
        return found

    def send(self, method: str, path: str, value: Any, **headers: str) -> Any:
        """Send JSON and return the answer. Raises `StackError`."""
        status, body = self.ask(method, path, value, **headers)
        return self._expect(status, body, f"{method} {path}")

    def ask(
        self, method: str, path: str, value: Any = None, **headers: str
    ) -> tuple[int, Any | None]:
        """Return status and body of any answer. Raises `ConnectionFailedError` if there is none."""
        import requests

        try:
            answer = self._session.request(
                method,
                self.url + path,
                json=value,
                headers={name.replace("_", "-"): text for name, text in headers.items()},
                timeout=self._timeouts_seconds,
                # To follow one with a token could hand it to a stranger, or make a POST a GET.
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            raise ConnectionFailedError(
                f"the certificate of {self.url} is not trusted: {innermost_reason(error)}",
                "use the name that is in it, or give its authority's file in REQUESTS_CA_BUNDLE",
            ) from error
        except OSError as error:  # also of a file of authorities that is not there
            raise ConnectionFailedError(
                f"Grafana can not be reached at {self.url}: {innermost_reason(error)}",
                "check the address, and that this machine can reach it",
            ) from error
        return answer.status_code, _body(answer)

    def _expect(self, status: int, body: Any | None, asked: str) -> Any:
        if status in HTTP_SUCCESS and body is not None:
            return body
        reason = f"{self.url} answers {asked} with {status}{_reason(body)}"
        raise StackError(reason, _hint(status, asked))

    def _no_grafana(self, asked: str) -> StackError:
        return StackError(
            f"{self.url} answers {asked}, and not as Grafana does", _hint(HTTP_NOT_FOUND, asked)
        )


def _is_like(value: Any, example: Any) -> bool:
    """Whether `value` has all that `example` has, of the same types; all items of a list do."""
    if not isinstance(value, type(example)):
        return False
    if isinstance(example, dict):
        return all(key in value and _is_like(value[key], one) for key, one in example.items())
    return not isinstance(example, list) or all(_is_like(item, example[0]) for item in value)


def _authorities() -> str | bool:
    """Return the file of authorities in the environment, which `trust_env` leaves out too."""
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True


def _authentication(token: str | None, basic: tuple[str, str] | None) -> Any:
    """Return what authenticates a request, so that no `.netrc` comes in between."""
    from requests.auth import HTTPBasicAuth

    def bear(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if token is not None:
            request.headers["Authorization"] = f"Bearer {token}"
        return request

    # Given text, `requests` would fail at what is not in Latin-1.
    return bear if basic is None else HTTPBasicAuth(*(part.encode() for part in basic))


def _body(answer: requests.Response) -> Any | None:
    try:
        return answer.json()
    except ValueError:
        return None


def _reason(body: Any | None) -> str:
    if isinstance(body, dict) and body.get("message"):
        return f": {str(body['message'])[:LONGEST_REASON]}"
    return "" if body is not None else ", and not in JSON"


def _hint(status: int, asked: str) -> str:
    if status == HTTP_UNAUTHORIZED:
        return (
            "the token is not valid there, or has expired: make one under Administration, "
            "Users and access, Service accounts"
        )
    if status == HTTP_FORBIDDEN:
        return "the token's service account may not do this: give it the role Admin"
    if status == HTTP_NOT_FOUND or status in HTTP_SUCCESS:
        return "give Grafana's own address, with its path where it is served below one"
    if status in HTTP_MOVED:
        return "give the address that it moves to, such as one with https"
    if status == HTTP_FAULT and "/rule-groups/" in asked:
        return (
            "before 11.5.2 Grafana takes no rules that are new to it: bring it up to date, or "
            "leave them out with `--no-alerts`; else its log has more"
        )
    return "Grafana's log has more; what was provisioned there by files is changed in these only"
