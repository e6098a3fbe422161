"""Operators on other machines: where a store learns of them, and as whom it asks them."""

from __future__ import annotations

import csv
import io
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.addresses import shown
from mephisto_metrics.stack.variables import absolute, certificates_of, file_of, text_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TARGETS_VARIABLE = "MEPHISTO_METRICS_TARGETS"
TOKEN_FILE_VARIABLE = "MEPHISTO_METRICS_SCRAPE_TOKEN_FILE"  # noqa: S105 - the name of a variable
CA_FILE_VARIABLE = "MEPHISTO_METRICS_SCRAPE_CA_FILE"
INSECURE_VARIABLE = "MEPHISTO_METRICS_SCRAPE_INSECURE"
VARIABLES = (TARGETS_VARIABLE, TOKEN_FILE_VARIABLE, CA_FILE_VARIABLE, INSECURE_VARIABLE)

REFRESH_INTERVAL = "30s"
"""How often Prometheus asks for lists, as the built-in store does, and looks at files again: a disk
of another machine does not tell when one has changed, nor does a folder that was made anew."""
FILE_ENDING = ".json"
"""What tells a file from a folder where nothing is there yet; Prometheus takes no other names."""
PRIVATE_TARGET = r"https;.*|http;(127\.[0-9.]+|localhost|\[::1\]):[0-9]+"
"""What the token may be sent to: nobody on the way can read it there."""
_SCHEME = re.compile("[A-Za-z][A-Za-z0-9+.-]*://")
NO_REDIRECTS = {"follow_redirects": False}
"""For all that Prometheus asks elsewhere: it takes its credentials along to where it is sent on."""


@dataclass(frozen=True)
class Elsewhere:
    """Where targets on other machines are found, and what they need."""

    files: tuple[Path, ...] = ()
    """In Prometheus's file_sd format, and folders of such files."""
    lists: tuple[str, ...] = ()
    """Addresses of lists, in Prometheus's http_sd format."""
    token_file: Path | None = None
    """With what lets the store in. It is sent to these targets alone, not to who lists them."""
    ca_file: Path | None = None
    """The authorities whose certificates they may have; by default those of the system."""
    is_token_sent_in_clear: bool = False
    """Whether the token may go over plain HTTP to other machines."""

    @property
    def sources(self) -> list[str]:
        """All files and lists, as they can be given again."""
        return [*map(str, self.files), *self.lists]


NOWHERE = Elsewhere()


def elsewhere(sources: Sequence[str] | None = None) -> Elsewhere:
    """Return what `MEPHISTO_METRICS_TARGETS` and `MEPHISTO_METRICS_SCRAPE_*` say.

    `sources` are in place of the first. Raises `StackError` for what can not be used.
    """
    if sources is None:
        sources = separated(text_of(TARGETS_VARIABLE))
    if sources and not any(sources):
        raise StackError(
            f"{TARGETS_VARIABLE} names nothing",
            "name a file, a folder or an address, or leave it out",
        )
    lists = tuple(source for source in sources if _is_address(source))
    for address in lists:
        _check_address(address)
    return Elsewhere(
        files=tuple(_file(text) for text in sources if text and not _is_address(text)),
        lists=lists,
        token_file=file_of(TOKEN_FILE_VARIABLE),
        ca_file=certificates_of(CA_FILE_VARIABLE),
        is_token_sent_in_clear=text_of(INSECURE_VARIABLE) not in {"", "0"},
    )


def joined(sources: Sequence[str]) -> str:
    """Return them as `MEPHISTO_METRICS_TARGETS` has them: as a line of CSV."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(sources)
    return line.getvalue()


def separated(text: str) -> list[str]:
    """Return the sources that `MEPHISTO_METRICS_TARGETS` names."""
    try:
        rows = csv.reader(text.splitlines(), skipinitialspace=True, strict=True)
        return [source.strip() for row in rows for source in row]
    except csv.Error as error:
        raise StackError(
            f"{TARGETS_VARIABLE} can not be read: {error}",
            'separate sources by commas, and quote one that has a comma: "/net/a,b"',
        ) from None


def with_whole_paths(text: str) -> str:
    """Return what `MEPHISTO_METRICS_TARGETS` says as it can be found from another folder."""
    sources = [source for source in separated(text) if source]
    return joined([one if _is_address(one) else str(absolute(one)) for one in sources])


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address)
        is_usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_usable = False
    if not is_usable:
        raise StackError(
            f"{TARGETS_VARIABLE} names `{shown(address)}`, which is no address",
            "give a whole one, such as `https://lists.example/mephisto.json`",
        )
    if "@" in parts.netloc:
        raise StackError(
            f"{TARGETS_VARIABLE} names an address that holds credentials, which others would see",
            "put the list where it needs none, or write it to a file from time to time",
        )


def _file(text: str) -> Path:
    """Return a file or folder, which need not be there yet."""
    path = absolute(text)
    if _SCHEME.match(text):
        raise StackError(
            f"{TARGETS_VARIABLE} names `{shown(text)}`, which is no web address",
            "lists are asked for by http or https; a file or folder is named by its path",
        )
    if "*" in text:
        raise StackError(
            f"{TARGETS_VARIABLE} names `{path}`: the `*` stands for nothing there",
            "name each folder by itself; all files in it that end in .json are read",
        )
    if path.suffix != FILE_ENDING and os.path.isfile(path):  # noqa: PTH113 - never raises
        raise StackError(
            f"{TARGETS_VARIABLE} names `{path}`, a file that does not end in {FILE_ENDING}",
            "rename it, or name the folder that it is in; what is in it has to be JSON",
        )
    return path


def scrape_configs(found: Elsewhere) -> list[dict[str, Any]]:
    """Return what Prometheus needs to scrape them, in a form that 2.42 and 3.x accept.

    All are of the job `mephisto`, as on this machine. Since Prometheus sends a token to all targets
    of an entry or to none, those that must not have it have an entry of their own.
    """
    if not found.sources:
        return []
    if found.token_file is None or found.is_token_sent_in_clear:
        return [_scrape_config(found, "mephisto-elsewhere", found.token_file, [])]
    private = {"source_labels": ["__scheme__", "__address__"], "regex": PRIVATE_TARGET}
    return [
        _scrape_config(
            found, "mephisto-elsewhere", found.token_file, [{**private, "action": "keep"}]
        ),
        _scrape_config(found, "mephisto-elsewhere-open", None, [{**private, "action": "drop"}]),
    ]


def _scrape_config(
    found: Elsewhere, name: str, token_file: Path | None, relabelings: list[dict[str, Any]]
) -> dict[str, Any]:
    tls = {} if found.ca_file is None else {"tls_config": {"ca_file": str(found.ca_file)}}
    access = {**NO_REDIRECTS, **tls}
    ours = {"source_labels": ["job"], "regex": name, "target_label": "job"}
    config: dict[str, Any] = {
        "job_name": name,
        "relabel_configs": [{**ours, "replacement": "mephisto"}, *relabelings],
        **access,
    }
    if found.files:
        config["file_sd_configs"] = [file_discovery(found.files)]
    if found.lists:
        config["http_sd_configs"] = [
            {"url": url, "refresh_interval": REFRESH_INTERVAL, **access} for url in found.lists
        ]
    if token_file is not None:
        config["authorization"] = {"credentials_file": str(token_file)}
    return config


def file_discovery(paths: Sequence[Path]) -> dict[str, Any]:
    """Return an entry of `file_sd_configs`, for files and folders of such files."""
    return {"files": [_pattern(path) for path in paths], "refresh_interval": REFRESH_INTERVAL}


def _pattern(path: Path) -> str:
    """Return a file, or all those of a folder, as Prometheus finds them."""
    is_file = path.suffix == FILE_ENDING and not os.path.isdir(path)  # noqa: PTH112 - never raises
    return escaped(path) if is_file else f"{escaped(path)}/*{FILE_ENDING}"


def escaped(path: Path) -> str:
    """Return the pattern that Prometheus, which takes each path for one, finds this path by."""
    return re.sub(r"[][*?\\]", r"\\\g<0>", str(path))
