"""Grafana made ready to be started here: its files written, its account in order."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from mephisto_metrics.machine import places
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.machine.ports import address_text, check_is_free, free_port
from mephisto_metrics.stack.files import write_private
from mephisto_metrics.stack.grafana import (
    account,
    configuration,
    files,
    ini,
    packaged,
    provisioning,
    store_access,
)
from mephisto_metrics.stack.grafana.readiness import Readiness
from mephisto_metrics.stack.home_faults import explaining_home_faults
from mephisto_metrics.stack.supervision import Program

if TYPE_CHECKING:
    from pathlib import Path

    from mephisto_metrics.stack.grafana.options import GrafanaOptions
    from mephisto_metrics.stack.programs import InstalledProgram

START_TIMEOUT_SECONDS = 180.0
"""The first start makes the database, which takes half a minute on a quick machine."""


def state_path() -> Path:
    """Return where the PID of the Grafana of this home is."""
    return places.state_folder() / "grafana.json"


def prepare(program: InstalledProgram, options: GrafanaOptions) -> Program:
    """Write configuration and provisioning, and return what is to be started.

    All is written anew each time but the secrets, which stay. Raises `StackError` if a stranger
    holds the port, the home can not be written to, or an option can not be had.
    """
    with explaining_home_faults():
        wanted = account.choose(options.host, options.user, options.password)
    address = _address(options.host)
    port = _port(address, options.port)
    with explaining_home_faults():
        configured = configuration.sections(options, wanted.user, address, port)
        environment = configuration.environment(configured)
        configuration_path = files.config_folder() / "grafana.ini"
        _write(options, wanted, configuration_path, ini.render(configured))
        home_and_file = ["--homepath", str(program.folder), "--config", str(configuration_path)]
        command = str(program.executable)
        account.bring_up_to_date(wanted, [command, "cli", *home_and_file], environment)
    url = f"http://{address_text(options.local_host, port)}"
    readiness = Readiness(url, wanted.user, wanted.password)
    return Program(
        name="Grafana",
        command=(command, "server", *home_and_file),
        environment=environment,
        log_path=places.logs_folder().absolute() / "grafana.log",
        state_path=state_path(),
        url=url,
        is_ready=readiness,
        start_timeout_seconds=START_TIMEOUT_SECONDS,
        explain=readiness.explain,
    )


def _address(host: str) -> str:
    """Return the address of a host: Grafana takes no name to listen on, since 11.1."""
    try:
        found = socket.getaddrinfo(
            host or None, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, ValueError) as error:  # a `ValueError` is of what can be no name
        raise StackError(
            f"Grafana can not listen on `{host}`, which is no address and leads to none: "
            f"{getattr(error, 'strerror', None) or error}",
            "set GRAFANA_HOST or `--host` to an address of this machine, such as 127.0.0.1",
        ) from error
    return str(found[0][4][0])


def _port(address: str, wanted: int) -> int:
    way_out = "stop that process, or choose another port with `--port` or GRAFANA_PORT"
    try:
        port = wanted or free_port(address)
        check_is_free(address, port, "Grafana can not use it")
    except OSError as error:
        raise StackError(
            f"Grafana can not listen on {address_text(address, wanted)}: {error.strerror}",
            way_out,
        ) from None
    return port


def _write(
    options: GrafanaOptions, wanted: account.Account, path: Path, configuration_text: str
) -> None:
    for folder in (files.data_folder(), files.data_folder() / "plugins", files.logs_folder()):
        folder.mkdir(mode=files.OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    account.write_secrets(wanted)
    access = store_access.write_access(options.credentials)
    provisioning.write_all(options.store_url, options.scrape_interval_seconds, access)
    write_private(path, configuration_text)


def default_dashboard_url(url: str) -> str:
    """Return the address of the board that is shown first."""
    return f"{url}/d/{packaged.DEFAULT_BOARD_UID}"
