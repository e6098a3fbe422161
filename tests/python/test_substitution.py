"""The substitution, over a Mephisto of a few lines: the real one is in `tests/e2e`."""

from __future__ import annotations

from typing import Any


def test_modules_of_mephisto_get_our_metrics_and_nobody_else_does(small_mephisto: Any) -> None:
    assert small_mephisto.answer(
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


def test_what_the_drop_in_lacks_stays_the_real_thing(small_mephisto: Any) -> None:
    assert small_mephisto.answer(
        """
        mephisto_metrics.install()
        import mephisto.data as data
        print(json.dumps([data.Summary.__module__, data.ORIGIN]))
        """,
    ) == ["prometheus_client", "real"]


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
