"""What is handed on to the real prometheus_client or to a web framework, and the environment."""

from __future__ import annotations

import asyncio
import importlib
import io
import json
import os
import socketserver
import subprocess
import sys
import textwrap
import threading

import pytest

PACKAGE = "mephisto_metrics.prometheus_client"
HANDED_ON = ["mmap_dict", "multiprocess", "openmetrics.parser"]


def run(code, **environment):
    """Run code in a process of its own, and return what it printed as JSON."""
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONWARNINGS": "ignore", **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("module", HANDED_ON)
def test_the_names_of_a_module_that_is_handed_on_are_the_real_ones(module):
    real = importlib.import_module(f"prometheus_client.{module}")
    ours = importlib.import_module(f"{PACKAGE}.{module}")
    own = {"text_string_to_metric_families", "text_fd_to_metric_families"}
    defined = {
        name
        for name, value in vars(real).items()
        if getattr(value, "__module__", "") == real.__name__
    }
    assert all(getattr(ours, name) is getattr(real, name) for name in defined - own)


class Custom:
    def __init__(self, *families):
        self.families = families

    def collect(self):
        return self.families


def filled(library):
    core = library.core
    registry = library.CollectorRegistry()
    counter = core.CounterMetricFamily("jobs", 'Jobs "done" \\ \n or not', labels=["zone"])
    counter.add_metric(['a"b\\c\nd'], 1.5, timestamp=core.Timestamp(5, 0))
    histogram = core.HistogramMetricFamily("seconds", "T", [("0.5", 1), ("+Inf", 3)], 2.5)
    gauge = core.GaugeMetricFamily("depth", "Depth", float("inf"))
    registry.register(Custom(counter, histogram, gauge))
    return registry


def test_what_is_parsed_is_made_of_our_families(ours):
    registry = filled(ours)
    text = ours.module("openmetrics.exposition").generate_latest(registry).decode()
    parser = ours.module("openmetrics.parser")
    assert list(parser.text_string_to_metric_families(text)) == list(registry.collect())
    assert list(parser.text_fd_to_metric_families(io.StringIO(text))) == list(registry.collect())


def test_the_text_format_is_parsed_alike(both):
    def parse(library):
        text = library.generate_latest(filled(library)).decode()
        parser = library.parser
        families = parser.text_string_to_metric_families(text)
        assert all(isinstance(family, library.Metric) for family in families)
        return list(parser.text_fd_to_metric_families(io.StringIO(text)))

    both.agree(parse)


def test_what_is_not_of_the_format_is_refused_by_the_real_parser(both):
    def parse(library):
        return list(library.module("openmetrics.parser").text_string_to_metric_families("a 1\n"))

    both.agree(parse)


@pytest.mark.parametrize("module", HANDED_ON)
def test_without_the_real_prometheus_client_an_import_says_what_to_install(module):
    message = run(f"""
        import json, sys
        sys.modules["prometheus_client"] = None
        try:
            import {PACKAGE}.{module}
        except ImportError as error:
            print(json.dumps(str(error)))
    """)
    assert f"{PACKAGE}.{module}" in message
    assert "pip install prometheus-client" in message


IN_ITS_PLACE = f"""
    import json, sys
    import {PACKAGE}
    sys.modules["prometheus_client"] = {PACKAGE}
"""


def test_in_the_place_of_prometheus_client_each_module_is_there_once():
    code = f"""
        import importlib
        from prometheus_client import openmetrics, REGISTRY
        import prometheus_client.openmetrics.exposition, prometheus_client.bridge.graphite
        from prometheus_client.core import Counter
        registry = importlib.import_module("prometheus_client.registry")
        own = sys.modules["{PACKAGE}.registry"]
        print(json.dumps([
            registry is own,
            sys.modules["prometheus_client.registry"] is own,
            registry.REGISTRY is REGISTRY,
            prometheus_client.openmetrics.exposition is openmetrics.exposition,
            registry.__name__ == registry.__spec__.name == "{PACKAGE}.registry",
            importlib.reload(registry) is own,
            Counter("a", "").collect()[0].name == "a",
        ]))
    """
    assert run(textwrap.dedent(IN_ITS_PLACE) + textwrap.dedent(code)) == [True] * 7


def test_in_the_place_of_prometheus_client_its_parser_is_still_found():
    code = """
        from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
        from prometheus_client import Metric
        (family,) = parse("# TYPE a gauge\\na 1\\n# EOF\\n")
        print(json.dumps([isinstance(family, Metric), family.samples[0].value]))
    """
    assert run(textwrap.dedent(IN_ITS_PLACE) + textwrap.dedent(code)) == [True, 1]


def test_in_the_place_of_prometheus_client_what_is_not_there_is_not_found():
    code = """
        import importlib.util
        try:
            import prometheus_client.nothing
        except ModuleNotFoundError as error:
            name = error.name
        sys.path.clear()
        try:
            import prometheus_client.openmetrics.parser
        except ImportError as error:
            print(json.dumps([name, importlib.util.find_spec(name), str(error)]))
    """
    name, spec, message = run(textwrap.dedent(IN_ITS_PLACE) + textwrap.dedent(code))
    assert (name, spec) == ("prometheus_client.nothing", None)
    assert "pip install prometheus-client" in message


def test_values_in_files_come_from_the_real_prometheus_client(ours, tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    value_class = ours.values.MultiProcessValue(lambda: 42)
    value = value_class("counter", "a", "a_total", (), (), "Help")
    value.inc(3)
    registry = ours.CollectorRegistry()
    ours.multiprocess.MultiProcessCollector(registry)
    assert registry.get_sample_value("a_total") == 3


def test_files_of_values_are_closed_by_the_real_prometheus_client(
    ours, reference, tmp_path, monkeypatch
):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    monkeypatch.setitem(sys.modules, "prometheus_client.values", reference.values)
    value = ours.values.MultiProcessValue(lambda: 42)("counter", "a", "a", (), (), "Help")
    assert reference.values._multi_process_cleanups
    ours.values.close_all_multiprocess_files()
    assert reference.values._multi_process_cleanups == []
    assert value._multiprocess


ENVIRONMENT = """
    import json
    from mephisto_metrics.prometheus_client import validation
    print(json.dumps(validation.get_legacy_validation()))
"""


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("1", True), ("T", True), ("yes", False), ("", False), ("false", False)],
)
def test_the_rule_for_names_is_taken_from_the_environment(value, expected):
    assert run(ENVIRONMENT, PROMETHEUS_LEGACY_NAME_VALIDATION=value) is expected


GRAPHITE = {
    "plain": ({}, {}),
    "prefix": ({}, {"prefix": "a.b"}),
    "tags": ({"tags": True}, {"prefix": "a"}),
}


class LineServer(socketserver.TCPServer):
    allow_reuse_address = True

    def __init__(self):
        self.text = b""
        self.done = threading.Event()
        super().__init__(("127.0.0.1", 0), LineHandler)


class LineHandler(socketserver.StreamRequestHandler):
    def handle(self):
        self.server.text = self.rfile.read()
        self.server.done.set()


@pytest.fixture
def graphite():
    server = LineServer()
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def bridge_of(library, address, **options):
    registry = library.CollectorRegistry()
    library.Info("build é", "Help", ["zone"], registry=registry).labels("a b").info({"v": "1.2"})
    library.Enum("task", "Help", states=["on", "off"], registry=registry)
    module = library.module("bridge.graphite")
    return module.GraphiteBridge(address, registry, _timer=lambda: 1600000000.5, **options)


@pytest.mark.parametrize("case", GRAPHITE)
def test_graphite_gets_the_same_lines(both, graphite, case):
    options, push_options = GRAPHITE[case]

    def push(library):
        graphite.done.clear()
        bridge_of(library, graphite.server_address, **options).push(**push_options)
        assert graphite.done.wait(20)
        return graphite.text

    assert both.agree(push).count(b"\n") == 3


def test_graphite_is_pushed_to_regularly(graphite):
    code = f"""if True:
        import sys
        from mephisto_metrics.prometheus_client.bridge.graphite import GraphiteBridge
        GraphiteBridge({graphite.server_address}).start(interval=0.01)
        sys.stdin.read()
    """
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as process:
        for _ in range(2):
            assert graphite.done.wait(30)
            graphite.done.clear()
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0
    assert b"\npython_info.implementation.CPython" in graphite.text


def test_a_graphite_that_cannot_be_reached_is_an_error(both, graphite):
    address = graphite.server_address
    graphite.shutdown()
    graphite.server_close()
    both.agree(lambda library: bridge_of(library, address).push())


def test_aiohttp_is_answered_alike(both):
    from aiohttp import web
    from aiohttp.test_utils import TestClient, TestServer

    async def fetch(library):
        registry = library.CollectorRegistry()
        library.Info("build", "Help", registry=registry).info({"version": "1"})
        app = web.Application()
        app.router.add_get("/", library.module("aiohttp").make_aiohttp_handler(registry))
        async with TestClient(TestServer(app)) as client:
            response = await client.get("/?name[]=build_info")
            return response.status, response.headers["Content-Type"], await response.read()

    both.agree(lambda library: asyncio.run(fetch(library)))


def test_django_is_answered_by_the_view():
    status, text, allowed = run("""
        import json
        from django.conf import settings
        settings.configure(ALLOWED_HOSTS=["*"])
        import django
        django.setup()
        from django.test import RequestFactory
        from mephisto_metrics.prometheus_client.django import PrometheusDjangoView
        view = PrometheusDjangoView.as_view()
        answer = view(RequestFactory().get("/?name[]=python_info"))
        allowed = view(RequestFactory().options("/"))["Allow"]
        print(json.dumps([answer.status_code, answer.content.decode(), allowed]))
    """)
    assert (status, allowed) == (200, "OPTIONS,GET")
    assert text.startswith("# HELP python_info ")
    assert text.count("# TYPE") == 1


def test_twisted_is_given_a_resource(both):
    from twisted.web import wsgi

    def make(library):
        return isinstance(library.module("twisted").MetricsResource(), wsgi.WSGIResource)

    assert both.agree(make)
