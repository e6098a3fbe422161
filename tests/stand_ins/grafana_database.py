"""A stand-in for Grafana keeps what it is told: an SQLite file of JSON values."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any


class Database:
    """Values by kind and name; each call is a transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._run("CREATE TABLE IF NOT EXISTS kept (kind, name, value, PRIMARY KEY (kind, name))")

    def put(self, kind: str, name: str, value: Any) -> None:
        self._run("REPLACE INTO kept VALUES (?, ?, ?)", kind, name, json.dumps(value))

    def get(self, kind: str, name: str) -> Any | None:
        found = self._run("SELECT value FROM kept WHERE kind = ? AND name = ?", kind, name)
        return json.loads(found[0][0]) if found else None

    def all(self, kind: str) -> dict[str, Any]:
        found = self._run("SELECT name, value FROM kept WHERE kind = ? ORDER BY name", kind)
        return {name: json.loads(value) for name, value in found}

    def _run(self, statement: str, *values: str) -> list[tuple[str, ...]]:
        # A connection for each: threads can not share one.
        connection = sqlite3.connect(self._path)
        try:
            with connection:
                return connection.execute(statement, values).fetchall()
        finally:
            connection.close()


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    return hashlib.sha256(password.encode()).hexdigest()
