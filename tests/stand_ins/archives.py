"""Archives laid out and named as Grafana's releases, with the stand-in for Grafana in them."""

from __future__ import annotations

import shlex
import sys
import tarfile
from pathlib import Path

STAND_IN = Path(__file__).parent
VERSION = "13.1.3"
BUILD = "31135815010"


def grafana_release(folder: Path, version: str = VERSION) -> Path:
    """Lay out a release of the stand-in for Grafana below `folder`, and return its root."""
    root = folder / f"grafana-{version}"
    for path in ("bin", "conf/provisioning", "public"):
        (root / path).mkdir(parents=True)
    for source in STAND_IN.glob("grafana*.py"):
        content = source.read_text(encoding="utf-8").replace('"13.1.3"', f'"{version}"')
        (root / "bin" / source.name).write_text(content, encoding="utf-8")
    # Not the Python itself in `#!`: where tests are, its path may be longer than systems take.
    program = root / "bin" / "grafana"
    program.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "${{0%/*}}/grafana.py" "$@"\n'
    )
    program.chmod(0o755)
    (root / "conf" / "defaults.ini").write_text("# of the stand-in for Grafana\n")
    (root / "VERSION").write_text(f"{version}\n")
    return root


def grafana_archive(
    folder: Path, system: str = "linux", machine: str = "amd64", version: str = VERSION
) -> Path:
    """Pack a release of the stand-in for Grafana, and return the archive."""
    root = grafana_release(folder / "unpacked", version)
    path = folder / f"grafana_{version}_{BUILD}_{system}_{machine}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(root, root.name)
    return path
