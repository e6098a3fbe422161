"""How the command line shows what went wrong, in which there may be text of strangers."""

from __future__ import annotations

from typing import Any

import pytest

from mephisto_metrics import cli
from mephisto_metrics.machine.errors import StackError


def fail_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the exit status of a verb that raises an error."""

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(cli.group, "main", fail)
    return cli.run(["status"])


def test_an_error_steers_no_terminal_and_keeps_its_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = StackError("one\x1b]0;owned\x07\ntwo\r\udcff", "do\x9b this\nthen that")

    assert fail_with(error, monkeypatch) == cli.EXIT_MENDABLE

    expected = "error: one?]0;owned?\ntwo??\n\nhint: do? this\nthen that\n"
    assert capsys.readouterr() == ("", expected)


def test_a_fault_of_ours_steers_no_terminal_and_keeps_its_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fail_with(ValueError("one\x1b[2J\ntwo"), monkeypatch) == cli.EXIT_OUR_FAULT

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Traceback (most recent call last):\n  File ")
    expected = "ValueError: one?[2J\ntwo\n\nerror: this is a fault of mephisto-metrics\n"
    assert err.endswith(expected)
