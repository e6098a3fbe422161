"""A stand-in for Grafana, for tests: there is no Grafana where these are run.

It honours the part of Grafana's command line, configuration, provisioning files and HTTP API that
this project uses, refuses what it does not know, and shows no graphs. Variables of its own:
`STAND_IN_GRAFANA_TOKENS` are tokens of service accounts with their roles, as JSON;
`STAND_IN_GRAFANA_MIGRATION_SECONDS` makes its first start as slow as Grafana's,
and `STAND_IN_GRAFANA_QUERY_SECONDS` each query as slow as a store far away; with
`STAND_IN_GRAFANA_FAILS_AT_NEW_RULES` its API takes rules as before 11.5.2.
"""

from __future__ import annotations

import argparse
import datetime
import ipaddress
import os
import signal
import sys
import time
import urllib.parse
from pathlib import Path
from types import FrameType

import grafana_ini
import grafana_provisioning
from grafana_database import Database, hashed
from grafana_http import Server
from grafana_ini import ConfigurationError

VERSION = "13.1.3"
EXIT_FAILED = 1
SHORTEST_PASSWORD = 4


def log(logger: str, level: str, message: str, **fields: object) -> None:
    """Write a line as Grafana does on its console."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
    more = "".join(f' {name}="{value}"' for name, value in fields.items())
    sys.stdout.write(f'logger={logger} t={now} level={level} msg="{message}"{more}\n')
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="grafana")
    parser.add_argument("--version", action="version", version=f"grafana version {VERSION}")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("server", "cli"):
        options = verbs.add_parser(verb)
        options.add_argument("--homepath", type=Path, required=True)
        options.add_argument("--config", type=Path, required=True)
    admin = verbs.choices["cli"].add_subparsers(required=True).add_parser("admin")
    reset = admin.add_subparsers(required=True).add_parser("reset-admin-password")
    reset.add_argument("--password-from-stdin", action="store_true", required=True)
    arguments = parser.parse_args()
    try:
        return (run_server if arguments.verb == "server" else reset_password)(arguments)
    except (ConfigurationError, OSError) as error:
        sys.stderr.write(f"Error: ✗ {error}\n")
        return EXIT_FAILED


def run_server(arguments: argparse.Namespace) -> int:
    # Some versions of Grafana end with 1 when they are told to end.
    signal.signal(signal.SIGTERM, ended)
    signal.signal(signal.SIGINT, ended)
    settings, database = opened(arguments)
    provision(settings, database)
    address = (settings["server"]["http_addr"], int(settings["server"]["http_port"]))
    try:
        with Server(address, settings, database, VERSION) as server:
            log("http.server", "info", "HTTP Server Listen", address=address)
            server.serve_forever()
    except OSError as error:
        where = f"{address[0]}:{address[1]}"
        reason = (error.strerror or str(error)).lower()
        raise ConfigurationError(
            f"*api.HTTPServer run error: failed to open listener on address {where}: "
            f"listen tcp {where}: bind: {reason}"
        ) from error
    return 0


def ended(number: int, frame: FrameType | None) -> None:
    log("server", "info", "Shutdown started", reason=f"System signal: {number}")
    os._exit(EXIT_FAILED)


def reset_password(arguments: argparse.Namespace) -> int:
    password = sys.stdin.readline().rstrip("\n")
    if len(password) < SHORTEST_PASSWORD:
        raise ConfigurationError("new password is too short")
    _, database = opened(arguments)
    account = database.get("account", "1")
    database.put("account", "1", {**account, "password": hashed(password)})
    sys.stdout.write("Admin password changed successfully ✔\n")
    return 0


def opened(arguments: argparse.Namespace) -> tuple[grafana_ini.Sections, Database]:
    """Read the configuration, and make the database at the first start."""
    if not (arguments.homepath / "conf" / "defaults.ini").is_file():
        raise ConfigurationError("could not find config defaults, make sure homepath is set")
    settings = grafana_ini.read(arguments.config)
    check(settings)
    path = Path(settings["paths"]["data"]) / settings["database"]["path"]
    is_first = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    database = Database(path)
    if is_first or database.get("account", "1") is None:
        log("migrator", "info", "Starting DB migrations")
        time.sleep(float(os.environ.get("STAND_IN_GRAFANA_MIGRATION_SECONDS", "0")))
        add_account(settings["security"], database)
    return settings, database


def add_account(security: dict[str, str], database: Database) -> None:
    if security["disable_initial_admin_creation"] == "true":
        return
    account = {"login": security["admin_user"], "password": hashed(security["admin_password"])}
    database.put("account", "1", account)
    log("sqlstore", "info", "Created default admin", user=security["admin_user"])


def check(settings: grafana_ini.Sections) -> None:
    """Refuse what Grafana would do, and this project must not let it do."""
    for section, key, needed in (
        ("analytics", "reporting_enabled", "false"),
        ("analytics", "check_for_updates", "false"),
        ("analytics", "check_for_plugin_updates", "false"),
        ("news", "news_feed_enabled", "false"),
        ("security", "disable_gravatar", "true"),
        ("plugins", "preinstall_disabled", "true"),
        ("plugins", "preinstall_auto_update", "false"),
        ("plugins", "plugin_admin_enabled", "false"),
        ("plugins", "public_key_retrieval_disabled", "true"),
    ):
        if settings[section][key] != needed:
            raise ConfigurationError(f"it would ask the internet: [{section}] {key}")
    if settings["security"]["secret_key"] == grafana_ini.DEFAULTS["security"]["secret_key"]:
        raise ConfigurationError("the secret key is the one that everybody knows")
    check_address(settings["server"]["http_addr"])
    check_root_url(settings["server"]["root_url"])
    if settings["database"]["url"]:
        raise ConfigurationError("it would use another database: [database] url")
    for key in ("data", "logs", "plugins", "provisioning"):
        if not Path(settings["paths"][key]).is_absolute():
            raise ConfigurationError(f"[paths] {key} is below the home path")


def check_address(address: str) -> None:
    """Refuse a name, and a zone, as Go's `net.ParseIP` does."""
    try:
        ipaddress.ip_address(address.replace("%", "a zone") or "::")
    except ValueError as error:
        raise ConfigurationError(
            f"*apiserver.service run error: invalid IP address: {address}"
        ) from error


def check_root_url(url: str) -> None:
    """Refuse an IPv6 address without brackets, as Go's `url.Parse` does since 1.26."""
    try:
        _ = urllib.parse.urlsplit(url).port
    except ValueError as error:
        raise ConfigurationError(f"Invalid root_url. url={url} error={error}") from error


def provision(settings: grafana_ini.Sections, database: Database) -> None:
    folder = Path(settings["paths"]["provisioning"])
    sources = grafana_provisioning.data_sources(folder)
    for source in sources:
        existing = database.get("data source", source["uid"])
        if existing is not None and existing["name"] != source["name"]:
            raise ConfigurationError("Datasource provisioning error: data source not found")
        database.put("data source", source["uid"], {**source, "readOnly": not source["editable"]})
    for uid, found in grafana_provisioning.boards(folder).items():
        folder_uid = found["folder"].lower()
        meta = {"folderUid": folder_uid, "provisioned": True}
        database.put("board", uid, {"dashboard": found["board"], "meta": meta})
        database.put("folder", folder_uid, {"uid": folder_uid, "title": found["folder"]})
    groups = grafana_provisioning.alert_groups(folder, {source["uid"] for source in sources})
    for group in groups:
        database.put(
            "alert group",
            f"{group['folder'].lower()}/{group['name']}",
            {
                "title": group["name"],
                "folderUid": group["folder"].lower(),
                "rules": [{**rule, "provenance": "file"} for rule in group["rules"]],
            },
        )
    log("provisioning", "info", "finished to provision", boards=len(database.all("board")))


if __name__ == "__main__":
    sys.exit(main())
