"""Who may log in to the Grafana that is started here.

Grafana makes the account at its first start and never looks at the configured password again. A
Grafana that began on loopback with the password that everybody knows would keep it when it is shown
to a network. So it is kept what the database was last told, and where another password is wanted,
Grafana's own command sets it before the server starts.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mephisto_metrics.stack.errors import StackError
from mephisto_metrics.stack.grafana import files, ini
from mephisto_metrics.stack.grafana.options import DEFAULT_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mephisto_metrics.stack.grafana.options import GrafanaOptions

GENERATED_BYTES = 18
SHORTEST_PASSWORD = 4
"""Grafana's own limit."""
RESET_TIMEOUT_SECONDS = 120.0
"""The command may have to migrate the database first."""
BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""RFC 6750's. Grafana would replace a `$` in what it reads from a file."""


@dataclass(frozen=True)
class Account:
    """The administrator."""

    user: str
    password: str = field(repr=False)


def choose(options: GrafanaOptions) -> Account:
    """Return the account that is wanted; a generated password is the same each time.

    Raises `StackError` for the default password off loopback, and for what Grafana can not take.
    """
    check(options)
    if options.password is not None:
        return Account(options.user, options.password)
    if options.is_loopback:
        return Account(options.user, DEFAULT_PASSWORD)
    return Account(options.user, _generated())


def check(options: GrafanaOptions) -> None:
    """Raise `StackError` for a user or a password that is given and can not be used."""
    _check_user(options.user)
    if options.password is not None:
        _check_password(options)


def _generated() -> str:
    kept = files.read_secret("generated-password")
    password = kept or secrets.token_urlsafe(GENERATED_BYTES)
    if kept is None:
        files.write_secret("generated-password", password)
    return password


def _check_user(user: str) -> None:
    ini.check(user, "the user")
    if not user or ":" in user or user != user.strip():
        raise StackError(
            f"`{user}` can not be the name of Grafana's user",
            "set GRAFANA_USER to a name without `:`, and without spaces at its ends",
        )


def _check_password(options: GrafanaOptions) -> None:
    password = options.password or ""
    way_out = "set GRAFANA_PASSWORD to another password"
    if not options.is_loopback and password.strip().lower() == DEFAULT_PASSWORD:
        raise StackError(
            f"Grafana shall be reached at {options.host}, and its password is the default one, "
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


def keep_token(token: str | None) -> Path | None:
    """Keep the bearer token of a store, and return where; without one, none of an earlier start.

    Raises `StackError` for what is no token.
    """
    if token is None:
        files.secret_path("store-token").unlink(missing_ok=True)
        return None
    if not BEARER_TOKEN.fullmatch(token):
        raise StackError(
            "the token of the store is no bearer token",
            "expected one word of letters, digits and `._~+/-`, with `=` only at its end",
        )
    return files.write_secret("store-token", token)


def bring_up_to_date(
    account: Account, grafana: Sequence[str], environment: Mapping[str, str]
) -> None:
    """See to it that the database has this account, if there is a database.

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
