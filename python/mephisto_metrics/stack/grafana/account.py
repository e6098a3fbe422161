"""Who may log in to the Grafana that is started here.

Grafana makes the account at its first start and never looks at the configured password again. A
Grafana that began on loopback with the password that everybody knows would keep it when it is shown
to a network. So it is kept what the database was last told, and where another password is wanted,
Grafana's own command sets it before the server starts.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.addresses import is_loopback
from mephisto_metrics.stack.grafana import files, ini
from mephisto_metrics.stack.grafana.options import DEFAULT_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GENERATED = "generated-password"
GENERATED_BYTES = 18
SHORTEST_PASSWORD = 4
"""Grafana's own limit."""
RESET_TIMEOUT_SECONDS = 120.0
"""The command may have to migrate the database first."""


@dataclass(frozen=True)
class Account:
    """The administrator."""

    user: str
    password: str = field(repr=False)


def choose(host: str, user: str, password: str | None) -> Account:
    """Return the account of what is shown at `host`, with the password that is wanted, if any.

    By default it is the guide's on loopback, and elsewhere one that is generated and stays the
    same. Raises `StackError` for the guide's off loopback, and for what Grafana can not take.
    """
    check(host, user, password)
    if password is not None:
        return Account(user, password)
    return Account(user, DEFAULT_PASSWORD if is_loopback(host) else _generated())


def how_to_log_in(host: str, user: str, password: str | None) -> str:
    """Return what to tell whoever opens it; no password but the one that everybody knows."""
    if password is not None:
        return f"log in as `{user}` with the password of GRAFANA_PASSWORD"
    if is_loopback(host):
        return f"log in as `{user}` with the password `{DEFAULT_PASSWORD}`"
    return f"log in as `{user}`; the password is in `{files.secret_path(GENERATED)}`"


def check(host: str, user: str, password: str | None) -> None:
    """Raise `StackError` for a user or a password that is given and can not be used."""
    _check_user(user)
    if password is not None:
        _check_password(password, host)


def _generated() -> str:
    kept = files.read_secret(GENERATED)
    password = kept or secrets.token_urlsafe(GENERATED_BYTES)
    if kept is None:
        files.write_secret(GENERATED, password)
    return password


def _check_user(user: str) -> None:
    ini.check(user, "the user")
    if not user or ":" in user or user != user.strip():
        raise StackError(
            f"`{user}` can not be the name of Grafana's user",
            "set GRAFANA_USER to a name without `:`, and without spaces at its ends",
        )


def _check_password(password: str, host: str) -> None:
    way_out = "set GRAFANA_PASSWORD to another password"
    if not is_loopback(host) and password.strip().lower() == DEFAULT_PASSWORD:
        raise StackError(
            f"the viewer shall be reached at {host}, and its password is the default one, "
            "which everybody knows",
            f"{way_out}, or leave it out: then one is generated",
        )
    if ini.CONTROL.search(password) or password != password.strip():
        reason = "has line breaks or the like in it, or spaces at its ends"
    elif ini.EXPANDED.search(password):
        reason = "has `${`, or `%(` with `)s`, in it, which Grafana would replace"
    elif len(password) < SHORTEST_PASSWORD:
        reason = f"is shorter than {SHORTEST_PASSWORD} characters"
    else:
        return
    raise StackError(f"the password for Grafana {reason}", way_out)


def write_secrets(account: Account) -> None:
    """Write what the configuration refers to."""
    files.write_secret("admin-password", account.password)
    if files.read_secret("secret-key") is None:
        files.write_secret("secret-key", secrets.token_hex(32))


def in_effect() -> Account | None:
    """Return the account that the database was last given; None if it is known to have another."""
    user, password = files.read_secret("user-in-effect"), files.read_secret("password-in-effect")
    if user is None or password is None or password == files.read_secret("password-refused"):
        return None
    return Account(user, password)


def note_refusal(password: str) -> None:
    """Keep that the database has another password by now, so that nobody tries this one again."""
    with contextlib.suppress(OSError):
        files.write_secret("password-refused", password)


def bring_up_to_date(
    account: Account, grafana: Sequence[str], environment: Mapping[str, str]
) -> None:
    """See to it that the database has this account, if there is a database.

    Whether it has another password by now is found out anew.
    `grafana` is its command up to the verb and its options. Raises `StackError` if it has another.
    """
    user, password = files.read_secret("user-in-effect"), files.read_secret("password-in-effect")
    if files.database_path().exists():
        if user not in {None, account.user}:
            raise StackError(
                f"Grafana's user is `{user}` since its first start, and `{account.user}` is wanted",
                f"set GRAFANA_USER to `{user}`, or begin anew: remove `{files.data_folder()}`",
            )
        if password != account.password:
            _reset(account, grafana, environment)
    files.secret_path("password-refused").unlink(missing_ok=True)
    files.write_secret("user-in-effect", account.user)
    files.write_secret("password-in-effect", account.password)


def _reset(account: Account, grafana: Sequence[str], environment: Mapping[str, str]) -> None:
    command = [*grafana, "admin", "reset-admin-password", "--password-from-stdin"]
    try:
        done = subprocess.run(
            command,
            input=f"{account.password}\n",
            env={**os.environ, **environment},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=RESET_TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _not_reset(str(error)) from error
    if done.returncode:
        said = (done.stderr + done.stdout).strip().splitlines()
        raise _not_reset(said[-1] if said else f"it ended with status {done.returncode}")


def _not_reset(reason: str) -> StackError:
    return StackError(
        f"Grafana has another password than is wanted now, and could not be given it: {reason}",
        f"set GRAFANA_PASSWORD to the old one, or begin anew: remove `{files.data_folder()}`",
    )
