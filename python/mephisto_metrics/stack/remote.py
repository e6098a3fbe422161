"""Where a store sends its samples too."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass, field

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.addresses import has_credentials, is_web_address, shown
from mephisto_metrics.stack.credentials import (
    CREDENTIALS_VARIABLES,
    NO_CREDENTIALS,
    PREFIX,
    Credentials,
    readable_credentials,
)
from mephisto_metrics.stack.proxies import proxy_for
from mephisto_metrics.stack.sizes import LARGEST_BYTES, LARGEST_SIZE, bytes_of
from mephisto_metrics.stack.variables import text_of

URL_VARIABLE = "MEPHISTO_METRICS_REMOTE_WRITE"
LABELS_VARIABLE = f"{PREFIX}LABELS"
QUEUE_SIZE_VARIABLE = f"{PREFIX}QUEUE_SIZE"

VARIABLES = (URL_VARIABLE, *CREDENTIALS_VARIABLES, LABELS_VARIABLE, QUEUE_SIZE_VARIABLE)
_LABEL_NAME = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")


@dataclass(frozen=True)
class RemoteWrite:
    """A receiver of Prometheus's remote write.

    Every series that is sent has the labels too, unless it has such a label itself.
    """

    url: str
    credentials: Credentials = NO_CREDENTIALS
    labels: dict[str, str] = field(default_factory=dict)
    queue_bytes: int | None = None


def remote_write_wanted() -> RemoteWrite | None:
    """Return the receiver that `$MEPHISTO_METRICS_REMOTE_WRITE` names; None if it names none."""
    url = text_of(URL_VARIABLE)
    return remote_write(url, _queue_bytes()) if url else None


def remote_write(url: str, queue_bytes: int | None = None) -> RemoteWrite:
    """Return the receiver at `url` with what `MEPHISTO_METRICS_REMOTE_*` say of it.

    Raises `StackError` for what can not be used, or read.
    """
    _check_url(url)
    proxy_for(url)  # raises for a proxy that could not be used
    return RemoteWrite(url, readable_credentials(), _labels(), queue_bytes)


def is_remote_write_wanted() -> bool:
    """Whether `$MEPHISTO_METRICS_REMOTE_WRITE` names a receiver."""
    return bool(text_of(URL_VARIABLE))


def _queue_bytes() -> int | None:
    text = text_of(QUEUE_SIZE_VARIABLE)
    found = bytes_of(text) if text else None
    if text and not 0 < (found or 0) <= LARGEST_BYTES:
        raise StackError(
            f"{QUEUE_SIZE_VARIABLE} is {text!r}, which is no size for a queue",
            f"set it to one such as 512MB, at most {LARGEST_SIZE}",
        )
    return found


def _labels() -> dict[str, str]:
    """Return what tells this machine's series from those of others: `a=b,c=d`, else its name."""
    text = text_of(LABELS_VARIABLE)
    if not text:
        return {"machine": socket.gethostname()}
    pairs = [pair.partition("=") for pair in text.split(",")]
    labels = {name.strip(): value.strip() for name, _, value in pairs}
    if not all(_LABEL_NAME.fullmatch(name) and value for name, value in labels.items()):
        raise StackError(
            f"{LABELS_VARIABLE} is {text!r}, which are no labels",
            "set it to names and values, such as `machine=one,site=here`",
        )
    return labels


def _check_url(url: str) -> None:
    if not is_web_address(url):
        raise StackError(
            f"{URL_VARIABLE} is {shown(url)!r}, which is no web address",
            "give the whole address, such as `http://mimir.example:9009/api/v1/push`",
        )
    if has_credentials(url):
        raise StackError(
            "the address for remote write holds credentials, which others would see",
            f"set {PREFIX}USER and {PREFIX}PASSWORD_FILE, and leave them out of the address",
        )
