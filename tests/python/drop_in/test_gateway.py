"""Pushing: the same requests, with the same errors."""

from __future__ import annotations

import gzip
import http.server
import sys
import threading

import pytest

COMMON = {"method": "GET", "timeout": 20, "headers": [("X-Test", "a")], "data": b"text"}


class Gateway(http.server.ThreadingHTTPServer):
    """Notes requests; answers with `status`, and redirects what comes to /redirect/<status>."""

    daemon_threads = True

    def __init__(self):
        self.requests = []
        self.status = 202
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self):
        return f"127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        names = ("Content-Type", "Content-Encoding", "Authorization", "X-Test")
        headers = {name: self.headers[name] for name in names if name in self.headers}
        if body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        self.server.requests.append((self.command, self.path, headers, body))
        if self.path.startswith("/redirect/"):
            self.send_response(int(self.path.split("/")[2]))
            self.send_header("Location", f"http://{self.server.address}/target here")
        else:
            self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


for method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
    setattr(Handler, f"do_{method}", Handler.answer)


@pytest.fixture
def gateway():
    server = Gateway()
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def requests_of(gateway):
    """Return what gives the requests that an action makes, and what it returns."""

    def run(action, library):
        gateway.requests.clear()
        result = action(library)
        return result, list(gateway.requests)

    return run


def registry_of(library):
    registry = library.CollectorRegistry()
    library.Info("build", "Help", registry=registry).info({"version": "1"})
    return registry


@pytest.mark.parametrize("function", ["push_to_gateway", "pushadd_to_gateway"])
@pytest.mark.parametrize("form", ["{}", "http://{}", "http://{}/", "http://{}/prefix/"])
@pytest.mark.parametrize("compression", [None, "gzip", "GZIP"])
def test_metrics_are_pushed_alike(both, gateway, requests_of, function, form, compression):
    def push(library):
        address = form.format(gateway.address)
        registry = registry_of(library)
        return getattr(library, function)(address, "my job", registry, compression=compression)

    both.agree(lambda library: requests_of(push, library))
    assert len(gateway.requests) == 1


KEYS = [
    None,
    {},
    {"b": 1, "a": "x"},
    {"path": "/a/b"},
    {"empty": ""},
    {"space": "a b"},
    {"special": "ä?&=+%"},
    {9: None},
]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("job", ["job", "a/b", ""])
def test_grouping_keys_are_written_alike(both, gateway, requests_of, key, job):
    def delete(library):
        return library.delete_from_gateway(gateway.address, job, key)

    both.agree(lambda library: requests_of(delete, library))
    assert gateway.requests[0][0] == "DELETE"


def test_the_default_registry_is_pushed_for_none(both, gateway):
    def push(library):
        gateway.requests.clear()
        library.pushadd_to_gateway(gateway.address, "job", None)
        return b"# TYPE python_info gauge" in gateway.requests[0][3]

    assert both.agree(push)


def test_a_handler_of_ones_own_gets_the_request(both):
    def push(library):
        received = []

        def handler(**request):
            return lambda: received.append(request)

        library.push_to_gateway(
            "https://gateway:9091", "job", registry_of(library), timeout=None, handler=handler
        )
        return received

    both.agree(push)


@pytest.mark.parametrize("status", [200, 404, 500])
def test_a_gateway_that_refuses_is_an_error(both, gateway, status):
    gateway.status = status
    both.agree(lambda library: library.push_to_gateway(gateway.address, "j", registry_of(library)))


def test_an_unknown_compression_is_refused(both, gateway):
    def push(library):
        registry = registry_of(library)
        return library.push_to_gateway(gateway.address, "job", registry, compression="zstd")

    both.agree(push)


def test_snappy_needs_its_package(both, gateway, monkeypatch):
    monkeypatch.setitem(sys.modules, "snappy", None)

    def push(library):
        registry = registry_of(library)
        return library.push_to_gateway(gateway.address, "job", registry, compression="snappy")

    both.agree(push)


def test_snappy_compresses_in_a_stream(ours, gateway, monkeypatch):
    class Compressor:
        def compress(self, data):
            return b"<" + data

        def flush(self):
            return b">"

    snappy = type(sys)("snappy")
    snappy.StreamCompressor = Compressor
    monkeypatch.setitem(sys.modules, "snappy", snappy)
    ours.push_to_gateway(gateway.address, "j", registry_of(ours), compression="snappy")
    _, _, headers, body = gateway.requests[0]
    assert headers["Content-Encoding"] == "snappy"
    assert (body[:1], body[-1:]) == (b"<", b">")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("handler", ["default_handler", "passthrough_redirect_handler"])
@pytest.mark.parametrize("path", ["plain", "redirect/301", "redirect/303", "redirect/307"])
def test_requests_are_sent_and_redirected_alike(both, gateway, requests_of, method, handler, path):
    def send(library):
        url = f"http://{gateway.address}/{path}"
        request = {**COMMON, "method": method, "url": url}
        try:
            return getattr(library.exposition, handler)(**request)()
        except OSError as error:
            return str(error)

    both.agree(lambda library: requests_of(send, library))


@pytest.mark.parametrize(
    "credentials", [{}, {"username": "a"}, {"username": "a", "password": "ä:b"}]
)
def test_names_and_passwords_are_sent_alike(both, gateway, requests_of, credentials):
    def send(library):
        request = {**COMMON, "headers": [], "url": f"http://{gateway.address}/"}
        return library.exposition.basic_auth_handler(**request, **credentials)()

    both.agree(lambda library: requests_of(send, library))


@pytest.mark.parametrize("cafile", [None, "/no/such/authority"])
def test_a_certificate_that_cannot_be_read_is_an_error_before_the_request(both, cafile):
    def make(library):
        return library.exposition.tls_auth_handler(
            **COMMON, url="https://localhost", certfile="/no/a", keyfile="/no/b", cafile=cafile
        )

    both.agree(make)


def test_the_host_is_told_alike(both):
    both.agree(lambda library: library.instance_ip_grouping_key())
