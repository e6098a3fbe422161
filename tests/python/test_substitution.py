"""The substitution, over a Mephisto of a few lines: the real one is in `tests/e2e`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

FILES = {
    "prometheus_client/__init__.py": """
        class Metric:
            def __init__(self, *arguments, **options): pass
        Counter = Gauge = Histogram = Summary = Metric
        REGISTRY = None
        def generate_latest(registry=None): return b"the_users_own 1.0\\n"
        """,
    "prometheus_client/utils.py": "INF = float('inf')",
    "prometheus_client/twisted.py": "ORIGIN = 'real'",
    "mephisto/__init__.py": "import mephisto.data, mephisto.operations.operator",
    "mephisto/plain.py": "",
    "mephisto/data.py": """
        from prometheus_client import Counter, Gauge, Histogram, Summary
        from prometheus_client.utils import INF
        from prometheus_client.twisted import ORIGIN
        import prometheus_client.utils
        TOP = prometheus_client
        COUNTER = Counter("things", "Things", ["kind"])
        WORKERS = Gauge("active_workers", "Workers", ["worker_id", "agent_type"])
        THREADS = Gauge("task_runner_thread_count", "Threads", ["thread_type"])
        LATENCY = Histogram("database_latency_seconds", "Latency", ["method"])
        def imports_later():
            from prometheus_client import Counter
            return Counter
        """,
    "mephisto/utils/__init__.py": "",
    "mephisto/utils/metrics.py": "raise AssertionError('the original was executed')",
    "mephisto/operations/__init__.py": "",
    "mephisto/operations/operator.py": """
        from mephisto.utils.metrics import (
            launch_prometheus_server, shutdown_prometheus_server, start_metrics_server,
        )
        class Operator:
            def __init__(self):
                start_metrics_server()
            def launch_task_run(self, run_config, shared_state=None):
                return self.launch_task_run_or_die(run_config=run_config)
            def launch_task_run_or_die(self, run_config, shared_state=None):
                "Launch it."
                return "run 1"
        """,
}

PRELUDE = """
import json, sys, os, pathlib, types
import mephisto_metrics
def targets():
    folder = pathlib.Path(os.environ["MEPHISTO_METRICS_HOME"]) / "targets"
    return [json.loads(path.read_text())[0] for path in folder.glob("*.json")]
def config(**task):
    blueprint = types.SimpleNamespace(_blueprint_type="mock")
    return types.SimpleNamespace(task=task, blueprint=blueprint)
"""


@pytest.fixture
def small_mephisto(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    return tmp_path


def run(folder: Path, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder / "site"), os.environ.get("PYTHONPATH", "")]),
        "PYTHONWARNINGS": "ignore",
        "MEPHISTO_METRICS_OFF": "1",
        "MEPHISTO_METRICS_HOME": str(folder / "home"),
        "MEPHISTO_METRICS_PORT": "0",
        **environment,
    }
    command = [sys.executable, "-c", PRELUDE + textwrap.dedent(code)]
    return subprocess.run(
        command, env=variables, check=False, capture_output=True, text=True, timeout=60
    )


def answer(folder: Path, code: str, **environment: str) -> Any:
    result = run(folder, code, **environment)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_modules_of_mephisto_get_our_metrics_and_nobody_else_does(small_mephisto: Path) -> None:
    assert answer(
        small_mephisto,
        """
        mephisto_metrics.install()
        import mephisto.data as data, prometheus_client
        print(json.dumps({
            "mephisto": type(data.COUNTER).__module__,
            "in a function": data.imports_later() is mephisto_metrics.Counter,
            "submodule": data.TOP.utils.__name__,
            "user": prometheus_client.Counter.__module__,
            "INF": data.INF == float("inf"),
        }))
        """,
    ) == {
        "mephisto": "mephisto_metrics",
        "in a function": True,
        "submodule": "mephisto_metrics.prometheus_client.utils",
        "user": "prometheus_client",
        "INF": True,
    }


def test_what_the_drop_in_lacks_stays_the_real_thing(small_mephisto: Path) -> None:
    assert answer(
        small_mephisto,
        """
        mephisto_metrics.install()
        import mephisto.data as data
        print(json.dumps([data.Summary.__module__, data.ORIGIN]))
        """,
    ) == ["prometheus_client", "real"]


def test_loaders_and_files_stay_what_they_were(small_mephisto: Path) -> None:
    assert answer(
        small_mephisto,
        """
        import importlib.machinery
        mephisto_metrics.install()
        import mephisto.data as data, mephisto.plain as plain, builtins
        print(json.dumps([
            type(data.__loader__) is importlib.machinery.SourceFileLoader,
            data.__file__.endswith("mephisto/data.py"),
            vars(plain)["__builtins__"] is vars(builtins),
        ]))
        """,
    ) == [True, True, True]


def test_the_stand_in_is_a_submodule_that_can_be_patched(small_mephisto: Path) -> None:
    assert answer(
        small_mephisto,
        """
        from unittest import mock
        mephisto_metrics.install()
        import mephisto
        with mock.patch("mephisto.utils.metrics.start_metrics_server") as patched:
            mephisto.utils.metrics.start_metrics_server()
        print(json.dumps([mephisto.utils.metrics.__name__, patched.called, len(targets())]))
        """,
    ) == ["mephisto.utils.metrics", True, 0]


def test_gauges_of_objects_in_the_database_stop_at_zero_and_others_do_not(
    small_mephisto: Path,
) -> None:
    text = answer(
        small_mephisto,
        """
        mephisto_metrics.install()
        import mephisto.data as data
        child = data.WORKERS.labels(worker_id="1", agent_type="main")
        child.dec()
        data.WORKERS.labels("1", "main").inc()
        data.WORKERS.labels(worker_id="2", agent_type="main").dec()
        data.THREADS.labels(thread_type="unit").dec()
        print(json.dumps(mephisto_metrics.generate_latest().decode()))
        """,
    )
    assert 'active_workers{agent_type="main",worker_id="1"} 1.0' in text
    assert 'active_workers{agent_type="main",worker_id="2"} 0.0' in text
    assert 'task_runner_thread_count{thread_type="unit"} -1.0' in text


def test_buckets_are_added_to_histograms_of_mephisto_alone(small_mephisto: Path) -> None:
    text = answer(
        small_mephisto,
        """
        mephisto_metrics.install()
        import mephisto.data as data
        data.LATENCY.labels(method="get_unit").observe(0.0001)
        mephisto_metrics.Histogram("external_function_latency", "The user's own").observe(1)
        print(json.dumps(mephisto_metrics.generate_latest().decode()))
        """,
    )
    assert 'database_latency_seconds_bucket{le="0.0001",method="get_unit"} 1.0' in text
    assert 'database_latency_seconds_bucket{le="0.005",method="get_unit"} 1.0' in text
    assert 'external_function_latency_bucket{le="0.005"}' in text
    assert 'external_function_latency_bucket{le="0.001"}' not in text


def test_installing_twice_changes_nothing(small_mephisto: Path) -> None:
    assert answer(
        small_mephisto,
        """
        mephisto_metrics.install()
        before = list(sys.meta_path)
        mephisto_metrics.install()
        import mephisto
        mephisto_metrics.install()
        print(json.dumps(sys.meta_path == before))
        """,
    )


def test_installing_after_mephisto_says_what_to_do(small_mephisto: Path) -> None:
    (small_mephisto / "site/mephisto/utils/metrics.py").write_text(
        "start_metrics_server = launch_prometheus_server = shutdown_prometheus_server = print"
    )
    result = run(small_mephisto, "import mephisto; mephisto_metrics.install()")

    assert result.returncode == 1
    assert "TooLateError: mephisto is already imported (mephisto.data" in result.stderr
    assert "before the first `import mephisto`" in result.stderr


def test_operators_of_one_process_share_one_announcement_until_the_last_ends(
    small_mephisto: Path,
) -> None:
    assert answer(
        small_mephisto,
        """
        mephisto_metrics.install()
        from mephisto.operations.operator import Operator, shutdown_prometheus_server
        counts = []
        for step in (Operator, Operator, shutdown_prometheus_server, shutdown_prometheus_server,
                     shutdown_prometheus_server, Operator):
            step()
            counts.append([target["targets"] for target in targets()])
        first = counts[0]
        print(json.dumps([found == first if found else None for found in counts]))
        """,
    ) == [True, True, True, None, None, True]


def test_the_announcement_learns_the_name_of_each_launched_task(small_mephisto: Path) -> None:
    assert answer(
        small_mephisto,
        """
        mephisto_metrics.install()
        from mephisto.operations.operator import Operator
        operator = Operator()
        names = [targets()[0]["labels"].get("task_name")]
        for launch in (operator.launch_task_run, operator.launch_task_run_or_die):
            assert launch(config(task_name="mine")) == "run 1"
        operator.launch_task_run_or_die(run_config=config(), shared_state=None)
        operator.launch_task_run_or_die("a configuration that has no task")
        names.append(targets()[0]["labels"]["task_name"])
        print(json.dumps([*names, Operator.launch_task_run_or_die.__doc__]))
        """,
    ) == [None, "mine,mock", "Launch it."]


def test_an_operator_that_ends_is_no_longer_announced(small_mephisto: Path) -> None:
    code = """
        mephisto_metrics.install()
        from mephisto.operations.operator import Operator
        Operator()
        print(json.dumps(len(targets())))
        """
    assert answer(small_mephisto, code) == 1
    assert list((small_mephisto / "home" / "targets").iterdir()) == []


def test_the_users_own_metrics_are_in_the_same_exposition(small_mephisto: Path) -> None:
    assert "the_users_own 1.0" in answer(
        small_mephisto,
        """
        import urllib.request
        mephisto_metrics.install()
        from mephisto.operations.operator import Operator
        Operator()
        with urllib.request.urlopen("http://%s/metrics" % targets()[0]["targets"][0]) as page:
            print(json.dumps(page.read().decode()))
        """,
    )


def test_the_next_free_port_is_taken(small_mephisto: Path) -> None:
    code = """
        import socket
        from mephisto_metrics.mephisto import serving
        held = socket.create_server(("127.0.0.1", 0))
        port = held.getsockname()[1]
        os.environ["MEPHISTO_METRICS_PORT"] = str(port)
        serving.add_operator()
        taken = int(targets()[0]["targets"][0].rpartition(":")[2])
        print(json.dumps(port < taken < port + serving.PORTS_TRIED))
        """
    assert answer(small_mephisto, code)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("MEPHISTO_METRICS_PORT", "many", "MEPHISTO_METRICS_PORT is 'many': expected a port"),
        ("MEPHISTO_METRICS_HOME", "/dev/null/home", "the metrics of this Operator are not served"),
    ],
)
def test_a_fault_is_one_warning_and_the_operator_goes_on(
    small_mephisto: Path, variable: str, value: str, said: str
) -> None:
    result = run(
        small_mephisto,
        """
        mephisto_metrics.install()
        from mephisto.operations.operator import Operator
        for _ in range(3):
            Operator().launch_task_run_or_die(config(task_name="mine"))
        """,
        **{variable: value},
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr.count(said) == 1
