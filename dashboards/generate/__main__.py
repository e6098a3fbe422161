"""`python -m dashboards.generate [--check]`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from . import board, readme
from .rules.outputs import outputs as rule_outputs

FOLDER = Path(__file__).resolve().parent.parent


def main() -> int:
    """Write the generated files, or with `--check` name those that are not up to date."""
    parser = argparse.ArgumentParser(prog="python -m dashboards.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")
    stale = {path: text for path, text in _outputs().items() if not _is_current(path, text)}
    return _report(stale) if parser.parse_args().check else _write(stale)


def _report(stale: dict[Path, str]) -> int:
    for path in stale:
        sys.stderr.write(
            f"`dashboards/{path.relative_to(FOLDER)}` is not what `dashboards/generate/` writes\n"
        )
    if stale:
        sys.stderr.write("\nhint: run `python -m dashboards.generate` and commit the result\n")
    return 1 if stale else 0


def _write(stale: dict[Path, str]) -> int:
    for path, text in stale.items():
        path.write_text(text, encoding="utf-8")
    return 0


def _outputs() -> dict[Path, str]:
    built = board.build()
    text = json.dumps(built, cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"
    boards = {FOLDER / f"{built.uid}.json": text, FOLDER / "README.md": readme.render(built)}
    return boards | {FOLDER / path: rules for path, rules in rule_outputs(built).items()}


def _is_current(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
