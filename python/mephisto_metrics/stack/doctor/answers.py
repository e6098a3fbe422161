"""What the store says of itself and of Operators."""

from __future__ import annotations

import json
import re
import urllib.parse
from typing import Any

from mephisto_metrics.stack.readiness import ANSWER_TIMEOUT_SECONDS, fetched

_SAMPLE = re.compile(r"^(\w+)(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


def asked(url: str, path: str, **parameters: object) -> Any:
    """Return the data that the store at `url` answers with; None if it does not answer well."""
    encoded = urllib.parse.urlencode(parameters)
    answer = fetched(f"{url}/api/v1/{path}?{encoded}", ANSWER_TIMEOUT_SECONDS)
    try:
        return None if answer is None else json.loads(answer)["data"]
    except (ValueError, KeyError, TypeError):
        return None


def does_answer(url: str) -> bool:
    """Whether anything is answered at `url`, be it that one must log in first."""
    import http.client
    import urllib.error
    import urllib.request

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=ANSWER_TIMEOUT_SECONDS):
            return True
    except urllib.error.HTTPError as refusal:
        refusal.close()
        return True
    except (OSError, http.client.HTTPException):
        return False


def own_metrics(url: str) -> dict[str, float]:
    """Return the metrics of the store itself, summed over their labels; none without an answer."""
    answer = fetched(f"{url}/metrics", ANSWER_TIMEOUT_SECONDS) or b""
    sums: dict[str, float] = {}
    for name, value in _SAMPLE.findall(answer.decode(errors="replace")):
        try:
            sums[name] = sums.get(name, 0.0) + float(value)
        except ValueError:
            continue
    return sums
