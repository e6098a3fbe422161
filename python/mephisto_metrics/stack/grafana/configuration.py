"""What Grafana is told in `grafana.ini`, and that the environment does not tell it otherwise."""

from __future__ import annotations

import hashlib
import os
import socket
from typing import TYPE_CHECKING

from mephisto_metrics.machine import places
from mephisto_metrics.machine.ports import address_text
from mephisto_metrics.stack.addresses import is_loopback
from mephisto_metrics.stack.grafana import files, ini, packaged
from mephisto_metrics.stack.secret_variables import SECRET_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mephisto_metrics.stack.grafana.options import GrafanaOptions

COOKIE_DIGITS = 12
Sections = dict[str, dict[str, str]]

CHATTER_OFF: Sections = {
    "analytics": {
        "reporting_enabled": "false",
        "check_for_updates": "false",
        "check_for_plugin_updates": "false",
        "feedback_links_enabled": "false",
    },
    "news": {"news_feed_enabled": "false"},
    "snapshots": {"external_enabled": "false"},
    "cloud_migration": {"enabled": "false"},
    # Grafana 13 has the Prometheus data source as a preinstalled plugin, and its updater without a
    # network can remove the copy that came with it.
    "plugins": {
        "plugin_admin_enabled": "false",
        "preinstall_disabled": "true",
        "preinstall_auto_update": "false",
        "public_key_retrieval_disabled": "true",
        "public_key_retrieval_on_startup": "false",
    },
}
"""Everything that would ask the internet for something, or tell it."""


def sections(options: GrafanaOptions, user: str, address: str, port: int) -> Sections:
    """Return what the configuration says; secrets are files that it names.

    `address` and `port` are what it listens on.
    """
    return {**_places(options, address, port), **_access(user), **CHATTER_OFF}


def _places(options: GrafanaOptions, address: str, port: int) -> Sections:
    return {
        "paths": {
            "data": ini.text(str(files.data_folder()), "the home"),
            "logs": ini.text(str(files.logs_folder()), "the home"),
            "plugins": ini.text(str(files.data_folder() / "plugins"), "the home"),
            "provisioning": ini.text(str(files.config_folder() / "provisioning"), "the home"),
        },
        "server": {
            "protocol": "http",
            "http_addr": address,
            "http_port": str(port),
            "domain": ini.text(options.local_host, "the host"),
            "enforce_domain": "true" if _can_enforce_domain(options) else "false",
            # Its own default has no brackets around IPv6.
            "root_url": ini.text(f"http://{address_text(options.local_host, port)}/", "the host"),
        },
        # An `url` would come before the others.
        "database": {"type": "sqlite3", "path": files.database_path().name, "url": ""},
        "dashboards": {
            "default_home_dashboard_path": ini.text(
                str(packaged.default_board_path()), "the folder of this installation"
            )
        },
        # What it says goes where supervision looks for it.
        "log": {"mode": "console", "level": "info"},
        "unified_alerting": {"enabled": "true"},
    }


def _can_enforce_domain(options: GrafanaOptions) -> bool:
    """Whether another name in `Host` is turned away, as a web page's that was rebound by DNS.

    Only of use on loopback: elsewhere it has names that we do not know. Grafana takes what stands
    before the first colon for the name, so not with IPv6.
    """
    return is_loopback(options.host) and ":" not in options.local_host


def _access(user: str) -> Sections:
    return {
        "security": {
            "disable_initial_admin_creation": "false",
            "admin_user": ini.text(user, "the user"),
            "admin_password": ini.content_of(files.secret_path("admin-password")),
            "secret_key": ini.content_of(files.secret_path("secret-key")),
            "disable_gravatar": "true",
            "allow_embedding": "false",
            "cookie_samesite": "lax",
            "disable_brute_force_login_protection": "false",
        },
        "auth": {"login_cookie_name": _cookie_name(), "disable_login_form": "false"},
        "auth.anonymous": {"enabled": "false"},
        "auth.basic": {"enabled": "true"},
        "users": {"allow_sign_up": "false", "allow_org_create": "false"},
    }


def _cookie_name() -> str:
    """Return a name for the cookie of a session, the same for this home at each start.

    Cookies do not know ports: one Grafana on a host must not log out another. Through tunnels two
    machines are one host to a browser, and their homes may have the same path.
    """
    home = f"{socket.gethostname()}:{places.home().resolve()}".encode(errors="surrogateescape")
    return f"mephisto_metrics_{hashlib.sha256(home).hexdigest()[:COOKIE_DIGITS]}"


def environment(configured: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return what must be emptied in the environment.

    A variable of Grafana's own, as `GF_SERVER_HTTP_PORT`, comes before the file, unless it is
    empty. Those for settings that we leave alone stay. Ours that are secrets are none of its
    business.
    """
    ours = {_variable(section, key) for section, keys in configured.items() for key in keys}
    return {name: "" for name in os.environ if name in ours or name in SECRET_VARIABLES}


def _variable(section: str, key: str) -> str:
    return f"GF_{section}_{key}".upper().replace(".", "_").replace("-", "_")
