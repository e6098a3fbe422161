"""A stand-in for Grafana reads its configuration, as go-ini and Grafana's expanders do.

Stricter than Grafana: a section or setting that is not in `DEFAULTS` is an error.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

Sections = dict[str, dict[str, str]]

# Of Grafana's `conf/defaults.ini`, what the stand-in heeds or is told to leave alone.
DEFAULTS: Sections = {
    "paths": {
        "data": "data",
        "logs": "data/log",
        "plugins": "data/plugins",
        "provisioning": "conf/provisioning",
    },
    "server": {
        "protocol": "http",
        "http_addr": "",
        "http_port": "3000",
        "domain": "localhost",
        "enforce_domain": "false",
        "root_url": "%(protocol)s://%(domain)s:%(http_port)s/",
    },
    "database": {"type": "sqlite3", "path": "grafana.db", "url": ""},
    "analytics": {
        "reporting_enabled": "true",
        "check_for_updates": "true",
        "check_for_plugin_updates": "true",
        "feedback_links_enabled": "true",
    },
    "security": {
        "disable_initial_admin_creation": "false",
        "admin_user": "admin",
        "admin_password": "admin",
        "secret_key": "SW2YcwTIb9zpOOhoPsMm",
        "disable_gravatar": "false",
        "allow_embedding": "false",
        "cookie_samesite": "lax",
        "disable_brute_force_login_protection": "false",
    },
    "users": {"allow_sign_up": "false", "allow_org_create": "false"},
    "auth": {"login_cookie_name": "grafana_session", "disable_login_form": "false"},
    "auth.anonymous": {"enabled": "false", "org_role": "Viewer"},
    "auth.basic": {"enabled": "true"},
    "snapshots": {"external_enabled": "true"},
    "dashboards": {"default_home_dashboard_path": ""},
    "log": {"mode": "console file", "level": "info"},
    "news": {"news_feed_enabled": "true"},
    "plugins": {
        "plugin_admin_enabled": "true",
        "preinstall_disabled": "false",
        "preinstall_auto_update": "true",
        "public_key_retrieval_disabled": "false",
        "public_key_retrieval_on_startup": "false",
    },
    "cloud_migration": {"enabled": "true"},
    "unified_alerting": {"enabled": "true"},
}
EXPANDED = re.compile(r"\$(|__\w+)\{([^}]+)\}")
INTERPOLATED = re.compile(r"%\(([^)]+)\)s")


class ConfigurationError(Exception):
    """What Grafana would refuse to start with, or the stand-in in its place."""


def read(path: Path) -> Sections:
    """Return all settings: the defaults, the file's, then those of `GF_` variables."""
    sections = {name: dict(settings) for name, settings in DEFAULTS.items()}
    for section, key, value in _settings(path.read_text(encoding="utf-8")):
        if key not in sections.get(section, {}):
            raise ConfigurationError(f"no such setting: [{section}] {key}")
        sections[section][key] = value
    for section, settings in sections.items():
        for key in settings:
            value = os.environ.get(f"GF_{section}_{key}".upper().replace(".", "_"), "")
            settings[key] = value or settings[key]
    return _interpolated(_each(_each(sections, "env"), "file"))


def _settings(text: str) -> list[tuple[str, str, str]]:
    section, found = "", []
    for line in text.split("\n"):
        line = line.lstrip()  # noqa: PLW2901 - as the parser does
        if not line or line[0] in "#;":
            continue
        if line[0] == "[":
            section = line[1 : line.rindex("]")]
            continue
        place = min((line.index(each) for each in "=:" if each in line), default=-1)
        if place < 0:
            raise ConfigurationError(f"key-value delimiter not found: {line}")
        found.append((section, line[:place].strip(), _value(line[place + 1 :].lstrip())))
    return found


def _value(line: str) -> str:
    for quote in ('"""', "`"):
        if line.startswith(quote):
            end = line.rfind(quote, len(quote))
            if end < 0:
                raise ConfigurationError(f"missing closing key quote: {line}")
            return line[len(quote) : end]
    line = line.strip()
    if line.endswith("\\"):
        raise ConfigurationError("a value goes on in the next line")
    line = re.split("[#;]", line, maxsplit=1)[0].strip()
    is_quoted = len(line) > 1 and line[0] == line[-1] and line[0] in "'\""
    return line[1:-1] if is_quoted else line


def _each(sections: Sections, kind: str) -> Sections:
    return {
        name: {key: expanded(value, kind) for key, value in settings.items()}
        for name, settings in sections.items()
    }


def expanded(value: str, kind: str) -> str:
    """Replace what one of Grafana's expanders, `env` or `file`, stands for."""
    for whole, name, argument in [
        (match[0], match[1], match[2]) for match in EXPANDED.finditer(value)
    ]:
        if kind == "env" and name in {"", "__env"}:
            value = value.replace(whole, os.environ.get(argument, ""), 1)
        if kind == "file" and name == "__file":
            value = value.replace(whole, Path(argument).read_text(encoding="utf-8").strip(), 1)
    return value


def _interpolated(sections: Sections) -> Sections:
    def replaced(settings: dict[str, str], value: str) -> str:
        return INTERPOLATED.sub(lambda match: settings.get(match[1], match[0]), value)

    return {
        name: {key: replaced(settings, value) for key, value in settings.items()}
        for name, settings in sections.items()
    }
