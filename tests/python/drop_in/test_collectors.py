"""The collectors of the default registry: process, platform, garbage collector."""

from __future__ import annotations

import pytest

STAT = b"42 (a ) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 4 0 1234 8192000 321 0\n"
LIMITS = b"Limit  Soft  Hard  Units\nMax open files            1024    4096    files\nMax x 1 2\n"


@pytest.fixture
def proc(tmp_path):
    """A /proc of one process."""
    folder = tmp_path / "42"
    (folder / "fd").mkdir(parents=True)
    for name in ("0", "1", "7"):
        (folder / "fd" / name).touch()
    (tmp_path / "stat").write_bytes(b"cpu 1 2\nbtime 1600000000\nprocesses 3\n")
    (folder / "stat").write_bytes(STAT)
    (folder / "limits").write_bytes(LIMITS)
    return tmp_path


def collect(library, proc, **options):
    return library.ProcessCollector(
        proc=str(proc), pid=lambda: " 42\n", registry=None, **options
    ).collect()


@pytest.mark.parametrize("namespace", ["", "mine"])
def test_a_process_is_described_alike(both, proc, namespace):
    families = both.agree(lambda library: collect(library, proc, namespace=namespace))
    assert len(families) == 6


@pytest.mark.parametrize("missing", ["stat", "42/stat", "42/limits"])
def test_what_cannot_be_read_of_a_process_is_left_out(both, proc, missing):
    (proc / missing).unlink()
    both.agree(lambda library: collect(library, proc))


def test_a_process_that_is_gone_has_no_metrics(both, proc):
    def of_another(library):
        return library.ProcessCollector(proc=str(proc), pid=lambda: 7, registry=None).collect()

    both.agree(of_another)


class Jython:
    """The module `platform` as Jython has it."""

    def python_version_tuple(self):
        return "2", "7", "1"

    def python_version(self):
        return "2.7.1"

    def python_implementation(self):
        return "Jython"

    def system(self):
        return "Java"

    def java_ver(self):
        return "1.8", "", ("vm", "release", "vendor"), ("os", "", "")


@pytest.mark.parametrize("platform", [None, Jython()])
def test_the_platform_is_described_alike(both, platform):
    def describe(library):
        return library.PlatformCollector(registry=None, platform=platform).collect()

    both.agree(describe)


def test_the_garbage_collector_is_described_alike(both):
    def names(library):
        registry = library.CollectorRegistry()
        collector = library.GCCollector(registry)
        return [
            (family.name, family.documentation, family.type, [s[:2] for s in family.samples])
            for family in collector.collect()
        ], len(registry._collector_to_names)

    both.agree(names)


@pytest.mark.parametrize("name", ["GC_COLLECTOR", "PLATFORM_COLLECTOR", "PROCESS_COLLECTOR"])
def test_the_default_registry_has_its_collectors(both, name):
    def is_registered(library):
        return getattr(library, name) in library.REGISTRY._collector_to_names

    assert both.agree(is_registered)
