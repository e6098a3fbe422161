"""The substitution, over a Mephisto of a few lines: the real one is in `tests/e2e`."""

from __future__ import annotations

from typing import Any


def test_modules_of_mephisto_get_our_metrics_and_nobody_else_does(small_mephisto: Any) -> None:
    assert small_mephisto.answer(
        """
        mephisto_metrics.install()
        import mephisto.data as data, prometheus_client
        print(json.dumps({
            "mephisto": type(data.COUNTER) is mephisto_metrics.Counter,
            "in a function": data.imports_later() is mephisto_metrics.Counter,
            "submodule": data.TOP.utils.__name__,
            "user": prometheus_client.Counter.__module__,
            "INF": data.INF == float("inf"),
        }))
        """,
    ) == {
        "mephisto": True,
        "in a function": True,
        "submodule": "mephisto_metrics.prometheus_client.utils",
        "user": "prometheus_client",
        "INF": True,
    }


def test_what_the_drop_in_hands_on_is_the_real_thing(small_mephisto: Any) -> None:
    assert small_mephisto.answer(
        """
        mephisto_metrics.install()
        import mephisto.data as data
        print(json.dumps([data.Summary is mephisto_metrics.Summary, data.ORIGIN]))
        """,
    ) == [True, "real"]


def test_loaders_and_files_stay_what_they_were(small_mephisto: Any) -> None:
    assert small_mephisto.answer(
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


def test_the_stand_in_is_a_submodule_that_can_be_patched(small_mephisto: Any) -> None:
    assert small_mephisto.answer(
        """
        from unittest import mock
        mephisto_metrics.install()
        import mephisto
        with mock.patch("mephisto.utils.metrics.start_metrics_server") as patched:
            mephisto.utils.metrics.start_metrics_server()
        print(json.dumps([mephisto.utils.metrics.__name__, patched.called, len(targets())]))
        """,
    ) == ["mephisto.utils.metrics", True, 0]


def test_where_there_can_be_no_home_the_names_of_folders_are_empty(small_mephisto: Any) -> None:
    assert (
        small_mephisto.answer(
            """
        mephisto_metrics.install()
        from mephisto.utils import metrics
        print(json.dumps([getattr(metrics, name) for name in (
            "METRICS_DIR", "PROMETHEUS_DIR", "PROMETHEUS_EXECUTABLE", "GRAFANA_DIR",
            "GRAFANA_EXECUTABLE",
        )]))
        """,
            MEPHISTO_METRICS_HOME="~nosuch/x",
        )
        == [""] * 5
    )


def test_gauges_of_objects_in_the_database_stop_at_zero_and_others_do_not(
    small_mephisto: Any,
) -> None:
    text = small_mephisto.answer(
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


def test_series_of_workers_that_are_zero_for_long_are_dropped(small_mephisto: Any) -> None:
    assert small_mephisto.answer(
        """
        import dataclasses
        from mephisto_metrics.mephisto import families
        name = "active_workers"
        family = dataclasses.replace(families.BY_NAME[name], zero_series_lifetime_seconds=0)
        families.BY_NAME[name] = family
        mephisto_metrics.install()
        import mephisto.data as data
        def workers():
            lines = mephisto_metrics.generate_latest().decode().splitlines()
            return [line.split("worker_id=")[1] for line in lines if line.startswith(name)]
        gone, here = (data.WORKERS.labels(worker_id=id, agent_type="main") for id in "12")
        gone.inc()
        here.inc()
        data.THREADS.labels(thread_type="unit")
        both = workers()
        gone.dec()
        for exposition in range(3):
            one = workers()
        data.WORKERS.labels(worker_id="1", agent_type="main").inc()
        again = workers()
        threads = 'task_runner_thread_count{thread_type="unit"} 0.0'
        kept = threads in mephisto_metrics.generate_latest().decode()
        print(json.dumps([both, one, sorted(again), kept]))
        """,
    ) == [['"1"} 1.0', '"2"} 1.0'], ['"2"} 1.0'], ['"1"} 1.0', '"2"} 1.0'], True]


def test_workers_without_end_share_one_series_beyond_the_limit(small_mephisto: Any) -> None:
    assert small_mephisto.answer(
        """
        from mephisto_metrics.mephisto import families
        mephisto_metrics.install()
        import mephisto.data as data
        limit = families.BY_NAME["active_workers"].series_limit
        for worker in range(limit + 3):
            data.WORKERS.labels(worker_id=worker, agent_type="main").inc()
        lines = mephisto_metrics.generate_latest().decode().splitlines()
        overflow = 'active_workers{agent_type="overflow",worker_id="overflow"} 3.0'
        shown = [line for line in lines if line.startswith("active_workers{")]
        print(json.dumps([limit, len(shown), overflow in shown]))
        """,
    ) == [10_000, 10_001, True]


def test_buckets_are_added_to_histograms_of_mephisto_alone(small_mephisto: Any) -> None:
    text = small_mephisto.answer(
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


def test_installing_twice_changes_nothing(small_mephisto: Any) -> None:
    assert small_mephisto.answer(
        """
        mephisto_metrics.install()
        before = list(sys.meta_path)
        mephisto_metrics.install()
        import mephisto
        mephisto_metrics.install()
        print(json.dumps(sys.meta_path == before))
        """,
    )


def test_installing_after_mephisto_says_what_to_do(small_mephisto: Any) -> None:
    (small_mephisto.folder / "site/mephisto/utils/metrics.py").write_text(
        "start_metrics_server = launch_prometheus_server = shutdown_prometheus_server = print"
    )
    result = small_mephisto.run("import mephisto; mephisto_metrics.install()")

    assert result.returncode == 1
    assert "TooLateError: mephisto is already imported (mephisto.data" in result.stderr
    assert "before the first `import mephisto`" in result.stderr
