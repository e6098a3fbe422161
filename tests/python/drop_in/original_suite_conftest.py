"""For a copy of prometheus_client's own tests: puts ours in its place, and knows what differs.

A test that is listed here and passes is a failure: then the list, and the table of what differs in
docs/design.md, are to be shortened.
"""

import os
import sys

import pytest

import mephisto_metrics.prometheus_client

IN_ITS_PLACE = os.environ["ORIGINAL_SUITE_WAY"] == "in its place"

OWN_NAME = "a class tells the module that it is from, whatever that is imported as"

DIFFERENCES = {}
if IN_ITS_PLACE:
    sys.modules["prometheus_client"] = mephisto_metrics.prometheus_client
    kinds = ["Counter", "Gauge", "Histogram", "Info", "Summary"]
    DIFFERENCES |= {f"test_core.py::Test{kind}": (OWN_NAME, ["test_repr"]) for kind in kinds}

EXPECTED_FAILURES = {
    f"{place}::{name}": reason for place, (reason, names) in DIFFERENCES.items() for name in names
}


def pytest_collection_modifyitems(items):
    found = {item.nodeid.rpartition("/")[2]: item for item in items}
    unknown = EXPECTED_FAILURES.keys() - found.keys()
    if unknown:
        raise pytest.UsageError(f"no such tests: {sorted(unknown)}")
    for name, reason in EXPECTED_FAILURES.items():
        found[name].add_marker(pytest.mark.xfail(reason=reason, strict=True))
