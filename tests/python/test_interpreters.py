"""Forks, the end of the interpreter, and interpreters beside the main one."""

from __future__ import annotations

import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

PRELUDE = """
import os, sys, threading, urllib.request, warnings
warnings.simplefilter("ignore")
def fetch(address):
    with urllib.request.urlopen(address.url, timeout=20) as answer:
        return answer.read().decode()
def finish(pid):
    return os.WEXITSTATUS(os.waitpid(pid, 0)[1])
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PRELUDE + code]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


class Scraped:
    """A process with a server, which is scraped without a pause until it ends."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self._process = process
        self._url = url
        self._count = threading.Semaphore(0)
        self._scraper = threading.Thread(target=self._scrape)
        self._scraper.start()

    def _scrape(self) -> None:
        while self._process.poll() is None:
            try:
                with urllib.request.urlopen(self._url, timeout=20) as answer:
                    answer.read()
                self._count.release()
            except OSError:  # the server has ended: so will the process
                self._process.wait(60)

    def wait_for_scrapes(self, count: int) -> None:
        for _ in range(count):
            assert self._count.acquire(timeout=60), "no scrape"

    def finish(self) -> tuple[int, str, str]:
        """Let the process go on; return its status, its output and its errors."""
        output, errors = self._process.communicate("go on\n", timeout=60)
        self._scraper.join()
        return self._process.returncode, output, errors


@contextmanager
def scraped(code: str) -> Iterator[Scraped]:
    """Run code that serves at `address`, is scraped meanwhile, and goes on after `go_on()`."""
    start = """
import mephisto_metrics
counter = mephisto_metrics.Counter("events", "Events", ["kind"])
for kind in range(1000):
    counter.labels(str(kind)).inc()
address = mephisto_metrics.start_http_server(0)
def go_on():
    sys.stdin.readline()
print(address.url, flush=True)
"""
    command = [sys.executable, "-c", PRELUDE + start + code]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url, process.communicate(timeout=60)[1]
            yield Scraped(process, url)
        finally:
            process.kill()


# Forks -------------------------------------------------------------------------------------------


def test_a_forked_child_can_serve_for_itself_and_leaves_its_parents_server():
    result = run(
        """
import mephisto_metrics
counter = mephisto_metrics.Counter("events", "Events")
address = mephisto_metrics.start_http_server(0)
child = os.fork()
if child == 0:
    own = mephisto_metrics.start_http_server(0)
    assert own != address
    assert "events_total" in fetch(own)
    mephisto_metrics.stop_http_server(address)  # not the child's to stop
    sys.exit(7)
print(finish(child), "events_total 0.0" in fetch(address))
"""
    )
    assert result.stdout == "7 True\n", result.stderr
    assert result.stderr == ""


def test_children_forked_during_scrapes_end_in_order():
    code = """
statuses = set()
for round in range(20):
    child = os.fork()
    if child == 0:
        counter.labels("of the child").inc()
        sys.exit(7)
    statuses.add(finish(child))
go_on()
print(statuses, "events_total" in fetch(address))
"""
    with scraped(code) as process:
        process.wait_for_scrapes(1)
        assert process.finish() == (0, "{7} True\n", "")


@pytest.mark.parametrize("in_the_child", ["sys.exit(7)", "show(); os._exit(7)"])
def test_children_forked_while_a_thread_shows_metrics_end_in_order(in_the_child: str):
    result = run(
        f"""
import mephisto_metrics
gauge = mephisto_metrics.Gauge("depth", "Depth", ["n"])
gauge.drop_zero_series(600)
for n in range(2_000):
    gauge.labels(n).set(n % 2)
show = mephisto_metrics.generate_latest
def go_on_for_ever():
    while True:
        show()
threading.Thread(target=go_on_for_ever, daemon=True).start()
statuses = set()
for round in range(20):
    child = os.fork()
    if child == 0:
        {in_the_child}
    statuses.add(finish(child))
print(statuses)
"""
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "{7}\n", "")


@pytest.mark.parametrize("attempt", range(5))
def test_children_forked_while_a_thread_shows_metrics_first_end_in_order(attempt: int):
    # What the first showing makes for all others is made once in a process, hence several.
    result = run(
        f"""
import mephisto_metrics
show = mephisto_metrics.generate_latest
threading.Thread(target=show, daemon=True, name="{attempt}").start()
children = []
for round in range(20):
    child = os.fork()
    if child == 0:
        show()
        os._exit(7)
    children.append(child)
print(set(map(finish, children)))
"""
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "{7}\n", "")


def test_a_forked_child_starts_at_zero_and_its_parent_goes_on():
    result = run(
        """
import mephisto_metrics
from mephisto_metrics.prometheus_client import Summary
counter = mephisto_metrics.Counter("of_counter", "C", ["kind"]).labels("a")
gauge = mephisto_metrics.Gauge("of_gauge", "G", ["kind"]).labels("a")
histogram = mephisto_metrics.Histogram("of_histogram", "H")
summary = Summary("of_summary", "S")
def change():
    counter.inc(5)
    gauge.inc(5)
    histogram.observe(5)
    summary.observe(5)
def shown():
    lines = mephisto_metrics.generate_latest().decode().splitlines()
    values = [line for line in lines if line.startswith("of_") and "_created" not in line]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in values}
change()
before = shown()
child = os.fork()
if child == 0:
    at_zero = shown() == dict.fromkeys(before, 0.0)
    change()
    sys.exit(7 if at_zero and shown() == before else 1)
status = finish(child)
unchanged = shown() == before
change()
print(status, unchanged, shown() == {name: 2 * value for name, value in before.items()})
"""
    )
    assert result.stdout == "7 True True\n", result.stderr


def test_an_operator_in_a_forked_child_announces_itself_and_not_its_parent(small_mephisto: Any):
    assert small_mephisto.answer(
        """
        mephisto_metrics.install()
        from mephisto.operations.operator import Operator, shutdown_prometheus_server
        def pids():
            return sorted(int(target["labels"]["pid"]) for target in targets())
        Operator()
        alone = pids() == [os.getpid()]
        child = os.fork()
        if child == 0:
            shutdown_prometheus_server()
            kept = pids() == [os.getppid()]
            Operator()
            sys.exit(7 if kept and os.getpid() in pids() else 1)
        status = os.WEXITSTATUS(os.waitpid(child, 0)[1])
        print(json.dumps([alone, status, pids() == [os.getpid()]]))
        """
    ) == [True, 7, True]


# The end of the interpreter ----------------------------------------------------------------------


@pytest.mark.parametrize("end", ["", "sys.exit(0)", "raise SystemExit", "os._exit(0)"])
def test_a_process_ends_in_order_while_it_is_scraped(end: str):
    with scraped(f"go_on()\n{end}") as process:
        process.wait_for_scrapes(20)
        assert process.finish() == (0, "", "")


WORK = {
    "changing": "counter.labels('a').inc(); gauge.set(1); histogram.observe(1); function()",
    "timing": "exec('with histogram.time(): pass')",
    "showing": "mephisto_metrics.generate_latest()",
    "serving": "mephisto_metrics.stop_http_server(mephisto_metrics.start_http_server(0))",
}


@pytest.mark.parametrize("work", WORK.values(), ids=list(WORK))
def test_daemon_threads_that_work_on_at_the_end_do_not_disturb_it(work: str):
    result = run(
        f"""
import mephisto_metrics
counter = mephisto_metrics.Counter("events", "Events", ["kind"])
gauge = mephisto_metrics.Gauge("depth", "Depth")
histogram = mephisto_metrics.Histogram("wait_seconds", "Waiting")
function = mephisto_metrics.timed(histogram)(lambda: None)
started = threading.Barrier(5)
def go_on_for_ever():
    for count in range(2**62):
        {work}
        if count == 3:
            started.wait()
for _ in range(4):
    threading.Thread(target=go_on_for_ever, daemon=True).start()
started.wait()
"""
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_metrics_can_be_changed_and_shown_until_the_very_end():
    result = run(
        """
import atexit
atexit.register(lambda: print(mephisto_metrics.generate_latest().count(b"\\nevents_total 2.0")))
import mephisto_metrics
counter = mephisto_metrics.Counter("events", "Events")
atexit.register(counter.inc)
class Late:
    def __del__(self):
        counter.inc()
        print(mephisto_metrics.generate_latest().count(b"\\nevents_total 3.0"))
late = Late()
counter.inc()
"""
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "1\n1\n", "")


# Sub-interpreters --------------------------------------------------------------------------------

SUB_INTERPRETERS = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
def create(kind):
    if sys.version_info >= (3, 13):
        return interpreters.create(kind)
    return interpreters.create(isolated=kind == "isolated")
def try_to_import(kind):
    interpreter = create(kind)
    interpreters.run_string(interpreter, '''
try:
    import mephisto_metrics
except ImportError as error:
    print(error.name, "is refused:", error, flush=True)
else:
    print("is not refused", flush=True)
''')
    interpreters.destroy(interpreter)
"""
REFUSAL = (
    "mephisto_metrics is refused: mephisto_metrics works in the main interpreter of a process only"
)


@pytest.mark.parametrize("kind", ["legacy", "isolated"])
@pytest.mark.parametrize("first", ["main", "sub"])
def test_a_sub_interpreter_is_refused_and_the_main_one_goes_on(kind: str, first: str):
    result = run(
        SUB_INTERPRETERS
        + f"""
if {first!r} == "main":
    import mephisto_metrics
try_to_import({kind!r})
try_to_import({kind!r})
import mephisto_metrics
mephisto_metrics.Counter("events", "Events").inc()
print(mephisto_metrics.generate_latest().count(b"events_total 1.0"))
"""
    )
    assert result.returncode == 0, result.stderr
    one, other, last = result.stdout.splitlines()
    assert one.startswith(REFUSAL)
    assert "in a process of its own" in one
    assert (other, last) == (one, "1")


def test_a_mephisto_in_a_sub_interpreter_runs_as_it_is(small_mephisto: Any):
    """The finder of the `.pth` file finds that it cannot help, and says nothing."""
    site = small_mephisto.folder / "site"
    (site / "prometheus_client/__init__.py").write_text("Counter = 'the original'")
    (site / "mephisto/__init__.py").write_text("from prometheus_client import Counter")
    result = small_mephisto.run(
        """
        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters
        interpreter = interpreters.create()
        interpreters.run_string(interpreter, "import mephisto; print(mephisto.Counter)")
        interpreters.destroy(interpreter)
        """,
        MEPHISTO_METRICS_OFF="0",
    )
    assert (result.returncode, result.stdout) == (0, "the original\n"), result.stderr
