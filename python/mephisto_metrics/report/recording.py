"""Asks a store, and keeps its answers as a snapshot has them."""

from __future__ import annotations

import http.client
import json
import socket
import time
import urllib.error
import urllib.parse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.report.queries import Query
from mephisto_metrics.stack.asking import opener

if TYPE_CHECKING:
    from mephisto_metrics.stack.credentials import Credentials

ANSWER_TIMEOUT_SECONDS = 60.0
REQUEST_TIMEOUT_STATUS = 408

Parameters = Sequence[tuple[str, str]]
_OF_TIME = frozenset({"start", "end", "time", "step"})


class Recording:
    """The answers so far, by their keys. May be used by several threads at once."""

    def __init__(self, store_url: str, credentials: Credentials | None = None) -> None:
        self.answers: dict[str, dict[str, Any]] = {}
        self._store_url = store_url
        self._opener = opener(store_url, credentials)

    def keep(self, address: str, body: object) -> None:
        """Add what the page's server would have answered."""
        self.answers[address] = {"address": address, "body": body}

    def run(self, key: str, query: Query) -> None:
        """Evaluate a query and keep the answer, or what the store has against it."""
        start, end = (str(time_ms / 1000) for time_ms in query.range)
        if query.step_ms is None:
            # Of a range that goes on, such as all of today, nothing later than now is known.
            instant = str(min(query.range.to_ms / 1000, time.time()))
            self.ask("api/v1/query", [("query", query.expr), ("time", instant)], key)
        else:
            step = ("step", str(query.step_ms / 1000))
            parameters = [("query", query.expr), ("start", start), ("end", end), step]
            self.ask("api/v1/query_range", parameters, key)

    def ask(self, path: str, parameters: Parameters = (), key: str | None = None) -> Any:
        """Ask for `path`, keep the answer and return its data; None if the store refuses.

        Raises `StackError` if there is no store.
        """
        address = path + (f"?{urllib.parse.urlencode(parameters)}" if parameters else "")
        key = key or key_of(path, parameters)
        started = time.monotonic()
        try:
            body = self._get(address)
        except _RefusalError as refusal:
            self.answers[key] = {"address": address, "failure": refusal.failure}
            return None
        took_ms = round((time.monotonic() - started) * 1000)
        self.answers[key] = {"address": address, "body": body, "tookMs": took_ms}
        return body.get("data")

    def _get(self, address: str) -> dict[str, Any]:
        url = f"{self._store_url.rstrip('/')}/{address}"
        try:
            with self._opener.open(url, timeout=ANSWER_TIMEOUT_SECONDS) as answer:
                body: dict[str, Any] = json.load(answer)
                return body
        except urllib.error.HTTPError as error:
            raise _RefusalError(_failure(error)) from error
        except socket.timeout as error:
            message = f"no answer within {ANSWER_TIMEOUT_SECONDS:.0f} s"
            failure = {"status": REQUEST_TIMEOUT_STATUS, "kind": "timeout", "message": message}
            raise _RefusalError(failure) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise StackError(
                f"the store at {self._store_url} does not answer: {reason}",
                "see what runs: `mephisto metrics status`",
            ) from error


def key_of(path: str, parameters: Parameters) -> str:
    """Return the name of a question, the same for every time range (`src/api/source.ts`)."""
    kept = [f"{name}={value}" for name, value in parameters if name not in _OF_TIME]
    return " ".join([path, *kept])


class _RefusalError(Exception):
    def __init__(self, failure: dict[str, Any]) -> None:
        super().__init__(failure["message"])
        self.failure = failure


def _failure(error: urllib.error.HTTPError) -> dict[str, Any]:
    text = error.read().decode(errors="replace")
    try:
        said = json.loads(text)
        kind, message = said.get("errorType") or "", said["error"]
    except (ValueError, TypeError, KeyError, AttributeError):
        kind, message = "", text.strip()[:500] or f"status {error.code}"
    return {"status": error.code, "kind": str(kind), "message": str(message)}
