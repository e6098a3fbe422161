"""What tests of every level share."""

from __future__ import annotations

import os
import shutil
from typing import Callable

import pytest


def missing(what: str, way_out: str) -> None:
    """Skip a test for want of something; with `CI=true` nothing is skipped."""
    message = f"{what} is not here: {way_out}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture
def needs_program() -> Callable[[str, str], str]:
    """Give the path of a program, or skip the test with how to get it."""

    def find(program: str, package: str) -> str:
        path = shutil.which(program)
        if path is None:
            missing(program, f"apt-get install {package}")
        return path

    return find
