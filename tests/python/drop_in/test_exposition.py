"""Registries as text, over WSGI, ASGI and HTTP, and in files."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import http.server
import socket
import ssl
import subprocess
import threading
import time
import urllib.request
from wsgiref.util import setup_testing_defaults

import pytest

ACCEPTS = [
    None,
    "",
    "*/*",
    "text/plain",
    "text/plain; version=0.0.4",
    "text/plain; version=1.0.0; escaping=allow-utf-8",
    "text/plain;version=1.0.0;escaping=dots",
    "application/openmetrics-text",
    "application/openmetrics-text; version=0.0.1",
    "application/openmetrics-text; version=1.0.0",
    "application/openmetrics-text; version=1.0.0; escaping=values",
    "application/openmetrics-text; version=2.0.0; escaping=no-such",
    "application/openmetrics-text;version=0.0.1,application/openmetrics-text;version=1.0.0;q=0.5",
    "text/html, application/openmetrics-text; version=1.0.0;q=0.8, text/plain;version=0.0.4;q=0.3",
]
ESCAPINGS = ["allow-utf-8", "underscores", "dots", "values"]


class Custom:
    def __init__(self, *families):
        self.families = families

    def collect(self):
        return self.families


def filled(library):
    """Return a registry with a family of each type, names and text that need care included."""
    core = library.core
    registry = library.CollectorRegistry(target_info={"host": 'a"b\\c\nd'})
    counter = core.CounterMetricFamily("jobs", 'Jobs "done" \\ \n or not', labels=["zone", "app"])
    counter.add_metric(["ä", 'a"b\\c\nd'], 1e6, created=2.5, timestamp=core.Timestamp(1, 500))
    counter.add_metric(["x", ""], 0.1, exemplar=core.Exemplar({"trace": 'a"b'}, 0.5, 12.25))
    histogram = core.HistogramMetricFamily("seconds", "Time", unit="seconds")
    histogram.add_metric([], [("0.5", 1, core.Exemplar({}, 0.25)), ("+Inf", 3)], 2.5)
    registry.register(
        Custom(
            counter,
            histogram,
            core.GaugeMetricFamily("depth.of é", "UTF-8 in a name", value=float("nan")),
            core.SummaryMetricFamily("sizes", "Sizes", 3, float("inf"), unit="bytes"),
            core.GaugeHistogramMetricFamily("waits", "W", [("1", 1), ("+Inf", 2)], -3),
            core.InfoMetricFamily("build", "Build", {"version": "1"}),
            core.StateSetMetricFamily("task", "Task", {"on": True, "off": False}),
            core.UnknownMetricFamily("unknown", "", 1e16),
        )
    )
    return registry


@pytest.mark.parametrize("escaping", ESCAPINGS)
def test_the_text_format_is_the_same_to_the_byte(both, escaping):
    both.agree(lambda library: library.generate_latest(filled(library), escaping))
    both.agree(lambda library: library.generate_latest(library.CollectorRegistry(), escaping))


@pytest.mark.parametrize("escaping", ESCAPINGS)
@pytest.mark.parametrize("version", ["0.0.1", "1.0.0", "2.0.0"])
def test_openmetrics_is_the_same_to_the_byte(both, escaping, version):
    def generate(library):
        return library.module("openmetrics.exposition").generate_latest(
            filled(library), escaping, version
        )

    both.agree(generate)


@pytest.mark.parametrize(
    "name",
    ["CONTENT_TYPE_LATEST", "CONTENT_TYPE_PLAIN_0_0_4", "CONTENT_TYPE_PLAIN_1_0_0"],
)
def test_content_types_are_the_same(both, name):
    both.agree(lambda library: (getattr(library, name), getattr(library.exposition, name)))


@pytest.mark.parametrize(
    "name",
    [
        "CONTENT_TYPE_LATEST",
        "CONTENT_TYPE_LATEST_2_0",
        "ESCAPING_HEADER_TAG",
        "ALLOWUTF8",
        "UNDERSCORES",
        "DOTS",
        "VALUES",
    ],
)
def test_words_of_openmetrics_are_the_same(both, name):
    both.agree(lambda library: getattr(library.module("openmetrics.exposition"), name))


@pytest.mark.parametrize("accept", ACCEPTS)
def test_the_format_is_chosen_alike(both, accept):
    def choose(library):
        encoder, content_type = library.exposition.choose_encoder(accept)
        return content_type, encoder(filled(library))

    both.agree(choose)


@pytest.mark.parametrize("accept", [None, "", "gzip", "deflate, GZIP;q=0.5", "x-gzip", "identity"])
def test_gzip_is_accepted_alike(both, accept):
    both.agree(lambda library: library.exposition.gzip_accepted(accept))


REQUESTS = {
    "scrape": {},
    "some names": {"QUERY_STRING": "name[]=jobs_total&name[]=build_info"},
    "gzip": {"HTTP_ACCEPT_ENCODING": "gzip"},
    "OpenMetrics": {"HTTP_ACCEPT": "application/openmetrics-text; version=1.0.0"},
    "favicon": {"PATH_INFO": "/favicon.ico"},
    "another path": {"PATH_INFO": "/any/path"},
    "options": {"REQUEST_METHOD": "OPTIONS"},
    "post": {"REQUEST_METHOD": "POST"},
}


def unzipped(headers, body):
    """Return headers and text: what gzip makes of it has the time in it."""
    return sorted(headers), gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


@pytest.mark.parametrize("request_name", REQUESTS)
@pytest.mark.parametrize("disable_compression", [False, True])
def test_wsgi_requests_are_answered_alike(both, request_name, disable_compression):
    def answer(library):
        environment = dict(REQUESTS[request_name])
        setup_testing_defaults(environment)
        started = []
        app = library.make_wsgi_app(filled(library), disable_compression)
        body = b"".join(app(environment, lambda *arguments: started.append(arguments)))
        ((status, headers),) = started
        return status, unzipped(headers, body)

    both.agree(answer)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"Accept-Encoding", b"gzip")],
        [(b"accept", b"text/html"), (b"accept", b"application/openmetrics-text; version=1.0.0")],
    ],
)
@pytest.mark.parametrize("query", [b"", b"name[]=jobs_total"])
@pytest.mark.parametrize("disable_compression", [False, True])
def test_asgi_requests_are_answered_alike(both, headers, query, disable_compression):
    def answer(library):
        sent = asgi_answer(
            library.make_asgi_app(filled(library), disable_compression),
            {"type": "http", "headers": headers, "query_string": query},
            {"type": "http.request"},
        )
        start, body = sent
        return (
            start["type"],
            start["status"],
            unzipped(start["headers"], body["body"]),
            body["type"],
        )

    both.agree(answer)


@pytest.mark.parametrize(
    ("scope", "message"),
    [("http", "http.disconnect"), ("websocket", "http.request"), ("lifespan", "lifespan.startup")],
)
def test_asgi_messages_that_are_no_request_are_answered_alike(both, scope, message):
    def answer(library):
        try:
            return asgi_answer(
                library.make_asgi_app(filled(library)),
                {"type": scope, "headers": []},
                {"type": message},
            )
        except AssertionError:
            return "refused"

    both.agree(answer)


def asgi_answer(app, scope, message):
    sent = []

    async def receive():
        return message

    async def send(part):
        sent.append(part)

    asyncio.run(app(scope, receive, send))
    return sent


@pytest.fixture
def serve():
    """Return what starts a server in a thread, and stops it at the end."""
    started = []

    def start(server):
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        started.append((server, thread))
        return server.server_address[1]

    yield start
    for server, thread in started:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("path", ["/metrics", "/?name[]=jobs_total", "/favicon.ico"])
@pytest.mark.parametrize("headers", [{}, {"Accept-Encoding": "gzip"}])
def test_the_request_handler_answers_alike(both, serve, path, headers):
    def answer(library):
        handler = library.MetricsHandler.factory(filled(library))
        assert issubclass(handler, library.MetricsHandler)
        port = serve(http.server.HTTPServer(("127.0.0.1", 0), handler))
        return handler.__name__, fetch("127.0.0.1", port, path, headers)

    both.agree(answer)


def fetch(host, port, path, headers):
    connection = http.client.HTTPConnection(host, port, timeout=20)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        kept = [(n, v) for n, v in response.getheaders() if n.startswith("Content")]
        return response.status, unzipped(kept, response.read())
    finally:
        connection.close()


@pytest.fixture
def stop():
    """Return what notes servers to be closed at the end."""
    running = []
    yield running.append
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_the_wsgi_server_answers_alike(both, stop, host):
    if host == "::1" and not has_ipv6():
        pytest.skip("this machine has no IPv6")

    def answer(library):
        server, thread = library.start_wsgi_server(0, host, filled(library))
        stop((server, thread))
        address, port = server.server_address[:2]
        kind = isinstance(server, library.exposition.ThreadingWSGIServer)
        return kind, thread.daemon, address, fetch(host, port, "/metrics", {})

    both.agree(answer)


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as tried:
            tried.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def certificate(tmp_path_factory, needs_program):
    """A certificate of localhost that is its own authority, and its key."""
    needs_program("openssl", "openssl")
    folder = tmp_path_factory.mktemp("certificate")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return str(certificate), str(key)


def fetch_over_tls(port, certificate, client_certificate=None):
    context = ssl.create_default_context(cafile=certificate[0])
    if client_certificate:
        context.load_cert_chain(*client_certificate)
    url = f"https://localhost:{port}/metrics"
    with urllib.request.urlopen(url, context=context, timeout=20) as response:
        return response.status, response.read()


def test_the_wsgi_server_speaks_tls(both, stop, certificate):
    def answer(library):
        registry = filled(library)
        server = library.start_wsgi_server(0, "localhost", registry, *certificate)
        stop(server)
        return fetch_over_tls(server[0].server_address[1], certificate)

    both.agree(answer)


@pytest.mark.parametrize("shows_certificate", [True, False])
def test_the_wsgi_server_asks_for_certificates_of_clients(
    both, stop, certificate, shows_certificate
):
    def answer(library):
        server = library.start_wsgi_server(
            0,
            "localhost",
            filled(library),
            *certificate,
            client_cafile=certificate[0],
            client_auth_required=True,
            tls_max_version=ssl.TLSVersion.TLSv1_2,
        )
        stop(server)
        port = server[0].server_address[1]
        try:
            return fetch_over_tls(port, certificate, certificate if shows_certificate else None)
        except OSError:
            return "refused"

    assert (both.agree(answer) == "refused") is not shows_certificate


def test_a_client_that_the_wsgi_server_refuses_reads_why(ours, stop, certificate):
    server = ours.start_wsgi_server(
        0, "localhost", filled(ours), *certificate, client_auth_required=True
    )
    stop(server)
    context = ssl.create_default_context(cafile=certificate[0])
    context.load_cert_chain(*certificate)
    with pytest.raises(ssl.SSLError, match=r"(?i)alert"):
        write_before_reading(server[0].server_address, context)


def write_before_reading(address, context):
    # Under TLS 1.3 a client is done with its handshake before the server has refused it.
    plain = socket.create_connection(address)
    with context.wrap_socket(plain, server_hostname="localhost") as connection:
        for _ in range(3):
            connection.sendall(b"GET / HTTP/1.1\r\n")
            time.sleep(0.05)
        connection.recv(1)


def test_the_wsgi_server_is_not_held_up_by_a_client_that_does_not_shake_hands(
    ours, stop, certificate
):
    server = ours.start_wsgi_server(0, "localhost", filled(ours), *certificate)
    stop(server)
    address = server[0].server_address
    with socket.create_connection(address):
        assert fetch_over_tls(address[1], certificate)[0] == 200


@pytest.mark.parametrize("wrong", ["certfile", "keyfile", "client_cafile"])
def test_a_certificate_that_cannot_be_read_is_named(both, certificate, wrong):
    files = {"certfile": certificate[0], "keyfile": certificate[1]}

    def start(library):
        return library.start_wsgi_server(
            0, "127.0.0.1", filled(library), **{**files, wrong: "/no/such/file"}
        )

    error = both.agree(start)
    assert "/no/such/file" in str(error)


def test_a_port_that_is_taken_is_refused(both):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        both.agree(lambda library: library.start_wsgi_server(port, "127.0.0.1"))


@pytest.mark.parametrize("escaping", [[], ["dots"]])
@pytest.mark.parametrize("in_another_folder", [False, True])
def test_files_are_written_alike(both, tmp_path, escaping, in_another_folder):
    def write(library):
        path, folder = tmp_path / "metrics.prom", tmp_path / "folder"
        folder.mkdir(exist_ok=True)
        path.write_text("what was there before")
        tmpdir = {"tmpdir": str(folder)} if in_another_folder else {}
        library.write_to_textfile(str(path), filled(library), *escaping, **tmpdir)
        return path.read_bytes(), sorted(str(path) for path in tmp_path.rglob("*"))

    both.agree(write)


def test_a_file_that_cannot_be_written_leaves_nothing_behind(both, tmp_path):
    class Broken:
        def collect(self):
            raise RuntimeError("cannot be asked")

    def write(library):
        library.write_to_textfile(str(tmp_path / "metrics.prom"), Broken())

    both.agree(write)
    both.agree(lambda library: library.write_to_textfile(str(tmp_path / "no" / "a.prom"), Broken()))
    assert list(tmp_path.iterdir()) == []


def test_any_object_with_collect_is_shown(both):
    def show(library):
        return library.generate_latest(Custom(library.core.GaugeMetricFamily("a", "", 1)))

    both.agree(show)
