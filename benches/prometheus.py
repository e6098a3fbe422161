"""A real Prometheus, to hold the built-in store against in measurements and tests."""

from __future__ import annotations

import contextlib
import re
import subprocess
from typing import TYPE_CHECKING

from mephisto_metrics.stack.readiness import is_ready, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READY_TIMEOUT_SECONDS = 120.0
STOP_TIMEOUT_SECONDS = 60.0


@contextlib.contextmanager
def real_prometheus(
    program: str, folder: Path, settings: str, *options: str, data: Path | None = None
) -> Iterator[str]:
    """Run a Prometheus with these settings at a port of its own choice; gives its address.

    Its settings and its log are in `folder`, and its data too unless `data` is given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings_path, log_path = folder / "prometheus.yml", folder / "prometheus.log"
    settings_path.write_text(settings)
    command = [program, f"--config.file={settings_path}", "--web.listen-address=127.0.0.1:0"]
    command += [f"--storage.tsdb.path={data or folder / 'data'}", *options]
    with log_path.open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield _ready_url(process, log_path)
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_SECONDS)


def _ready_url(process: subprocess.Popen[bytes], log_path: Path) -> str:
    """Return the address that Prometheus logs, once it can serve."""

    def url() -> str:
        found = re.search(r'msg="Listening on" address=(\S+)', log_path.read_text())
        return f"http://{found[1]}" if found else ""

    def is_ready_or_ended() -> bool:
        return process.poll() is not None or (bool(url()) and is_ready(url()))

    wait_until(is_ready_or_ended, READY_TIMEOUT_SECONDS)
    if process.poll() is not None or not url():
        message = f"Prometheus does not run; its log ends:\n{log_path.read_text()[-2000:]}"
        raise RuntimeError(message)
    return url()
