"""Options that set variables, so that whatever is started from here finds them too."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import click

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack import settings
from mephisto_metrics.stack.variables import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


@contextlib.contextmanager
def setting(options: Mapping[str, tuple[str, str | None]]) -> Iterator[None]:
    """Set the variables of the options that are given, and let errors of the block name options.

    `options` are names and values by variable; None is the value of one that is not given. What is
    set as a variable alone is named as such.
    """
    _refuse_empty(options.values())
    values = {variable: value for variable, (_, value) in options.items()}
    in_variables = {name for name in options if text_of(name) and values[name] is None}
    settings.set_variables(values)
    given = {name: option for name, (option, _) in options.items() if name not in in_variables}
    try:
        yield
    except StackError as error:
        raise StackError(_named(str(error), given), _named(error.hint, given)) from error


def _refuse_empty(options: Iterable[tuple[str, str | None]]) -> None:
    """Refuse what would count as not given: most often a variable of the shell that is not set."""
    for name, value in options:
        if value is not None and not value.strip():
            raise click.BadParameter("it is empty; leave it out instead", param_hint=name)


def _named(text: str, given: Mapping[str, str]) -> str:
    for variable, name in given.items():
        text = re.sub(rf"\b{variable}\b", f"`{name}`", text)
    return text
