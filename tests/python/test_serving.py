"""What the Operators of a process share, over a Mephisto of a few lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_operators_of_one_process_share_one_announcement_until_the_last_ends(
    small_mephisto: Any,
) -> None:
    assert small_mephisto.answer(
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


def test_the_announcement_learns_the_name_of_each_launched_task(small_mephisto: Any) -> None:
    assert small_mephisto.answer(
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


MOMENTS = """
        import time
        from mephisto_metrics import REGISTRY
        def moment(name, **labels):
            return REGISTRY.get_sample_value(name, labels)
        mephisto_metrics.install()
        from mephisto.operations.operator import Operator, shutdown_prometheus_server
        from mephisto.operations.task_launcher import TaskLauncher
        begin = time.time()
        """


def test_an_operators_start_is_when_none_ran_before_it(small_mephisto: Any) -> None:
    assert small_mephisto.answer(
        MOMENTS
        + """
        starts = []
        for step in (Operator, Operator, shutdown_prometheus_server, shutdown_prometheus_server,
                     Operator):
            step()
            starts.append(moment("operator_start_time_seconds"))
        first, *_, last = starts
        assert begin <= first < last <= time.time()
        print(json.dumps([start == first for start in starts]))
        """,
    ) == [True, True, True, True, False]


def test_a_task_runs_launch_and_first_expiry_are_moments(small_mephisto: Any) -> None:
    assert (
        small_mephisto.answer(
            MOMENTS
            + """
        Operator().launch_task_run_or_die(config(task_name="mine"))
        launched = moment("task_run_launch_time_seconds", task="mine", task_run_id="run 1")
        task = types.SimpleNamespace(task_name="mine")
        run = types.SimpleNamespace(db_id="run 1", get_task=lambda: task)
        expiries = []
        for _ in range(2):
            assert TaskLauncher(run).expire_units() == "expired"
            name = "task_run_expiry_time_seconds"
            expiries.append(moment(name, task="mine", task_run_id="run 1"))
        assert begin <= launched <= expiries[0] == expiries[1] <= time.time()
        print(json.dumps(TaskLauncher.expire_units.__doc__))
        """,
        )
        == "Expire them."
    )


def test_what_is_not_known_of_a_task_run_breaks_neither_its_launch_nor_its_expiry(
    small_mephisto: Any,
) -> None:
    assert small_mephisto.answer(
        MOMENTS
        + """
        answers = [
            Operator().launch_task_run_or_die("a configuration that has no task"),
            TaskLauncher("no run").expire_units(),
        ]
        print(json.dumps(answers))
        """,
    ) == ["run 1", "expired"]


def test_an_operator_that_ends_is_no_longer_announced(small_mephisto: Any) -> None:
    code = """
        mephisto_metrics.install()
        from mephisto.operations.operator import Operator
        Operator()
        print(json.dumps(len(targets())))
        """
    assert small_mephisto.answer(code) == 1
    assert list((small_mephisto.folder / "home" / "targets").iterdir()) == []


def test_an_operator_writes_its_announcement_again_when_that_was_emptied(
    small_mephisto: Any,
) -> None:
    assert small_mephisto.answer(
        """
        mephisto_metrics.install()
        from mephisto.operations.operator import Operator, launch_prometheus_server
        from mephisto_metrics.stack import store
        store.ensure_recording = lambda: None
        Operator()
        before = targets()
        (path,) = (pathlib.Path(os.environ["MEPHISTO_METRICS_HOME"]) / "targets").iterdir()
        path.write_text("")
        launch_prometheus_server()
        print(json.dumps(targets() == before))
        """,
    )


def test_a_relative_home_stays_where_it_is_when_the_script_changes_its_folder(
    small_mephisto: Any, tmp_path: Path
) -> None:
    assert (
        small_mephisto.answer(
            f"""
        import subprocess
        begun_in = pathlib.Path({str(tmp_path)!r})
        os.chdir(begun_in)
        mephisto_metrics.install()
        from mephisto.operations.operator import Operator, launch_prometheus_server
        from mephisto_metrics.stack import store
        store.ensure_recording = lambda: None
        for name in ("first", "second"):
            os.mkdir(name)
            os.chdir(name)
            Operator().launch_task_run_or_die(config(task_name=name))
            launch_prometheus_server()
        code = "from mephisto_metrics.machine import places; print(places.home())"
        child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        announcements = [str(path) for path in begun_in.rglob("targets/*.json")]
        found = [*announcements, str(store.state_path()), child.stdout.strip()]
        print(json.dumps([os.path.relpath(path, begun_in).split("/")[0] for path in found]))
        """,
            MEPHISTO_METRICS_HOME="metrics",
        )
        == ["metrics"] * 3
    )


@pytest.mark.parametrize("chosen", ["", "~nosuch/x", "/dev/null/home"])
def test_a_home_that_is_not_relative_stays_as_it_was_set(small_mephisto: Any, chosen: str) -> None:
    code = """
        mephisto_metrics.install()
        print(json.dumps(os.environ["MEPHISTO_METRICS_HOME"]))
        """
    assert small_mephisto.answer(code, MEPHISTO_METRICS_HOME=chosen) == chosen


def test_the_users_own_metrics_are_in_the_same_exposition(small_mephisto: Any) -> None:
    assert "the_users_own 1.0" in small_mephisto.answer(
        """
        import urllib.request
        mephisto_metrics.install()
        from mephisto.operations.operator import Operator
        Operator()
        with urllib.request.urlopen("http://%s/metrics" % targets()[0]["targets"][0]) as page:
            print(json.dumps(page.read().decode()))
        """,
    )


def test_the_next_free_port_is_taken(small_mephisto: Any) -> None:
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
    assert small_mephisto.answer(code)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("MEPHISTO_METRICS_PORT", "many", "MEPHISTO_METRICS_PORT is 'many': expected a port"),
        ("MEPHISTO_METRICS_HOME", "/dev/null/home", "set MEPHISTO_METRICS_HOME to another folder"),
        ("MEPHISTO_METRICS_HOME", "~nosuch/x", "`~nosuch/x`, and there is no user `nosuch`; set"),
    ],
)
def test_a_fault_is_one_warning_and_the_operator_goes_on(
    small_mephisto: Any, variable: str, value: str, said: str
) -> None:
    result = small_mephisto.run(
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
