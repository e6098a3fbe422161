"""Values of several processes, in the real prometheus_client's files: the same files by both."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

OURS = "mephisto_metrics.prometheus_client"
REAL = "prometheus_client"
REFERENCE_FOLDER = Path(sys.prefix, "reference")
# The release that is compared with, and the one that is installed beside ours.
RELEASES = {"reference": str(REFERENCE_FOLDER), "installed": ""}

STRICT = ["-W", "error::RuntimeWarning", "-W", "ignore:mephisto_metrics is a debug build"]
"""Warnings are errors, except the one that a quick build gives at each import."""

LIBRARY = """
    import importlib, json, os, sys, time, warnings
    package, number, form = sys.argv[1:]
    if number:
        # In names of files and in labels, so the same for both.
        os.getpid = lambda: int(number)
        time.time = lambda: 1600000000.0 + int(number)
    if form == "run time":
        folder = os.environ.pop("PROMETHEUS_MULTIPROC_DIR")
    library = importlib.import_module(package)
    importlib.import_module(f"{package}.core")
    values = importlib.import_module(f"{package}.values")
    if form == "run time":
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        values.ValueClass = values.MultiProcessValue(lambda: int(number))
    Counter, Gauge, Histogram = library.Counter, library.Gauge, library.Histogram
    Summary, Enum, Info = library.Summary, library.Enum, library.Info
    registry = library.CollectorRegistry()
    def show(value): print(json.dumps(value))
"""

WORK = """
    jobs = Counter("jobs", "Jobs", ["zone"], "space", "system", registry=registry)
    jobs.labels("a").inc()
    jobs.labels(zone='b"é').inc(2.5, exemplar={"trace": "1"})
    with jobs.labels("a").count_exceptions(KeyError):
        jobs.labels("a").inc(3)
    try:
        with jobs.labels("a").count_exceptions(KeyError):
            {}["a"]
    except KeyError:
        pass
    plain = Counter("plain_total", "", unit="seconds", registry=registry)
    plain.inc(4)
    # The release that Mephisto pins has no `reset`.
    getattr(plain, "reset", lambda: plain._value.set(0))()
    plain.inc(int(number))

    modes = importlib.import_module("prometheus_client").Gauge._MULTIPROC_MODES
    for mode in sorted(modes):
        gauge = Gauge(f"depth_{mode}", "Depth", ["x"], registry=registry, multiprocess_mode=mode)
        gauge.labels(1).set(int(number))
        if "mostrecent" not in mode:
            gauge.labels(2).inc(5)
            gauge.labels(2).dec(0.5)
            with gauge.labels(1).track_inprogress():
                gauge.labels(2).set_to_current_time()
    Gauge("given", "", registry=registry).set_function(lambda: 7)

    sizes = Summary("sizes", "Sizes", registry=registry)
    sizes.observe(2)
    sizes.observe(-1.5)
    seconds = Histogram("seconds", "T", ["m"], registry=registry, buckets=["0.5", 1, 4])
    for amount in (0.25, 0.5, 3, 100, float("nan")):
        seconds.labels("GET").observe(amount, {"trace": "1"})
    Histogram("negative", "T", registry=registry, buckets=[-1, 1]).observe(-3)
    Histogram("default", "T", registry=registry).observe(0.3)
    Info("build", "", registry=registry).info({"version": "1"})
    Enum("task", "", states=["on", "off"], registry=registry).state("off")
    show(library.generate_latest(registry).decode())
"""

COLLECT = """
    import glob
    find = glob.glob
    glob.glob = lambda pattern: sorted(find(pattern))
    importlib.import_module(f"{package}.multiprocess").MultiProcessCollector(registry)
    show(library.generate_latest(registry).decode())
"""


@pytest.fixture
def run(tmp_path):
    """Return what runs code in a process with values in a folder, and gives the JSON it printed."""

    def run(library, code, *, folder="values", number="", form="import", release="reference"):
        directory = tmp_path / folder
        directory.mkdir(exist_ok=True)
        environment = {
            **os.environ,
            "PROMETHEUS_MULTIPROC_DIR": str(directory),
            "PROMETHEUS_DISABLE_CREATED_SERIES": "true",
            "PYTHONPATH": RELEASES[release],
        }
        script = textwrap.dedent(LIBRARY) + textwrap.dedent(code)
        result = subprocess.run(
            [sys.executable, *STRICT, "-c", script, library, number, form],
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert result.returncode == 0, result.stderr
        return [json.loads(line) for line in result.stdout.splitlines()]

    return run


@pytest.fixture
def files(tmp_path):
    """Return what reads the files of a folder of values."""

    def files(folder="values"):
        return {path.name: path.read_bytes() for path in sorted((tmp_path / folder).iterdir())}

    return files


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("form", ["import", "run time"])
def test_the_same_calls_make_the_same_files_and_expositions(run, files, form, release):
    for library in (OURS, REAL):
        options = {"folder": library, "form": form, "release": release}
        in_process = [run(library, WORK, number=number, **options) for number in ("11", "12")]
        collected = run(library, COLLECT, folder=library, release=release)
        if library == OURS:
            ours = in_process, collected
    assert files(OURS) == files(REAL)
    assert "gauge_livesum_12.db" in files(OURS)
    if release == "reference":
        assert ours == (in_process, collected)


def test_workers_of_both_libraries_share_a_folder(run, files):
    for folder, others in (("mixed", OURS), ("real", REAL)):
        run(REAL, WORK, folder=folder, number="11")
        run(others, WORK, folder=folder, number="12")
    assert files("mixed") == files("real")
    (mixed,), (real,) = (run(library, COLLECT, folder="mixed") for library in (OURS, REAL))
    assert mixed == real
    assert "\nplain_seconds_total 23.0\n" in mixed


BOTH = """
    real = importlib.import_module("prometheus_client")
    Counter("ours", "", registry=registry).inc(1)
    real.Counter("theirs", "", registry=None).inc(2)
    Counter("ours_too", "", registry=registry).inc(3)
    registry = library.CollectorRegistry()
"""


def test_both_libraries_in_one_process_share_its_files(run):
    (text,) = run(OURS, BOTH + COLLECT)
    assert "\nours_total 1.0\n" in text
    assert "\ntheirs_total 2.0\n" in text
    assert "\nours_too_total 3.0\n" in text


def alike(run, code, **options):
    """Run code with both libraries, assert that it prints the same, and return that."""
    ours = run(OURS, code, folder="ours", **options)
    assert ours == run(REAL, code, folder="real", **options)
    return ours


FORKS = """
    counter = Counter("jobs", "", ["zone"], registry=registry)
    gauge = Gauge("depth", "", registry=registry, multiprocess_mode="liveall")
    counter.labels("a").inc(5)
    gauge.set(1)
    child = os.fork()
    if child == 0:
        counter.labels("a").inc(2)
        counter.labels("b").inc(3)
        gauge.set(2)
        show(registry.get_sample_value("jobs_total", {"zone": "a"}))
        sys.stdout.flush()
        os._exit(0)
    os.waitpid(child, 0)
    show(registry.get_sample_value("jobs_total", {"zone": "a"}))
    multiprocess = importlib.import_module(f"{package}.multiprocess")
    together = library.CollectorRegistry()
    multiprocess.MultiProcessCollector(together)
    def read(name, **labels): show(together.get_sample_value(name, labels))
    read("jobs_total", zone="a")
    read("jobs_total", zone="b")
    read("depth", pid=str(child))
    multiprocess.mark_process_dead(child)
    read("depth", pid=str(child))
    read("depth", pid=str(os.getpid()))
"""


def test_a_forked_child_begins_at_zero_in_files_of_its_own(run):
    assert alike(run, FORKS) == [2.0, 5.0, 7.0, 3.0, 2.0, None, 1.0]


SUBCLASSES = """
    class Base(Counter):
        kinds = []
        def __init_subclass__(cls, kind, **options):
            super().__init_subclass__(**options)
            cls.kinds.append(kind)

    class Doubled(Base, kind="doubled"):
        def __init__(self, name, documentation, labelnames=(), namespace="of_class", **options):
            self.given = namespace
            super().__init__(name, documentation, labelnames, namespace, **options)
        def inc(self, amount=1):
            super().inc(2 * amount)

    class Slotted(Gauge):
        __slots__ = ("more",)
        def set(self, value):
            self.more = value
            Gauge.set(self, value + 1)

    doubled = Doubled("jobs", "", ["zone"], namespace="n", registry=registry)
    doubled.labels("a").inc(3)
    Counter.inc(Counter.labels(doubled, "a"), 1)
    slotted = Slotted("depth", "", registry=registry)
    slotted.set(3)
    child = doubled.labels("a")
    show([isinstance(child, Doubled), child.given, Base.kinds, child is doubled.labels(zone="a")])
    show([child._value.get(), child._name, child._labelnames, child._labelvalues, slotted.more])
    show([repr(metric).replace(package, "P") for metric in (child, slotted, Counter("c", ""))])
    show([hasattr(doubled, "_value"), hasattr(child, "_metrics"), list(doubled._metrics)])
    show(library.generate_latest(registry).decode())
"""


def test_classes_of_users_keep_their_values_in_files(run):
    shown = alike(run, SUBCLASSES)
    assert shown[0] == [True, "n", ["doubled"], True]
    assert shown[1][0] == 7


ERRORS = """
    labelled = Counter("jobs", "", ["zone"], registry=registry)
    recent = Gauge("recent", "", registry=registry, multiprocess_mode="mostrecent")
    def tell(action):
        try:
            show(action())
        except Exception as error:
            show(type(error).__name__)
    tell(lambda: labelled.inc())
    tell(lambda: labelled.labels())
    tell(lambda: labelled.labels("a").labels("b"))
    tell(lambda: labelled.labels("a").inc(-1))
    tell(lambda: labelled.labels("a").inc("b"))
    tell(lambda: labelled.labels("a").inc(1, {"trace": "x" * 129}))
    tell(lambda: recent.inc())
    tell(lambda: recent.dec())
    for count in range(6):
        tell(lambda: recent.labels(*["a"] * count))
        tell(lambda: labelled.labels(*["a"] * count)._name)
    tell(lambda: Counter("jobs", "", registry=registry))
    tell(lambda: Counter("a", "", ["__b"], registry=registry))
    tell(lambda: Gauge("a", "", registry=registry, multiprocess_mode="most"))
    tell(lambda: Histogram("a", "", registry=registry, buckets=[2, 1]))
    tell(lambda: Histogram("a", "", registry=registry, buckets=[]))
    tell(lambda: Summary("a", "", ["quantile"], registry=registry))
    show(library.generate_latest(registry).decode())
"""


def test_what_is_refused_is_refused_alike(run):
    assert {"ValueError", "TypeError", "RuntimeError"} <= set(alike(run, ERRORS))


REMOVALS = """
    metrics = [
        Counter("jobs", "", ["zone"], registry=registry),
        Info("build", "", ["zone"], registry=registry),
    ]
    def warned(action):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            action()
        show([[str(one.message), one.category.__name__] for one in caught])
    for metric in metrics:
        for zone in "abc":
            metric.labels(zone)
        warned(lambda: metric.remove("a"))
        warned(lambda: metric.remove_by_labels({"zone": "b"}))
        show(list(metric._metrics))
        warned(lambda: metric.clear())
        show(list(metric._metrics))
    metrics[0].labels("a").inc(3)
    metrics[0].remove("a")
    metrics[0].labels("a").inc(4)
    show(registry.get_sample_value("jobs_total", {"zone": "a"}))
    warned(lambda: Counter("plain", "").clear())
"""


def test_removing_children_leaves_them_in_the_files_and_warns(run):
    shown = alike(run, REMOVALS)
    assert "Removal of labels has not been implemented" in shown[0][0][0]
    assert shown[-2] == 7


TIMES = """
    from mephisto_metrics import timed
    histogram = Histogram("h", "", ["m"], registry=registry, native_histogram_bucket_factor=1.1)
    summary = Summary("s", "", registry=registry)

    @timed(histogram, m=lambda name: name)
    def chosen(name): ...

    @timed(histogram)
    def named(): ...

    @summary.time()
    def decorated(): ...

    chosen("x")
    named()
    decorated()
    with timed(histogram, m="block"), summary.time():
        pass
    with histogram.time() as timer:
        timer.labels("late")
    counts = [histogram.labels(m)._get()[0][-1] for m in ("x", "named", "block", "late")]
    show([counts, summary._count.get(), histogram.labels("x").quantile(0.5)])
"""


def test_times_are_observed_into_files(run):
    assert run(OURS, TIMES) == [[[1, 1, 1, 1], 2, 0.0025]]


LIMITS = """
    import copy
    gauge = Gauge("depth", "", ["x"], registry=registry)
    gauge.limit_series(2)
    for x in range(4):
        gauge.labels(x).inc(x)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gauge.drop_zero_series(after_seconds=0)
    gauge.labels(1)._take_to_zero(5)
    copy.copy(gauge.labels(0)).set(9)
    show([gauge.overflow_count, [str(one.message) for one in caught]])
    show([[child._labelvalues, child._value.get()] for child in gauge._metrics.values()])
"""


def test_what_is_beyond_the_original_goes_as_far_as_files_let_it(run):
    limits, children = run(OURS, LIMITS)
    assert limits == [2, ["series in files stay: those of gauge:depth at zero are not dropped"]]
    assert children == [[["0"], 9], [["1"], 0], [["overflow"], 5]]


SWITCHED = """
    class Noted(values.MutexValue):
        names = []
        def __init__(self, typ, metric_name, name, *rest, **options):
            super().__init__(typ, metric_name, name, *rest, **options)
            self.names.append(name)
    before = Counter("before", "", registry=registry)
    values.ValueClass = Noted
    parent = Histogram("seconds", "", ["x"], registry=registry, buckets=[1])
    parent.labels("a").observe(0.5, {"trace": "1"})
    values.ValueClass = values.MutexValue
    parent.labels("b").observe(2)
    before.inc()
    show([Noted.names, parent.labels("a")._buckets[0].get_exemplar()[:2]])
    show(library.generate_latest(registry).decode())
"""


def test_any_other_class_of_values_serves_for_the_metrics_made_while_it_is_set(run):
    (names, exemplar), _ = alike(run, SWITCHED)
    assert names == ["seconds_sum", "seconds_bucket", "seconds_bucket"]
    assert exemplar == [{"trace": "1"}, 0.5]


def test_a_mode_that_the_installed_release_has_not_is_refused(run):
    code = """
        real = importlib.import_module("prometheus_client")
        real.Gauge._MULTIPROC_MODES = frozenset(["all"])
        Gauge("a", "", registry=registry)
        try:
            Gauge("b", "", ["x"], registry=registry, multiprocess_mode="livesum")
        except ValueError as error:
            show(str(error))
    """
    (message,) = run(OURS, code)
    assert message.startswith("Invalid multiprocess mode: livesum")
    assert "installed has all" in message


@pytest.mark.parametrize("variable", ["PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir"])
def test_without_the_real_prometheus_client_a_warning_says_what_to_install(tmp_path, variable):
    code = f"""
        import json, sys, warnings
        sys.modules["prometheus_client"] = None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            from {OURS} import REGISTRY, Counter
        Counter("jobs", "").inc()
        messages = [str(one.message) for one in caught if "{variable}" in str(one.message)]
        print(json.dumps([REGISTRY.get_sample_value("jobs_total"), messages]))
    """
    output = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, variable: str(tmp_path)},
        check=True,
        capture_output=True,
        timeout=120,
    ).stdout
    value, (message,) = json.loads(output)
    assert value == 1
    assert message.startswith(f"{variable} is set, but values stay in memory")
    assert "pip install prometheus-client" in message
    assert "push_to_gateway" in message
    assert list(tmp_path.iterdir()) == []
