"""Who holds a port, named as far as a system lets us look."""

from __future__ import annotations

import os
import socket

import psutil
import pytest

from mephisto_metrics.machine.ports import describe_holder


def hidden(*_: object, **__: object) -> None:
    raise psutil.AccessDenied


@pytest.mark.parametrize("is_told_to_root_alone", [False, True])
def test_a_process_of_ours_that_holds_a_port_is_named(
    monkeypatch: pytest.MonkeyPatch, is_told_to_root_alone: bool
) -> None:
    if is_told_to_root_alone:  # as on macOS
        monkeypatch.setattr(psutil, "net_connections", hidden)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert describe_holder(port) == f"{psutil.Process().name()} (PID {os.getpid()})"
    assert describe_holder(port) is None
