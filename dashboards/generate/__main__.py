"""`python -m dashboards.generate [--check]`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from . import board, readme

FOLDER = Path(__file__).resolve().parent.parent


def main() -> int:
    """Write the generated files, or with `--check` name those that are not up to date."""
    parser = argparse.ArgumentParser(prog="python -m dashboards.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")
    check = parser.parse_args().check
    stale = [path for path, text in _outputs().items() if not _is_current(path, text)]
    for path in stale:
        if check:
            sys.stderr.write(f"`dashboards/{path.name}` is not what its generator writes\n")
        else:
            path.write_text(_outputs()[path], encoding="utf-8")
    if check and stale:
        sys.stderr.write("\nhint: run `python -m dashboards.generate` and commit the result\n")
    return 1 if check and stale else 0


def _outputs() -> dict[Path, str]:
    built = board.build()
    text = json.dumps(built, cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"
    return {FOLDER / f"{built.uid}.json": text, FOLDER / "README.md": readme.render(built)}


def _is_current(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
