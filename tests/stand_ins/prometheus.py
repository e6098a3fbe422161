"""A Prometheus that starts and ends as slowly as a test wants, which the real one does by chance.

It answers `/-/ready` and nothing else.
"""

from __future__ import annotations

import http.server
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from mephisto_metrics.stack.programs import InstalledProgram

START_VARIABLE = "STAND_IN_PROMETHEUS_START_SECONDS"
END_VARIABLE = "STAND_IN_PROMETHEUS_END_FILE"
"""It names a file, and what is told to end does so once there is that."""
VERSION = "2.42.0"
PAUSE_SECONDS = 0.05
ADDRESS_FLAG = "--web.listen-address="


def slow_prometheus(folder: Path) -> InstalledProgram:
    """Return one that can be started, from a script in `folder`."""
    script = folder / "prometheus"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" "$@"\n')
    script.chmod(0o755)
    return InstalledProgram("prometheus", VERSION, script, folder, is_ours=False)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers 503 until the time of the start is over."""

    ready_at_seconds = time.monotonic() + float(os.environ.get(START_VARIABLE, "0"))

    def do_GET(self) -> None:
        self.send_response(200 if time.monotonic() >= self.ready_at_seconds else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def end(_number: int, _frame: FrameType | None) -> None:
    end_file = os.environ.get(END_VARIABLE)
    while end_file is not None and not Path(end_file).exists():
        time.sleep(PAUSE_SECONDS)
    os._exit(0)


def main(arguments: list[str]) -> None:
    if "--version" in arguments or "--help" in arguments:
        sys.stdout.write(f"prometheus, version {VERSION}\n")
        return
    (address,) = (flag[len(ADDRESS_FLAG) :] for flag in arguments if flag.startswith(ADDRESS_FLAG))
    signal.signal(signal.SIGTERM, end)
    host, _, port = address.rpartition(":")
    with http.server.ThreadingHTTPServer((host, int(port)), Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
