"""A stand-in for Grafana answers HTTP: its pages are a title, its API is real."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import secrets
import socket
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, NoReturn

import grafana_provisioning
import grafana_query
from grafana_database import Database, hashed
from grafana_ini import ConfigurationError, Sections

Json = dict[str, Any]
LOGINS_TRIED = 5
API_RULE_KEYS = (grafana_provisioning.RULE_KEYS - {"dashboardUid", "panelId"}) | {
    *("folderUID", "ruleGroup", "id", "orgID", "updated", "provenance"),
}


class RefusedError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], settings: Sections, database: Database, version: str
    ) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, Handler)
        self.settings, self.database, self.version = settings, database, version
        self.tokens: dict[str, str] = json.loads(os.environ.get("STAND_IN_GRAFANA_TOKENS", "{}"))
        self.sessions: set[str] = set()
        self.failed_logins = 0


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Grafana does not log requests unless told to."""

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_PUT = do_GET  # noqa: N815

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        try:
            self._check_host()
            self._route(urllib.parse.urlsplit(self.path).path, json.loads(body) if body else None)
        except RefusedError as refusal:
            self._send(refusal.status, {"message": str(refusal)}, **refusal.headers)
        except ConfigurationError as error:
            self._send(400, {"message": f"bad request data: {error}"})

    def _check_host(self) -> None:
        server = self.server.settings["server"]
        host = (self.headers.get("Host") or "").partition(":")[0]
        if server["enforce_domain"] == "true" and host.lower() != server["domain"]:
            raise RefusedError(
                301, "moved", Location=f"{server['root_url'].rstrip('/')}{self.path}"
            )

    def _route(self, path: str, body: Any) -> None:
        if path == "/api/health":
            self._send(200, {"database": "ok", "version": self.server.version, "commit": "none"})
        elif path == "/login" and self.command == "POST":
            self._login(body)
        elif not path.startswith("/api/"):
            self._page(path)
        else:
            self._api(path, body)

    def _login(self, body: Json) -> None:
        self._check_password(body["user"], body["password"])
        session = secrets.token_hex(16)
        self.server.sessions.add(session)
        settings = self.server.settings
        cookie = f"{settings['auth']['login_cookie_name']}={session}; Path=/; HttpOnly; "
        same_site = settings["security"]["cookie_samesite"].title()
        self._send(200, {"message": "Logged in"}, Set_Cookie=f"{cookie}SameSite={same_site}")

    def _page(self, path: str) -> None:
        if path == "/login":
            self._send_html("Grafana")
            return
        if self._role() is None:
            raise RefusedError(302, "log in", Location="/login")
        home = self.server.settings["dashboards"]["default_home_dashboard_path"]
        found = re.fullmatch(r"/d/([^/]+)(?:/.*)?", path)
        if path == "/":
            board = json.loads(Path(home).read_text(encoding="utf-8"))
        elif found:
            board = self._kept("board", urllib.parse.unquote(found[1]))["dashboard"]
        else:
            raise RefusedError(404, "Page not found")
        self._send_html(f"{board['title']} - Dashboards - Grafana")

    def _api(self, path: str, body: Any) -> None:
        role = self._role()
        if role is None:
            raise RefusedError(401, "Unauthorized")
        if role != "Admin" and (self.command != "GET" or "datasources" in path):
            raise RefusedError(403, "You'll need additional permissions to perform this action.")
        for method, pattern, answer in ROUTES:
            match = re.fullmatch(pattern, path)
            if match and method == self.command:
                self._send(200, answer(self, body, *map(urllib.parse.unquote, match.groups())))
                return
        raise RefusedError(404, "Not found")

    def _role(self) -> str | None:
        """Return the role of who asks; None for nobody."""
        cookies = self.headers.get("Cookie") or ""
        name = self.server.settings["auth"]["login_cookie_name"]
        session = re.search(rf"(?:^|; ){re.escape(name)}=(\w+)", cookies)
        if session and session[1] in self.server.sessions:
            return "Admin"
        kind, _, secret = (self.headers.get("Authorization") or "").partition(" ")
        if kind == "Bearer":
            return self.server.tokens.get(secret)
        if kind == "Basic":
            user, _, password = base64.b64decode(secret).decode().partition(":")
            self._check_password(user, password)
            return "Admin"
        return None

    def _check_password(self, user: str, password: str) -> None:
        """Raise for a wrong one, and once there were too many for a right one too."""
        account = self._kept("account", "1")
        is_right = user == account["login"] and hashed(password) == account["password"]
        if not is_right:
            self.server.failed_logins += 1
        if not is_right or self.server.failed_logins >= LOGINS_TRIED:
            raise RefusedError(401, "Invalid username or password")

    def _kept(self, kind: str, name: str) -> Json:
        value: Json | None = self.server.database.get(kind, name)
        return value if value is not None else _not_found(kind)

    def data_sources(self, _: Any) -> list[Json]:
        return [_shown(each) for each in self.server.database.all("data source").values()]

    def data_source(self, _: Any, uid: str) -> Json:
        return _shown(self._kept("data source", uid))

    def add_data_source(self, body: Json) -> Json:
        existing = self.server.database.all("data source").values()
        if any(body["name"] == each["name"] or body["uid"] == each["uid"] for each in existing):
            raise RefusedError(409, "data source with the same name already exists")
        grafana_provisioning.check_data_source(body)
        self.server.database.put("data source", body["uid"], {**body, "readOnly": False})
        return {"datasource": body, "id": 1, "message": "Datasource added", "name": body["name"]}

    def change_data_source(self, body: Json, uid: str) -> Json:
        existing = self._kept("data source", uid)
        if existing["readOnly"]:
            raise RefusedError(403, "Cannot update read-only data source")
        grafana_provisioning.check_data_source(body)
        self.server.database.put("data source", uid, {**existing, **body})
        return {"message": "Datasource updated", "name": body["name"]}

    def query(self, body: Json) -> Json:
        time.sleep(float(os.environ.get("STAND_IN_GRAFANA_QUERY_SECONDS", "0")))
        return {
            "results": {
                query["refId"]: {"status": 200, "frames": self._frames(query)}
                for query in body["queries"]
            }
        }

    def _frames(self, query: Json) -> list[Json]:
        source = self._kept("data source", query["datasource"]["uid"])
        try:
            result = grafana_query.answer(source, query["expr"])
        except OSError as error:
            raise RefusedError(400, f"Post {source['url']}/api/v1/query: {error}") from error
        return [{"schema": {"fields": []}, "data": {"values": [each]}} for each in result]

    def search(self, _: Any) -> list[Json]:
        boards = self.server.database.all("board")
        return [
            {"uid": uid, "title": each["dashboard"]["title"], "type": "dash-db"}
            for uid, each in boards.items()
        ]

    def board(self, _: Any, uid: str) -> Json:
        return self._kept("board", uid)

    def save_board(self, body: Json) -> Json:
        grafana_provisioning.check_keys(
            "board", body, {"dashboard", "folderUid", "overwrite", "message"}, {"dashboard"}
        )
        board = body["dashboard"]
        grafana_provisioning.check_board(board)
        existing = self.server.database.get("board", board["uid"])
        if existing is not None and existing["meta"].get("provisioned"):
            raise RefusedError(400, "Cannot save provisioned dashboard")
        if existing is not None and not body.get("overwrite"):
            raise RefusedError(412, "The dashboard has been changed by someone else")
        self._kept("folder", body["folderUid"])
        version = 1 if existing is None else existing["dashboard"]["version"] + 1
        kept = {**board, "id": 1, "version": version}
        meta = {"folderUid": body["folderUid"]}
        self.server.database.put("board", board["uid"], {"dashboard": kept, "meta": meta})
        return {"uid": board["uid"], "status": "success", "version": version}

    def folder(self, _: Any, uid: str) -> Json:
        return self._kept("folder", uid)

    def add_folder(self, body: Json) -> Json:
        grafana_provisioning.check_keys("folder", body, {"uid", "title"}, {"uid", "title"})
        if self.server.database.get("folder", body["uid"]) is not None:
            raise RefusedError(409, "a folder with the same name already exists")
        self.server.database.put("folder", body["uid"], body)
        return body

    def rule_group(self, _: Any, folder: str, group: str) -> Json:
        return self._kept("alert group", f"{folder}/{group}")

    def change_rule_group(self, body: Json, folder: str, group: str) -> Json:
        keys = {"title", "folderUid", "interval", "rules"}
        grafana_provisioning.check_keys("group", body, keys, keys)
        self._kept("folder", folder)
        if not isinstance(body["interval"], int) or body["interval"] % 10:
            raise ConfigurationError("interval should be non-zero and divided exactly by 10")
        self._check_age(body["rules"])
        provenance = "" if self.headers.get("X-Disable-Provenance") else "api"
        sources = set(self.server.database.all("data source"))
        for rule in body["rules"]:
            grafana_provisioning.check_keys("rule", rule, API_RULE_KEYS, {"folderUID", "ruleGroup"})
            grafana_provisioning.check_rule(rule, sources)
            self._check_provenance(rule["uid"], provenance)
        rules = [{**rule, "provenance": provenance, "orgID": 1} for rule in body["rules"]]
        kept = {**body, "rules": rules}
        self.server.database.put("alert group", f"{folder}/{group}", kept)
        return kept

    def _check_age(self, rules: list[Json]) -> None:
        groups = self.server.database.all("alert group").values()
        known = {rule["uid"] for group in groups for rule in group["rules"]}
        is_old = "STAND_IN_GRAFANA_FAILS_AT_NEW_RULES" in os.environ
        if is_old and not {rule["uid"] for rule in rules} <= known:
            raise RefusedError(500, "Internal Server Error")

    def _check_provenance(self, uid: str, wanted: str) -> None:
        for group in self.server.database.all("alert group").values():
            for rule in group["rules"]:
                if rule["uid"] == uid and rule["provenance"] not in {"", wanted}:
                    raise RefusedError(
                        409,
                        f"cannot update with provided provenance '{wanted}', "
                        f"needs '{rule['provenance']}'",
                    )

    def _send_html(self, title: str) -> None:
        page = f"<!doctype html><title>{html.escape(title)}</title>".encode()
        self._send_bytes(200, page, "text/html; charset=UTF-8", {})

    def _send(self, status: int, value: Any, **headers: str) -> None:
        content = json.dumps(value).encode()
        self._send_bytes(status, content, "application/json", headers)

    def _send_bytes(
        self, status: int, content: bytes, content_type: str, headers: dict[str, str]
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _shown(source: Json) -> Json:
    """Return a data source as the API shows it: of what is secret, that it is there."""
    hidden = dict.fromkeys(source.get("secureJsonData", {}), True)
    kept = {key: value for key, value in source.items() if key != "secureJsonData"}
    return {**kept, "secureJsonFields": hidden}


def _not_found(kind: str) -> NoReturn:
    raise RefusedError(404, f"{kind} not found")


ROUTES: list[tuple[str, str, Callable[..., Any]]] = [
    ("GET", "/api/datasources", Handler.data_sources),
    ("POST", "/api/datasources", Handler.add_data_source),
    ("GET", "/api/datasources/uid/([^/]+)", Handler.data_source),
    ("PUT", "/api/datasources/uid/([^/]+)", Handler.change_data_source),
    ("POST", "/api/ds/query", Handler.query),
    ("GET", "/api/search", Handler.search),
    ("GET", "/api/dashboards/uid/([^/]+)", Handler.board),
    ("POST", "/api/dashboards/db", Handler.save_board),
    ("GET", "/api/folders/([^/]+)", Handler.folder),
    ("POST", "/api/folders", Handler.add_folder),
    ("GET", "/api/v1/provisioning/folder/([^/]+)/rule-groups/([^/]+)", Handler.rule_group),
    ("PUT", "/api/v1/provisioning/folder/([^/]+)/rule-groups/([^/]+)", Handler.change_rule_group),
]
