"""What the doctor finds of how a store sends its samples to one elsewhere."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from tests.python.doctoring import new_home, running_store

from mephisto_metrics.stack.doctor import diagnose, keeping
from mephisto_metrics.stack.doctor.findings import Finding
from mephisto_metrics.stack.readiness import wait_until
from mephisto_metrics.stack.remote import RemoteWrite

TIMEOUT_SECONDS = 30
NOTHING_SENT = {
    "samples_total": 4000,
    "samples_retried_total": 3500,
    "queue_highest_sent_timestamp_seconds": 0,
    "highest_timestamp_in_seconds": 1e9,
}
NOTHING_SENT_AT_FIRST = {**NOTHING_SENT, "highest_timestamp_in_seconds": 1e9 - 195}
NEVER_TAKEN = {"seconds_behind": 3, "retries_total": 2, "samples_sent_total": 0}


def test_a_store_elsewhere_that_can_not_be_reached_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_home(tmp_path, monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/api/v1/push"

    with running_store(remote_write=RemoteWrite(url)):
        assert wait_until(
            lambda: any(one.id == "store.remote-write-behind" for one in diagnose()),
            TIMEOUT_SECONDS,
        )


def told_of_the_built_in_store(log: Path, **changes: float) -> list[Finding]:
    counted = {
        f"mephisto_store_remote_write_{name}": value
        for name, value in {**NEVER_TAKEN, **changes}.items()
    }
    return list(keeping.remote_write(counted, log))


def test_a_store_elsewhere_that_has_never_taken_samples_is_told_at_once_with_its_reason(
    tmp_path: Path,
) -> None:
    log = tmp_path / "store.log"
    waiting = "  WARN remote write: samples wait on the disk to be sent again: "
    log.write_text(
        f"{waiting}of the last one\nstarting the store for PID 7\nserving http://x for y\n"
        f"{waiting}the receiver answered 401 Unauthorized\nsomething else\n"
    )
    (finding,) = told_of_the_built_in_store(log)
    assert finding.id == "store.remote-write-behind"
    assert finding.found.endswith("for 3 s: the receiver answered 401 Unauthorized")

    log.write_text(f"{waiting}of the last one\nstarting the store for PID 7\n")
    (finding,) = told_of_the_built_in_store(log)
    assert finding.found.endswith("for 3 s")
    assert f"`{log}`" in finding.remedy


@pytest.mark.parametrize("changes", [{"retries_total": 0}, {"samples_sent_total": 9}])
def test_samples_that_have_just_come_or_are_tried_again_are_no_problem(
    tmp_path: Path, changes: dict[str, float]
) -> None:
    assert told_of_the_built_in_store(tmp_path / "store.log", **changes) == []


@pytest.mark.parametrize(
    ("metrics", "id_"),
    [
        ({"samples_total": 50, "samples_failed_total": 50}, "store.remote-write-refused"),
        ({"samples_total": 500, "samples_failed_total": 50}, "store.remote-write-lost"),
        ({"samples_total": 90, "highest_timestamp_in_seconds": 1e9}, "store.remote-write-behind"),
        (NOTHING_SENT, "store.remote-write-behind"),
        (NOTHING_SENT_AT_FIRST, "store.remote-write-behind"),
        ({"samples_total": 90}, None),
    ],
)
def test_what_a_prometheus_counts_of_its_remote_write_is_told(
    metrics: dict[str, float], id_: str | None, tmp_path: Path
) -> None:
    sent = {"samples_pending": 4, "queue_highest_sent_timestamp_seconds": 1e9 - 100, **metrics}
    counted = {f"prometheus_remote_storage_{name}": value for name, value in sent.items()}
    counted["process_start_time_seconds"] = 1e9 - 200
    told = [one.id for one in keeping.remote_write(counted, tmp_path / "prometheus.log")]
    assert told == ([] if id_ is None else [id_])


def test_a_prometheus_that_sends_its_samples_nowhere_is_behind_nobody(tmp_path: Path) -> None:
    newest = {"prometheus_remote_storage_highest_timestamp_in_seconds": 1e9}
    assert list(keeping.remote_write(newest, tmp_path / "prometheus.log")) == []
