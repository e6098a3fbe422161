"""What would block an event loop, awaited."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psutil
import pytest

import mephisto_metrics
from mephisto_metrics import aio
from mephisto_metrics.stack.readiness import wait_until


@pytest.fixture
def registry():
    registry = mephisto_metrics.CollectorRegistry()
    mephisto_metrics.Counter("jobs", "Jobs", registry=registry).inc()
    return registry


@pytest.fixture
def gateway():
    """A Pushgateway that keeps what it is asked, and refuses the job `unwanted`."""
    requests = []

    class Handler(BaseHTTPRequestHandler):
        def handle_push(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            requests.append((self.command, self.path, self.headers["Content-Type"], body))
            self.send_response(400 if "unwanted" in self.path else 202)
            self.end_headers()
            self.wfile.write(b"the reason")

        do_PUT = do_POST = do_DELETE = handle_push  # noqa: N815 - http.server's names

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}", requests
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


async def in_thread(function, *arguments):
    return await asyncio.get_running_loop().run_in_executor(None, function, *arguments)


def test_a_server_is_started_scraped_and_stopped(registry):
    async def run():
        address = await aio.start_http_server(0, registry=registry)
        # A task that is asked once: the wait begins when the function is called.
        scrape = asyncio.ensure_future(aio.wait_for_scrape(timeout_seconds=30))
        await asyncio.sleep(0)
        assert b"\njobs_total 1.0\n" in await in_thread(fetch, address.url)
        assert await scrape is True
        await aio.stop_http_server(address)
        await aio.stop_http_server(address)
        with pytest.raises(OSError, match="refused"):
            await in_thread(fetch, address.url)

    asyncio.run(run())


def test_a_start_that_nobody_waits_for_any_more_leaves_no_server(registry):
    def listening():
        connections = psutil.Process().net_connections("tcp")
        return {found.laddr for found in connections if found.status == psutil.CONN_LISTEN}

    async def run():
        starting = asyncio.ensure_future(aio.start_http_server(0, registry=registry))
        await asyncio.sleep(0)
        # The loop is busy while the server starts, and hears of it after the task is cancelled.
        assert wait_until(lambda: listening() - before, timeout_seconds=10)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting

    before = listening()
    asyncio.run(run())
    assert wait_until(lambda: listening() == before, timeout_seconds=10)


def test_a_wait_ends_without_a_scrape_and_can_be_cancelled():
    async def run():
        assert await aio.wait_for_scrape(timeout_seconds=0.01) is False
        waiting = asyncio.ensure_future(aio.wait_for_scrape())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(run())


def test_a_port_in_use_is_named_as_in_the_blocking_form(registry):
    async def run():
        address = await aio.start_http_server(0, registry=registry)
        with pytest.raises(OSError, match=f"port {address.port} on 127.0.0.1 is already in use"):
            await aio.start_http_server(address.port)
        await aio.stop_http_server(address)

    asyncio.run(run())


def test_what_is_pushed_is_what_the_blocking_form_pushes(registry, gateway):
    address, requests = gateway
    key = {"zone": "a/b", "instance": ""}

    async def run():
        await aio.push_to_gateway(address, "nightly", registry, key)
        await aio.pushadd_to_gateway(f"http://{address}/", "nightly", registry, key)
        await aio.delete_from_gateway(address, "nightly", key)

    asyncio.run(run())
    awaited = requests[:]
    requests.clear()
    client = mephisto_metrics.prometheus_client
    client.push_to_gateway(address, "nightly", registry, key)
    client.pushadd_to_gateway(f"http://{address}/", "nightly", registry, key)
    client.delete_from_gateway(address, "nightly", key)
    assert awaited == requests


def test_a_push_that_is_not_taken_says_why(registry, gateway):
    address, _ = gateway

    async def run():
        with pytest.raises(OSError, match=r"/job/unwanted refused with 400 .*: the reason"):
            await aio.push_to_gateway(address, "unwanted", registry)
        with pytest.raises(OSError, match="can not be reached"):
            await aio.push_to_gateway("127.0.0.1:1", "nightly", registry)
        for secret in (f"http://me:hidden@{address}", "http://me:hidden@127.0.0.1:1"):
            with pytest.raises(OSError, match="/job/unwanted") as raised:
                await aio.push_to_gateway(secret, "unwanted", registry)
            assert "hidden" not in str(raised.value)
        with pytest.raises(ValueError, match="the address of the Pushgateway is none") as refused:
            await aio.push_to_gateway("http://me:hidden@host:port", "unwanted", registry)
        assert "hidden" not in str(refused.value)
        with pytest.raises(ValueError, match="over http here"):
            await aio.push_to_gateway("https://127.0.0.1:1", "nightly", registry)

    asyncio.run(run())


def test_an_exception_of_a_collector_comes_out_of_a_push(gateway):
    class Broken:
        def collect(self):
            raise LookupError("no such thing")

    registry = mephisto_metrics.CollectorRegistry()
    registry.register(Broken())
    with pytest.raises(LookupError, match="no such thing"):
        asyncio.run(aio.push_to_gateway(gateway[0], "nightly", registry))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_forked_child_is_told_what_it_can_not_have():
    code = """
import asyncio, os
from mephisto_metrics import aio
asyncio.run(aio.wait_for_scrape(0))
if os.fork() == 0:
    try:
        asyncio.run(aio.wait_for_scrape(0))
    except RuntimeError as error:
        print(error, flush=True)
    os._exit(0)
os.wait()
"""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert "before it forked this one" in run.stdout, run.stderr
