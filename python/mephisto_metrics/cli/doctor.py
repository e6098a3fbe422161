"""`mephisto metrics doctor`."""

from __future__ import annotations

import json
import shutil
import textwrap
from typing import TYPE_CHECKING

import click

from mephisto_metrics.cli.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mephisto_metrics.stack.doctor.findings import Finding

WIDEST_COLUMNS = 100
INDENT = "    "


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Look for what is wrong, explain it, and say what to do; change nothing.

    The exit status is 1 if there is any problem, else 0.
    """
    from mephisto_metrics.mephisto import advertising_check
    from mephisto_metrics.stack.doctor import CHECKS, diagnose
    from mephisto_metrics.stack.doctor.findings import Level

    findings = diagnose({**CHECKS, "advertising": advertising_check.check})
    click.echo(_json(findings) if as_json else _text(findings))
    if any(finding.level is Level.PROBLEM for finding in findings):
        context.exit(1)


def _json(findings: Sequence[Finding]) -> str:
    values = [
        {
            "id": finding.id,
            "level": finding.level.value,
            "found": finding.found,
            "meaning": finding.meaning or None,
            "remedy": finding.remedy or None,
            "command": finding.command,
        }
        for finding in findings
    ]
    return json.dumps({"findings": values}, indent=2)


def _text(findings: Sequence[Finding]) -> str:
    from mephisto_metrics.stack.doctor.findings import Level

    columns = min(shutil.get_terminal_size().columns, WIDEST_COLUMNS)
    lines: list[str] = []
    for level in Level:
        of_level = [finding for finding in findings if finding.level is level]
        for finding in of_level:
            lines += _lines(finding, columns)
            lines += [] if level is Level.WELL else [""]
        lines += [""] if of_level and level is Level.WELL else []
    return "\n".join([*lines, _sum(findings)])


def _lines(finding: Finding, columns: int) -> Iterator[str]:
    first = f"{finding.level.value:<9}{finding.area}: {printable(finding.found)}"
    yield from _wrapped(first, "", columns)
    for text in filter(None, (finding.meaning, finding.remedy and f"what to do: {finding.remedy}")):
        yield from _wrapped(printable(text), INDENT, columns)
    if finding.command:
        yield f"{INDENT}$ {printable(finding.command)}"


def _wrapped(text: str, indent: str, columns: int) -> list[str]:
    return textwrap.wrap(
        text,
        columns,
        initial_indent=indent,
        subsequent_indent=indent or INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _sum(findings: Sequence[Finding]) -> str:
    from mephisto_metrics.stack.doctor.findings import Level

    counts = {level: sum(finding.level is level for finding in findings) for level in Level}
    problems, notes = counts[Level.PROBLEM], counts[Level.NOTE]
    if not problems and not notes:
        return "all is well"
    return f"{_count(problems, 'problem')}, {_count(notes, 'note')}; {counts[Level.WELL]} are well"


def _count(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"
