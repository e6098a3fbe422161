"""What `cleanup` says of files that processes have left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mephisto_metrics.cli import run
from mephisto_metrics.stack.processes import ProcessIdentity


def test_files_of_processes_that_are_gone_are_removed_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MEPHISTO_METRICS_HOME", str(tmp_path))
    gone = ProcessIdentity.current()._replace(start_time_seconds=1.0)
    files = [tmp_path / "state" / name for name in ("store.json", "viewers/1.json", "keeper.json")]
    for path, content in zip(files, (json.dumps(gone._asdict()), '{"pid": 1, "sta', "")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    assert run(["cleanup"]) == 0

    assert capsys.readouterr().err == "removed 3 state files of processes that are gone\n"
    assert not [path for path in files if path.exists()]
    assert run(["cleanup"]) == 0
    assert capsys.readouterr().err == "nothing to clean up\n"
