"""`python -m dashboards.generate [--check]`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from . import readme
from .boards import BOARDS

FOLDER = Path(__file__).resolve().parent.parent


def main() -> int:
    """Write the generated files, or with `--check` name those that are not up to date."""
    parser = argparse.ArgumentParser(prog="python -m dashboards.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")
    is_check = parser.parse_args().check
    outputs = _outputs()
    stale = {path: text for path, text in outputs.items() if not _is_current(path, text)}
    status = _report(stale) if is_check else _write(stale)
    return _report_strays(set(FOLDER.glob("*.json")) - outputs.keys()) or status


def _report_strays(strays: set[Path]) -> int:
    """Name the boards that nothing writes: who gave a board another name left the old file."""
    for path in sorted(strays):
        sys.stderr.write(f"`dashboards/{path.name}` is written by nothing in `generate/`\n")
    if strays:
        sys.stderr.write("\nhint: remove it, or add its board to `BOARDS`\n")
    return 1 if strays else 0


def _report(stale: dict[Path, str]) -> int:
    for path in stale:
        sys.stderr.write(f"`dashboards/{path.name}` is not what `dashboards/generate/` writes\n")
    if stale:
        sys.stderr.write("\nhint: run `python -m dashboards.generate` and commit the result\n")
    return 1 if stale else 0


def _write(stale: dict[Path, str]) -> int:
    for path, text in stale.items():
        path.write_text(text, encoding="utf-8")
    return 0


def _outputs() -> dict[Path, str]:
    built = [board.build() for board in BOARDS]
    texts = {FOLDER / f"{board.uid}.json": _as_json(board) for board in built}
    return texts | {FOLDER / "README.md": readme.render(built)}


def _as_json(board: models.Dashboard) -> str:
    return json.dumps(board, cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"


def _is_current(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
