"""The exposition server and what it shows."""

from __future__ import annotations

import ctypes
import gzip
import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

import mephisto_metrics
from mephisto_metrics.prometheus_client.core import GaugeMetricFamily

PROTOBUF = (
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
)
HOSTILE = 'a"b\\c\nd{}<img src=x onerror=alert(1)>,ä'


@pytest.fixture
def registry():
    registry = mephisto_metrics.CollectorRegistry()
    counter = mephisto_metrics.Counter("jobs", "Jobs done", ["worker"], registry=registry)
    counter.labels(HOSTILE).inc(2)
    histogram = mephisto_metrics.Histogram("wait_seconds", "Waiting", registry=registry)
    histogram.observe(0.3)
    mephisto_metrics.Gauge("depth", "Depth of the queue", registry=registry).set(-1.5)
    return registry


@pytest.fixture
def served(registry):
    address = mephisto_metrics.start_http_server(0, registry=registry)
    yield address
    mephisto_metrics.stop_http_server(address)


def fetch(url: str, **headers: str):
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers, answer.read()


def test_port_zero_gives_the_port_bound_on_loopback(served):
    assert served.host == "127.0.0.1"
    assert served.port > 0
    headers, body = fetch(served.url)
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert b"depth -1.5\n" in body


def test_gzip_is_given_when_it_is_asked_for(served):
    headers, body = fetch(served.url, **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == fetch(served.url)[1]


def test_the_parser_of_prometheus_client_reads_back_what_was_recorded(served):
    text = fetch(served.url)[1].decode()
    samples = {
        (sample.name, sample.labels.get("worker", ""), sample.labels.get("le", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["jobs_total", HOSTILE, ""] == 2
    assert samples["wait_seconds_bucket", "", "0.25"] == 0
    assert samples["wait_seconds_bucket", "", "0.5"] == 1
    assert samples["depth", "", ""] == -1.5


def test_promtool_accepts_the_exposition(registry, needs_program):
    promtool = needs_program("promtool", "prometheus")
    check = subprocess.run(
        [promtool, "check", "metrics"],
        input=mephisto_metrics.generate_latest(registry),
        capture_output=True,
        check=False,
        timeout=30,
    )
    # Status 3 is for lint: prometheus_client's `_created` gauges break its naming rules too.
    assert check.returncode in (0, 3), check.stderr
    assert b"error while linting" not in check.stderr


def test_a_port_in_use_is_named_with_its_holder():
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port} on 127.0.0.1 is already in use") as raised:
            mephisto_metrics.start_http_server(port)
    assert f"(PID {os.getpid()})" in str(raised.value)
    assert "choose another port" in str(raised.value)


def test_an_address_that_is_not_ours_is_named():
    with pytest.raises(OSError, match=r"can not listen on 192\.0\.2\.1:0"):
        mephisto_metrics.start_http_server(0, "192.0.2.1")


def test_the_server_holds_no_python_thread(registry):
    before = threading.enumerate()
    address = mephisto_metrics.start_http_server(0, registry=registry)
    fetch(address.url)
    assert threading.enumerate() == before
    mephisto_metrics.stop_http_server(address)


def test_a_process_that_serves_ends_when_its_work_is_done():
    code = """
import mephisto_metrics, urllib.request
url = mephisto_metrics.start_http_server(0).url
print(len(urllib.request.urlopen(url, timeout=10).read()) > 0)
"""
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30
    )
    assert (run.returncode, run.stdout) == (0, "True\n"), run.stderr


def test_a_scrape_is_answered_while_python_holds_the_gil(served):
    """The GIL is held in C, by a read that only the answer to the scrape can end."""
    code = "import sys, urllib.request as r; print(len(r.urlopen(sys.argv[1], timeout=20).read()))"
    command = [sys.executable, "-c", code, served.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as scrape:
        buffer = ctypes.create_string_buffer(16)
        # Unlike CDLL, PyDLL keeps the GIL during the call.
        count = ctypes.PyDLL(None).read(scrape.stdout.fileno(), buffer, len(buffer))
    assert count > 0
    assert int(buffer.value) > 0


def test_a_forked_child_neither_serves_nor_keeps_the_port():
    code = """
import os, socket, mephisto_metrics
address = mephisto_metrics.start_http_server(0)
ready, go_on = os.pipe(), os.pipe()
if os.fork() == 0:
    os.write(ready[1], b"x")
    os.read(go_on[0], 1)
    os._exit(0)
os.read(ready[0], 1)
mephisto_metrics.stop_http_server(address)
try:
    socket.create_connection(address, timeout=5)
    print("somebody listens")
except ConnectionRefusedError:
    print("nobody listens")
os.write(go_on[1], b"x")
os.wait()
"""
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30
    )
    assert run.stdout == "nobody listens\n", run.stderr


def test_a_collector_is_shown_behind_the_metrics_and_its_failure_spoils_only_itself(
    registry, served
):
    class Broken:
        def collect(self):
            raise LookupError("no such\nthing")

    class Good:
        def collect(self):
            return [GaugeMetricFamily("other", "O", 1)]

    registry.register(Broken())
    registry.register(Good())
    text = fetch(served.url)[1].decode()
    assert "\ndepth -1.5\n" in text
    assert "# collector Broken could not be read: LookupError: no such thing\n" in text
    assert text.endswith("other 1.0\n")
    list(text_string_to_metric_families(text))
    openmetrics = fetch(served.url, Accept="application/openmetrics-text")[1].decode()
    assert "could not be read" not in openmetrics
    assert openmetrics.endswith("other 1.0\n# EOF\n")


def test_every_path_and_every_format_is_served(served):
    base = f"http://127.0.0.1:{served.port}"
    assert fetch(f"{base}/")[1] == fetch(f"{base}/any/other")[1] == fetch(served.url)[1]
    assert fetch(f"{base}/favicon.ico")[1] == b""
    for accept, content_type in (
        ("text/plain;version=1.0.0", "text/plain; version=1.0.0; charset=utf-8; escaping=under"),
        (
            "application/openmetrics-text;version=1.0.0;escaping=dots",
            "application/openmetrics-text",
        ),
        (PROTOBUF, "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily"),
    ):
        headers, body = fetch(served.url, Accept=accept)
        assert headers["Content-Type"].startswith(content_type)
        assert b"wait_seconds" in body or b"wait__seconds" in body


def test_names_choose_samples(served):
    text = fetch(f"{served.url}?name[]=depth&name[]=wait_seconds_sum")[1].decode()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert lines == ["wait_seconds_sum 0.3", "depth -1.5"]


@pytest.mark.parametrize("method", ["POST", "HEAD", "DELETE"])
def test_nothing_but_reading_is_allowed(served, method):
    request = urllib.request.Request(served.url, method=method)
    with pytest.raises(urllib.error.HTTPError, match="405") as raised:
        urllib.request.urlopen(request, timeout=10)
    assert raised.value.headers["Allow"] == "OPTIONS,GET"
    expected = f"# HTTP 405 Method Not Allowed: {method}; use OPTIONS or GET\n"
    assert raised.value.read().decode() == ("" if method == "HEAD" else expected)


def test_a_scrape_that_begins_later_ends_the_wait(served):
    fetch(served.url)
    assert mephisto_metrics.wait_for_scrape(timeout_seconds=0) is False
    stop = threading.Event()

    def scrape():
        while not stop.is_set():
            fetch(served.url)

    scraper = threading.Thread(target=scrape)
    scraper.start()
    assert mephisto_metrics.wait_for_scrape(timeout_seconds=30) is True
    stop.set()
    scraper.join()


def test_metrics_of_the_real_prometheus_client_are_shown_behind_ours():
    code = """
import mephisto_metrics, prometheus_client, urllib.request
prometheus_client.Counter("of_the_user", "U").inc(3)
mephisto_metrics.Counter("of_ours", "O").inc(4)
text = urllib.request.urlopen(mephisto_metrics.start_http_server(0).url, timeout=10).read().decode()
print(text.count("of_the_user_total 3.0\\n"), text.count("of_ours_total 4.0\\n"))
"""
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30
    )
    assert run.stdout == "1 1\n", run.stderr
