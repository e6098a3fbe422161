"""`start_http_server` over the server in Rust: what its callers use of the original's."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import urllib.error
import urllib.request

import pytest

from mephisto_metrics.prometheus_client import CollectorRegistry, Gauge, start_http_server
from mephisto_metrics.prometheus_client.exposition import tls_auth_handler


@pytest.fixture
def registry():
    registry = CollectorRegistry()
    Gauge("g", "G", registry=registry).set(1)
    return registry


@pytest.fixture(scope="module")
def certificates(needs_program, tmp_path_factory):
    """An authority, and a server's and a client's certificate of it: PEM files in one folder."""
    folder = tmp_path_factory.mktemp("certificates")
    script = """
    set -e
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority \
        -addext keyUsage=critical,keyCertSign -keyout authority.key -out authority.pem
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nauthorityKeyIdentifier=keyid\n' > names
    for who in server client; do
        openssl req -newkey rsa:2048 -nodes -subj /CN=$who -keyout $who.key -out $who.request
        openssl x509 -req -days 2 -in $who.request -extfile names -out $who.pem \
            -CA authority.pem -CAkey authority.key -CAcreateserial
    done
    mkdir authorities stranger
    cp authority.pem authorities/
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=stranger \
        -keyout stranger/key.pem -out stranger/certificate.pem
    """
    needs_program("openssl", "openssl")
    shell = needs_program("sh", "dash")
    subprocess.run([shell, "-c", script], cwd=folder, check=True, capture_output=True)
    return folder


def own(certificates):
    return {
        "certfile": str(certificates / "server.pem"),
        "keyfile": str(certificates / "server.key"),
    }


def fetch(server, certificates=None, client=None, **versions):
    if certificates is None:
        url, context = f"http://127.0.0.1:{server.server_port}/metrics", None
    else:
        url = f"https://localhost:{server.server_port}/metrics"
        context = ssl.create_default_context(cafile=certificates / "authority.pem")
        for name, version in versions.items():
            setattr(context, name, version)
        if client is not None:
            context.load_cert_chain(*client)
    with urllib.request.urlopen(url, timeout=20, context=context) as answer:
        return answer.read()


def test_server_and_thread_have_what_callers_use(registry):
    server, thread = start_http_server(0, registry=registry)
    assert isinstance(thread, threading.Thread)
    assert server.server_address == ("127.0.0.1", server.server_port)
    assert (thread.is_alive(), thread.daemon) == (True, True)
    assert b"\ng 1.0\n" in fetch(server)
    thread.join(timeout=0)
    assert thread.is_alive()
    server.shutdown()
    server.server_close()
    thread.join()
    assert not thread.is_alive()
    with pytest.raises(urllib.error.URLError):
        fetch(server)


def test_anything_with_collect_is_served(registry):
    server, _ = start_http_server(0, registry=registry.restricted_registry(["g"]))
    assert fetch(server) == b"# HELP g G\n# TYPE g gauge\ng 1.0\n"
    server.shutdown()


def test_an_encrypted_key_is_refused_where_the_original_asks_at_the_terminal(
    registry, certificates, tmp_path
):
    key = tmp_path / "encrypted.key"
    plain = certificates / "server.key"
    command = ["openssl", "pkey", "-in", plain, "-out", key, "-aes256", "-passout", "pass:secret"]
    subprocess.run(command, check=True)
    files = {"certfile": str(certificates / "server.pem"), "keyfile": str(key)}
    with pytest.raises(OSError, match=f"{key}.*is encrypted.*openssl pkey"):
        start_http_server(0, registry=registry, **files)
    with pytest.raises(OSError, match="is encrypted"):
        tls_auth_handler("https://127.0.0.1:1", "PUT", 1, [], b"", **files)


@pytest.mark.parametrize("authority", ["client_cafile", "client_capath"])
def test_a_client_is_let_in_by_a_certificate_of_the_authority(registry, certificates, authority):
    place = {"client_cafile": "authority.pem", "client_capath": "authorities"}[authority]
    authorities = {authority: str(certificates / place), "client_auth_required": True}
    server, _ = start_http_server(0, registry=registry, **own(certificates), **authorities)
    client = (certificates / "client.pem", certificates / "client.key")
    assert b"\ng 1.0\n" in fetch(server, certificates, client)
    stranger = (certificates / "stranger/certificate.pem", certificates / "stranger/key.pem")
    for nobody in (None, stranger):
        with pytest.raises(OSError, match=r"(?i)alert|reset|closed"):
            fetch(server, certificates, nobody)
    server.shutdown()


def test_versions_of_tls_are_kept_to(registry, certificates):
    newest = ssl.TLSVersion.TLSv1_3
    server, _ = start_http_server(0, registry=registry, **own(certificates), tls_min_version=newest)
    assert fetch(server, certificates)
    with pytest.raises(OSError, match=r"(?i)version"):
        fetch(server, certificates, maximum_version=ssl.TLSVersion.TLSv1_2)
    server.shutdown()
    with pytest.raises(ValueError, match="no TLS version is left"):
        start_http_server(0, **own(certificates), tls_max_version=ssl.TLSVersion.TLSv1_1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"certfile": "/nowhere"},
        {"keyfile": "/nowhere"},
        {"keyfile": "authority.key"},
        {"certfile": "names"},
        {"client_cafile": "/nowhere"},
        {"client_cafile": "names"},
        {"client_capath": "/nowhere"},
        {"client_cafile": "/nowhere", "client_auth_required": True},
    ],
)
def test_files_that_can_not_be_loaded_are_named_alike(both, certificates, monkeypatch, wrong):
    monkeypatch.chdir(certificates)

    def run(library):
        server, _ = library.start_http_server(0, "127.0.0.1", **{**own(certificates), **wrong})
        server.shutdown()
        server.server_close()

    both.agree(run)


@pytest.mark.parametrize(("port", "host"), [(65536, "127.0.0.1"), (0, "no.invalid")])
def test_addresses_that_there_are_not_are_refused_alike(both, registry, port, host):
    both.agree(lambda library: library.start_http_server(port, host, registry))


def test_a_listener_is_not_held_up_by_a_client_that_does_not_shake_hands(registry, certificates):
    server, _ = start_http_server(0, registry=registry, **own(certificates))
    with socket.create_connection(("127.0.0.1", server.server_port)):
        assert b"\ng 1.0\n" in fetch(server, certificates)
    server.shutdown()
