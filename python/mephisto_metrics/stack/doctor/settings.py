"""Whether the environment's settings can be used."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import account, settings
from mephisto_metrics.stack.asking import letting_in
from mephisto_metrics.stack.credentials import Credentials, readable_credentials
from mephisto_metrics.stack.doctor.findings import Finding, problem, well
from mephisto_metrics.stack.elsewhere import elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OPERATOR_PORT_VARIABLE = "MEPHISTO_METRICS_PORT"
MEANING = "whatever needs this setting does not start"


def check() -> Iterator[Finding]:
    """Read every setting."""
    found = map(_error, (*settings.readers(), _remote_secrets, _scrape_secrets, _account))
    wrong = {str(error): error for error in found if error is not None}
    for error in wrong.values():
        yield problem("settings.wrong", str(error), MEANING, error.hint)
    text = os.environ.get(OPERATOR_PORT_VARIABLE, "")
    if text and not _is_port(text):
        yield problem(
            "settings.wrong",
            f"{OPERATOR_PORT_VARIABLE} is {text!r}, which is not a port",
            "Operators warn about it, and serve their metrics at 3031 or a port near it instead",
            f"set it to a number from 0 to {settings.HIGHEST_PORT}, or leave it out",
        )
    elif not wrong:
        yield well("settings.well", "all settings can be used")


def _remote_secrets() -> object:
    """Read what credentials for a store elsewhere name: that the files are there is not enough."""
    return letting_in(readable_credentials())


def _scrape_secrets() -> object:
    """Read what Operators on other machines are to be asked with."""
    found = elsewhere()
    return letting_in(Credentials(token_file=found.token_file, ca_file=found.ca_file))


def _account() -> None:
    """Look at who may log in where the viewer is shown."""
    account.check(settings.viewer_host())


def _error(read: Callable[[], object]) -> StackError | None:
    try:
        read()
    except StackError as error:
        return error
    return None


def _is_port(text: str) -> bool:
    return text.isdecimal() and int(text) <= settings.HIGHEST_PORT
