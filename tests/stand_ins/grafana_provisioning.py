"""A stand-in for Grafana reads provisioning files.

Stricter than Grafana, which passes over what it does not know: here an unknown key is an error.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from grafana_ini import ConfigurationError, expanded

Json = dict[str, Any]

DATA_SOURCE_KEYS = {
    *("name", "type", "uid", "orgId", "access", "url", "isDefault", "editable"),
    *("basicAuth", "basicAuthUser", "jsonData", "secureJsonData"),
}
JSON_DATA_KEYS = {"httpMethod", "timeInterval", "tlsAuthWithCACert"}
SECRET_KEYS = {"basicAuthPassword", "tlsCACert"}
HEADERS = range(1, 10)
PROVIDER_KEYS = {
    *("name", "orgId", "folder", "type", "disableDeletion", "allowUiUpdates"),
    *("updateIntervalSeconds", "options"),
}
GROUP_KEYS = {"orgId", "name", "folder", "interval", "rules"}
RULE_KEYS = {
    *("uid", "title", "condition", "data", "dashboardUid", "panelId", "noDataState"),
    *("execErrState", "for", "annotations", "labels", "isPaused"),
}
QUERY_KEYS = {"refId", "relativeTimeRange", "datasourceUid", "model"}
DURATION = re.compile(r"(\d+(ms|[smhdwy]))+")
UID = re.compile(r"[A-Za-z0-9_-]{1,40}")
# What Go's `os.ExpandEnv` takes for a name.
VARIABLE = re.compile(r"\$(\{[^}]*\}|\{|[*#$@!?0-9-]|[A-Za-z_]\w*)", re.ASCII)


def data_sources(folder: Path) -> list[Json]:
    """Return the data sources of `datasources/*.yaml`."""
    found = [each for file in _yaml(folder / "datasources") for each in _list(file, "datasources")]
    for source in found:
        check_keys("data source", source, DATA_SOURCE_KEYS, {"name", "type", "url"})
        for key, value in source.items():
            source[key] = _interpolated(value)
        check_data_source(source)
    if sum(bool(source.get("isDefault")) for source in found) > 1:
        raise ConfigurationError("datasource.yaml config is invalid. Only one can be the default")
    return found


def check_data_source(source: Json) -> None:
    """Raise `ConfigurationError` for a data source that can not be one."""
    if source["type"] != "prometheus" or source.get("access", "proxy") != "proxy":
        raise ConfigurationError(f"no such data source: {source['type']} {source.get('access')}")
    if not re.fullmatch(r"https?://\S+", source["url"]):
        raise ConfigurationError(f"no URL: {source['url']}")
    data = source.get("jsonData", {})
    names = {f"httpHeaderName{number}" for number in HEADERS}
    check_keys("jsonData", data, JSON_DATA_KEYS | names, {"httpMethod", "timeInterval"})
    if data["httpMethod"] not in {"POST", "GET"} or not DURATION.fullmatch(data["timeInterval"]):
        raise ConfigurationError(f"bad jsonData: {data}")
    check_access(source, data, source.get("secureJsonData", {}))


def check_access(source: Json, data: Json, secrets: Json) -> None:
    """Raise `ConfigurationError` for credentials of which a part is missing, or is not used."""
    values = {f"httpHeaderValue{number}" for number in HEADERS}
    check_keys("secureJsonData", secrets, SECRET_KEYS | values, set())
    named = [f"httpHeaderName{number}" in data for number in HEADERS]
    if named != [f"httpHeaderValue{number}" in secrets for number in HEADERS]:
        raise ConfigurationError("a header's name without a value, or the reverse")
    if named != sorted(named, reverse=True):
        raise ConfigurationError("the numbers of headers have a gap: later ones are not sent")
    has_password = source.get("basicAuth", False)
    if {has_password} != {"basicAuthUser" in source, "basicAuthPassword" in secrets}:
        raise ConfigurationError("a user without a password, or the reverse, or without basicAuth")
    if data.get("tlsAuthWithCACert", False) != ("tlsCACert" in secrets):
        raise ConfigurationError("authorities that are not used, or the reverse")


def boards(folder: Path) -> dict[str, Json]:
    """Return the boards of each provider of `dashboards/*.yaml`, by folder's title and uid."""
    providers = [each for file in _yaml(folder / "dashboards") for each in _list(file, "providers")]
    found: dict[str, Json] = {}
    paths = set()
    for provider in providers:
        check_keys("provider", provider, PROVIDER_KEYS, {"name", "folder", "type", "options"})
        path = _interpolated(provider["options"])["path"]
        if path in paths:
            raise ConfigurationError(f"two providers of {path}")
        paths.add(path)
        if not Path(path).is_dir():
            raise ConfigurationError(f"no such folder of dashboards: {path}")
        for file in sorted(Path(path).glob("*.json")):
            board = json.loads(file.read_text(encoding="utf-8"))
            check_board(board)
            found[board["uid"]] = {"board": board, "folder": provider["folder"]}
    return found


def check_board(board: Json) -> None:
    """Raise `ConfigurationError` for what is no board."""
    if not board.get("title") or not UID.fullmatch(board.get("uid") or ""):
        raise ConfigurationError("Dashboard title cannot be empty, or its uid is none")
    if not isinstance(board.get("panels"), list) or board.get("schemaVersion") != 42:
        raise ConfigurationError(f"{board['uid']} is no dashboard of schema 42")


def alert_groups(folder: Path, known_data_sources: set[str]) -> list[Json]:
    """Return the groups of `alerting/*.json`."""
    files = [json.loads(path.read_text()) for path in sorted((folder / "alerting").glob("*.json"))]
    groups = [each for file in files for each in _list(file, "groups")]
    for group in groups:
        check_keys("group", group, GROUP_KEYS, GROUP_KEYS)
        if not DURATION.fullmatch(group["interval"]):
            raise ConfigurationError(f"no interval: {group['interval']}")
        for rule in group["rules"]:
            check_keys("rule", rule, RULE_KEYS, RULE_KEYS)
            check_rule(rule, known_data_sources)
    return groups


def check_rule(rule: Json, known_data_sources: set[str]) -> None:
    """Raise `ConfigurationError` for a rule that can not be evaluated."""
    for query in rule["data"]:
        check_keys("query", query, QUERY_KEYS, QUERY_KEYS)
        if query["datasourceUid"] not in known_data_sources | {"__expr__"}:
            raise ConfigurationError(f"no data source {query['datasourceUid']}")
    if rule["condition"] not in {query["refId"] for query in rule["data"]}:
        raise ConfigurationError(f"condition {rule['condition']} does not exist")
    if not UID.fullmatch(rule["uid"]) or not DURATION.fullmatch(rule["for"]):
        raise ConfigurationError(f"rule '{rule['title']}' failed to parse")
    if rule["noDataState"] not in {"OK", "NoData", "Alerting", "KeepLast"}:
        raise ConfigurationError(f"unknown NoData state option {rule['noDataState']}")


def check_keys(what: str, value: Json, known: set[str], needed: set[str]) -> None:
    """Raise `ConfigurationError` for a key that is unknown or missing."""
    unknown, absent = value.keys() - known, needed - value.keys()
    if unknown or absent:
        raise ConfigurationError(f"{what}: unknown {sorted(unknown)}, missing {sorted(absent)}")


def _yaml(folder: Path) -> list[Json]:
    """Read files that are YAML to Grafana; the stand-in knows only the part of it that is JSON."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))]


def _list(file: Json, key: str) -> list[Json]:
    check_keys("file", file, {"apiVersion", key}, {"apiVersion", key})
    if file["apiVersion"] != 1:
        raise ConfigurationError(f"apiVersion {file['apiVersion']}")
    listed: list[Json] = file[key]
    return listed


def _interpolated(value: Any) -> Any:
    """Replace `$NAME`, `${NAME}` and `$__file{PATH}` in all strings; `$$` is a dollar."""
    if isinstance(value, dict):
        return {key: _interpolated(each) for key, each in value.items()}
    if not isinstance(value, str):
        return value
    parts = [expanded(expanded(part, "env"), "file") for part in value.split("$$")]
    return "$".join(
        VARIABLE.sub(lambda match: os.environ.get(match[1].strip("{}"), ""), part) for part in parts
    )
