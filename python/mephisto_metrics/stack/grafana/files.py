"""Where Grafana's files are, and its secrets, which only their owner can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mephisto_metrics.machine import places
from mephisto_metrics.stack.files import write_private

if TYPE_CHECKING:
    from pathlib import Path

OWNER_ONLY_FOLDER = 0o700


def config_folder() -> Path:
    """Return where Grafana's configuration is, as an absolute path: Grafana runs elsewhere."""
    return places.config_folder().absolute() / "grafana"


def data_folder() -> Path:
    """Return where Grafana keeps its database, and would keep plugins."""
    return places.data_folder("grafana").absolute()


def logs_folder() -> Path:
    """Return the folder that Grafana is told to keep logs in; it logs to its output."""
    return places.logs_folder().absolute() / "grafana"


def database_path() -> Path:
    """Return Grafana's database, by whose existence a first start is told from later ones."""
    return data_folder() / "grafana.db"


def secret_path(name: str) -> Path:
    """Return the file of a secret."""
    return config_folder() / "secrets" / name


def read_secret(name: str) -> str | None:
    """Return a secret; None if there is none."""
    try:
        return secret_path(name).read_text(encoding="utf-8") or None
    except FileNotFoundError:
        return None


def forget_secrets(prefix: str) -> None:
    """Remove the secrets whose names begin with `prefix`."""
    for path in secret_path(prefix).parent.glob(f"{prefix}*"):
        path.unlink()


def write_secret(name: str, secret: str) -> Path:
    """Keep a secret where its owner alone can read it, and return the file."""
    path = secret_path(name)
    path.parent.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    path.parent.chmod(OWNER_ONLY_FOLDER)
    write_private(path, secret)
    return path
