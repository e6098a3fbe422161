"""What this process takes of the machine: memory, processor time, file descriptors."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Callable

from mephisto_metrics.prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from mephisto_metrics.prometheus_client.registry import REGISTRY, Collector, CollectorRegistry

DEFAULT_TICKS_PER_SECOND = 100.0
DEFAULT_PAGE_SIZE_BYTES = 4096

# The places of fields of /proc/<pid>/stat (proc(5)), counted behind the name in parentheses.
UTIME_TICKS, STIME_TICKS, START_TIME_TICKS, VIRTUAL_MEMORY_BYTES, RESIDENT_PAGES = (
    11,
    12,
    19,
    20,
    21,
)


class ProcessCollector(Collector):
    """Shows the process `pid()` as `/proc` describes it; nothing where there is no `/proc`.

    The names begin with `process_`, behind `namespace` if there is one.
    """

    def __init__(
        self,
        namespace: str = "",
        pid: Callable[[], int | str] = lambda: "self",
        proc: str = "/proc",
        registry: CollectorRegistry | None = REGISTRY,
    ) -> None:
        self._namespace = namespace
        self._pid = pid
        self._proc = proc
        self._prefix = f"{namespace}_process_" if namespace else "process_"
        self._ticks = _system_value("SC_CLK_TCK", DEFAULT_TICKS_PER_SECOND)
        self._pagesize = _system_value("SC_PAGE_SIZE", DEFAULT_PAGE_SIZE_BYTES)
        self._btime = self._boot_time()
        if registry:
            registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """Return the families that can be read: not all are, of another user's process."""
        if not self._btime:
            return []
        folder = Path(self._proc, str(self._pid()).strip())
        families: list[Metric] = []
        for read in (self._usage, self._descriptors):
            try:
                families += read(folder)
            except OSError:
                continue
        return families

    def _usage(self, folder: Path) -> list[Metric]:
        fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
        started = float(fields[START_TIME_TICKS]) / self._ticks + self._btime
        processor_ticks = float(fields[UTIME_TICKS]) + float(fields[STIME_TICKS])
        return [
            self._gauge(
                "virtual_memory_bytes",
                "Virtual memory size in bytes.",
                float(fields[VIRTUAL_MEMORY_BYTES]),
            ),
            self._gauge(
                "resident_memory_bytes",
                "Resident memory size in bytes.",
                float(fields[RESIDENT_PAGES]) * self._pagesize,
            ),
            self._gauge(
                "start_time_seconds",
                "Start time of the process since unix epoch in seconds.",
                started,
            ),
            CounterMetricFamily(
                f"{self._prefix}cpu_seconds_total",
                "Total user and system CPU time spent in seconds.",
                value=processor_ticks / self._ticks,
            ),
        ]

    def _descriptors(self, folder: Path) -> list[Metric]:
        lines = (folder / "limits").read_bytes().splitlines()
        limit = next(line for line in lines if line.startswith(b"Max open file")).split()[3]
        return [
            self._gauge(
                "open_fds",
                "Number of open file descriptors.",
                len(os.listdir(folder / "fd")),  # noqa: PTH208 - names are all that is needed
            ),
            self._gauge("max_fds", "Maximum number of open file descriptors.", float(limit)),
        ]

    def _gauge(self, name: str, documentation: str, value: float) -> Metric:
        return GaugeMetricFamily(self._prefix + name, documentation, value)

    def _boot_time(self) -> float:
        """Return when the machine started, in seconds since the epoch; 0 where nothing tells."""
        try:
            lines = Path(self._proc, "stat").read_bytes().splitlines()
        except OSError:
            return 0
        return next((float(line.split()[1]) for line in lines if line.startswith(b"btime ")), 0)


def _system_value(name: str, default: float) -> float:
    try:
        return os.sysconf(name)
    except (ValueError, AttributeError, OSError):
        return default


PROCESS_COLLECTOR = ProcessCollector()
"""The collector in the default registry."""
