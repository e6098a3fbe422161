"""Prometheus as the store: its configuration, its flags, and what it says when it fails.

One configuration serves Debian's 2.42 and today's 3.x, so it has only what both know.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.machine.ports import check_is_free, free_port
from mephisto_metrics.stack.elsewhere import (
    NO_REDIRECTS,
    escaped,
    file_discovery,
    scrape_configs,
)
from mephisto_metrics.stack.files import write_private, write_private_json
from mephisto_metrics.stack.home_faults import explaining_home_faults
from mephisto_metrics.stack.processes import STOP_PATIENCE_SECONDS
from mephisto_metrics.stack.proxies import proxy_for
from mephisto_metrics.stack.public_addresses import check_addresses
from mephisto_metrics.stack.readiness import is_ready
from mephisto_metrics.stack.rules import rule_files
from mephisto_metrics.stack.secret_variables import without_secrets
from mephisto_metrics.stack.supervision import Program, stop_left_behind

if TYPE_CHECKING:
    from pathlib import Path

    from mephisto_metrics.stack.engine_options import EngineOptions
    from mephisto_metrics.stack.programs import InstalledProgram
    from mephisto_metrics.stack.remote import RemoteWrite
    from mephisto_metrics.stack.retention import Retention

HOST = "127.0.0.1"
ANSWER_TIMEOUT_SECONDS = 10.0
START_TIMEOUT_SECONDS = 300.0
"""Prometheus reads the log of its last hours before it is ready. If that takes a slow disk minutes,
it would take them again after an end."""
LONGEST_SCRAPE_SECONDS = 10.0
LONGEST_FLUSH_SECONDS = STOP_PATIENCE_SECONDS / 2
"""How long it may send on at its end: it would be killed where its receiver is away."""
TOKEN_COPY, PASSWORD_COPY = "remote-token", "remote-password"
"""What is in a variable is written to these files of the configuration."""

EXPLANATIONS = {
    "address already in use": "another program has taken the port meanwhile; stop it, or set "
    "PROMETHEUS_PORT to another port",
    "lock DB directory": "another Prometheus uses the same data folder; stop it, or set "
    "MEPHISTO_METRICS_HOME to another folder",
    "no space left on device": "free some space on the disk of MEPHISTO_METRICS_HOME",
    "permission denied": "make MEPHISTO_METRICS_HOME a folder that you may read and write",
    "error loading config": "a rule file in the `rules` folder of MEPHISTO_METRICS_HOME may have a "
    "mistake; `promtool check rules FILE` names it",
    "unknown long flag": "this Prometheus is too old; `mephisto metrics reinstall --only "
    "prometheus` brings a newer one",
}
"""What its log says, and what a user can do; both of 2.42 and 3.x, in lower case."""


def state_path() -> Path:
    """Return where the PID of the Prometheus of this home is."""
    return places.state_folder() / "prometheus.json"


def sweep() -> bool:
    """Stop a Prometheus whose keeper is gone, and remove its secrets; False if none ran."""
    stopped = stop_left_behind(state_path())
    remove_secrets()
    return stopped is not None


def remove_secrets() -> None:
    """Remove the copies of secrets that were written for a start: the next may have none."""
    with explaining_home_faults():
        for name in (TOKEN_COPY, PASSWORD_COPY):
            (places.config_folder() / name).unlink(missing_ok=True)


def prepare(program: InstalledProgram, options: EngineOptions) -> Program:
    """Write the configuration and return what is to be started.

    Raises `StackError` if a stranger holds the port, if the home can not be written to or named,
    and for an address with a query.
    """
    _check_home()
    check_addresses(options.remote_write, options.elsewhere)
    port = options.port or free_port(HOST)
    try:
        check_is_free(HOST, port, "Prometheus can not use it")
    except OSError as error:
        hint = "stop that process, or set PROMETHEUS_PORT to another port"
        raise StackError(str(error.strerror), hint) from None
    with explaining_home_faults():
        path = places.config_folder() / "prometheus.yml"
        # For the owner alone: the address of a proxy may have a password in it.
        write_private_json(path, configuration(port, options))
        places.targets_folder().mkdir(parents=True, exist_ok=True)
    url = f"http://{HOST}:{port}"
    return Program(
        name="Prometheus",
        command=(str(program.executable), *_flags(program, path, port, options.retention)),
        environment={},
        log_path=places.logs_folder() / "prometheus.log",
        state_path=state_path(),
        url=url,
        is_ready=lambda: is_ready(url),
        start_timeout_seconds=START_TIMEOUT_SECONDS,
        explain=explain,
    )


def _check_home() -> None:
    if "*" in str(places.home()):
        raise StackError(
            f"Prometheus takes no targets from a folder with a `*` in its name: `{places.home()}`",
            "set MEPHISTO_METRICS_HOME to another folder, or use the built-in store: "
            "`--store builtin`",
        )


def configuration(port: int, options: EngineOptions) -> dict[str, Any]:
    """Return Prometheus's configuration, which is written as JSON: that is YAML too."""
    interval, remote_write = options.scrape_interval_seconds, options.remote_write
    own = {"targets": [f"{HOST}:{port}"]}
    return {
        "global": {
            "external_labels": {} if remote_write is None else remote_write.labels,
            "scrape_interval": _duration(interval),
            "scrape_timeout": _duration(min(interval, LONGEST_SCRAPE_SECONDS)),
            "evaluation_interval": _duration(interval),
        },
        "rule_files": [escaped(path) for path in options.rules or rule_files()],
        "scrape_configs": [
            {
                "job_name": "mephisto",
                "file_sd_configs": [file_discovery([places.targets_folder()])],
            },
            *scrape_configs(options.elsewhere),
            {"job_name": "prometheus", "static_configs": [own]},
        ],
        "remote_write": [] if remote_write is None else [_receiver(remote_write)],
    }


def _receiver(remote_write: RemoteWrite) -> dict[str, Any]:
    """Return an entry of `remote_write`: secrets stay in files, which only their owner can read."""
    receiver: dict[str, Any] = {"url": remote_write.url, **NO_REDIRECTS}
    credentials, proxy = remote_write.credentials, proxy_for(remote_write.url)
    token = _secret_file(credentials.token_file, credentials.token, TOKEN_COPY)
    password = _secret_file(credentials.password_file, credentials.password, PASSWORD_COPY)
    if token is not None:
        receiver["authorization"] = {"credentials_file": token}
    if credentials.user is not None:
        receiver["basic_auth"] = {"username": credentials.user, "password_file": password}
    if credentials.tenant is not None:
        receiver["headers"] = {"X-Scope-OrgID": credentials.tenant}
    if credentials.ca_file is not None:
        receiver["tls_config"] = {"ca_file": str(credentials.ca_file)}
    if proxy is not None:
        # It heeds no variables unless told to, in a word that 2.42 does not know.
        receiver["proxy_url"] = proxy
    return receiver


def _secret_file(path: Path | None, secret: str | None, name: str) -> str | None:
    if path is not None or secret is None:
        return None if path is None else str(path)
    copy = places.config_folder() / name
    write_private(copy, secret)
    return str(copy)


def _flags(
    program: InstalledProgram, configuration_path: Path, port: int, retention: Retention
) -> list[str]:
    # 3.x's data can not be read by 2.x.
    data = places.data_folder(f"prometheus-{program.version.partition('.')[0]}")
    flags = [
        f"--config.file={configuration_path}",
        f"--storage.tsdb.path={data}",
        f"--web.listen-address={HOST}:{port}",
        f"--storage.tsdb.retention.time={_duration(retention.seconds)}",
        # By default every web page that the user visits may read it.
        "--web.cors.origin=none",
        f"--storage.remote.flush-deadline={_duration(LONGEST_FLUSH_SECONDS)}",
    ]
    if retention.size_bytes is not None:
        flags.append(f"--storage.tsdb.retention.size={retention.size_bytes}B")
    # Debian's build does not lock its data unless told to, and others do not know how to be told.
    lock = "--storage.tsdb.use-lockfile"
    return [*flags, lock] if lock in _help(program) else flags


def _help(program: InstalledProgram) -> str:
    try:
        asked = subprocess.run(
            [program.executable, "--help"],
            capture_output=True,
            text=True,
            check=False,
            timeout=ANSWER_TIMEOUT_SECONDS,
            env=without_secrets(os.environ),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StackError(
            f"Prometheus can not be run from `{program.executable}`: {error}",
            "install it again: `mephisto metrics reinstall --only prometheus`",
        ) from error
    return asked.stdout + asked.stderr


def explain(log_lines: list[str]) -> str | None:
    """Return what a user can do about the failure that the last lines of its log tell of."""
    said = "\n".join(log_lines).lower()
    return next((hint for sign, hint in EXPLANATIONS.items() if sign.lower() in said), None)


def _duration(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"
