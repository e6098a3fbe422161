"""What is said where the home, or the whole machine, has nothing more to give."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.home_faults import explaining_home_faults


@pytest.mark.parametrize(
    ("number", "is_about_the_home", "way_out"),
    [
        (errno.ENOSPC, True, "free some space there"),
        (errno.EACCES, True, "make it a folder that you may write to"),
        (errno.EMFILE, False, "ulimit -a"),
        (errno.EAGAIN, False, "end some programs"),
    ],
)
def test_only_what_is_the_homes_fault_is_called_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    is_about_the_home: bool,
    way_out: str,
) -> None:
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path))
    with pytest.raises(StackError, match=os.strerror(number)) as raised, explaining_home_faults():
        raise OSError(number, os.strerror(number))
    assert way_out in raised.value.hint
    assert (str(tmp_path) in str(raised.value)) == is_about_the_home
    assert ("MEPHISTO_METRICS_HOME" in raised.value.hint) == is_about_the_home
