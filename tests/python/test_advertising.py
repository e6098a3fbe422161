"""What the environment says of how other machines reach an Operator, and what comes of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest
from tests.certificates import Certificates, make_certificates

from mephisto_metrics.mephisto import advertising_check
from mephisto_metrics.mephisto.advertising import AdvertisingError, wanted
from mephisto_metrics.stack.doctor.findings import Finding

LONGEST_LABEL = "a" * 63
OPERATOR = """
        import logging
        logging.basicConfig(level="WARNING")
        mephisto_metrics.install()
        from mephisto.operations.operator import Operator
        Operator()
        folder = pathlib.Path(os.environ["MEPHISTO_METRICS_HOME"]) / "advertised"
        advertised = [json.loads(path.read_text())[0] for path in folder.glob("*.json")]
        print(json.dumps([[one["targets"][0] for one in targets()],
                          [[one["targets"][0], one["labels"]] for one in advertised]]))
        """


def test_without_a_name_nothing_is_advertised() -> None:
    assert wanted({}) is None
    assert wanted({"MEPHISTO_METRICS_TOKEN_FILE": "/no/such/file"}) is None


@pytest.mark.parametrize(
    ("name", "host", "listen_host"),
    [
        ("gpu7.example.org", "gpu7.example.org", "0.0.0.0"),  # noqa: S104
        ("10.1.2.3", "10.1.2.3", "0.0.0.0"),  # noqa: S104
        ("[fd00::7]", "fd00::7", "::"),
        ("gpu_7.lab-1.example", "gpu_7.lab-1.example", "0.0.0.0"),  # noqa: S104
        (f"{LONGEST_LABEL}.org", f"{LONGEST_LABEL}.org", "0.0.0.0"),  # noqa: S104
    ],
)
def test_a_name_or_address_is_taken(name: str, host: str, listen_host: str) -> None:
    found = wanted({"MEPHISTO_METRICS_ADVERTISE": name})
    assert found is not None
    assert (found.host, found.listen_host, found.scheme) == (host, listen_host, "http")
    narrower = wanted({"MEPHISTO_METRICS_ADVERTISE": name, "MEPHISTO_METRICS_HOST": "10.0.0.1"})
    assert narrower is not None
    assert narrower.listen_host == "10.0.0.1"


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("ADVERTISE", "http://gpu7", "expected the name or address of this machine alone"),
        ("ADVERTISE", "gpu7:3031", "expected the name or address of this machine alone"),
        ("ADVERTISE", "gpu 7", "expected the name or address of this machine alone"),
        ("ADVERTISE", "a..b", "expected the name or address of this machine alone"),
        ("ADVERTISE", "gpu7.", "expected the name or address of this machine alone"),
        ("ADVERTISE", f"{LONGEST_LABEL}a.org", "expected the name or address of this machine"),
        ("ADVERTISE", "1..2:3", "expected the name or address of this machine alone"),
        ("ADVERTISE", "fe80::1%eth0", "expected the name or address of this machine alone"),
        ("TLS_KEY", "/key.pem", "set both"),
        ("TOKEN_FILE", "/no/such/file", "/no/such/file"),
    ],
)
def test_what_can_not_be_used_is_named(variable: str, value: str, told: str) -> None:
    with pytest.raises(AdvertisingError, match=told):
        wanted({"MEPHISTO_METRICS_ADVERTISE": "gpu7", f"MEPHISTO_METRICS_{variable}": value})


@pytest.mark.parametrize("content", ["", "\n", "two words\n", "two\nlines\n", "ümlaut\n"])
def test_a_file_without_a_token_is_refused_and_not_shown(tmp_path: Path, content: str) -> None:
    path = tmp_path / "token"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(AdvertisingError) as raised:
        wanted({"MEPHISTO_METRICS_ADVERTISE": "a", "MEPHISTO_METRICS_TOKEN_FILE": str(path)})
    assert f"`{path}` holds no token" in str(raised.value)
    assert not content.strip() or content.strip() not in str(raised.value)


@pytest.fixture(scope="module")
def certificates(
    needs_program: Callable[[str, str], str], tmp_path_factory: pytest.TempPathFactory
) -> Certificates:
    return make_certificates(needs_program, tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def advertise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[Finding]]:
    """Set how Operators are advertised, with a token, and return what the doctor finds of it."""
    (tmp_path / "token").write_text("a-token")

    def look(**variables: object) -> list[Finding]:
        said = {"MEPHISTO_METRICS_TOKEN_FILE": tmp_path / "token"}
        said.update({f"MEPHISTO_METRICS_{name}": value for name, value in variables.items()})
        for name, value in said.items():
            monkeypatch.setenv(name, str(value))
        return list(advertising_check.check())

    return look


def files_of(certificates: Certificates) -> dict[str, Path]:
    return {"TLS_CERTIFICATE": certificates.certificate, "TLS_KEY": certificates.key}


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_the_doctor_has_nothing_against_a_certificate_that_others_take(
    advertise: Callable[..., list[Finding]], certificates: Certificates, name: str
) -> None:
    (finding,) = advertise(ADVERTISE=name, **files_of(certificates))
    assert finding.id == "advertising.well"


def test_the_doctor_finds_that_a_certificate_is_for_another_name(
    advertise: Callable[..., list[Finding]], certificates: Certificates
) -> None:
    (finding,) = advertise(ADVERTISE="gpu7.example.org", **files_of(certificates))
    assert finding.id == "advertising.certificate"
    assert "gpu7.example.org" in finding.found


@pytest.mark.parametrize("name", ["a..b", f"{LONGEST_LABEL}a.org", "1..2:3"])
def test_the_doctor_finds_a_name_that_no_certificate_can_be_looked_at_for(
    advertise: Callable[..., list[Finding]], certificates: Certificates, name: str
) -> None:
    (finding,) = advertise(ADVERTISE=name, **files_of(certificates))
    assert finding.id == "advertising.unusable"
    assert name in finding.found


def test_the_doctor_looks_at_a_certificate_for_the_longest_name_of_a_machine(
    advertise: Callable[..., list[Finding]], certificates: Certificates
) -> None:
    (finding,) = advertise(ADVERTISE=f"{LONGEST_LABEL}.org", **files_of(certificates))
    assert finding.id == "advertising.certificate"


def test_the_doctor_finds_that_a_certificate_has_expired(
    advertise: Callable[..., list[Finding]],
    certificates: Certificates,
    tmp_path: Path,
) -> None:
    expired = tmp_path / "expired.pem"
    request = certificates.key.with_name("request")
    names = certificates.key.with_name("names")
    command = ["openssl", "x509", "-req", "-days", "-1", "-in", request, "-extfile", names]
    command += ["-signkey", certificates.key, "-out", expired]
    subprocess.run(command, check=True, capture_output=True)
    files = {**files_of(certificates), "TLS_CERTIFICATE": expired}
    (finding,) = advertise(ADVERTISE="localhost", **files)
    assert finding.id == "advertising.certificate"
    assert "expired" in finding.found


@pytest.mark.parametrize(
    ("variables", "id_", "told"),
    [
        ({"ADVERTISE": "http://gpu7"}, "unusable", "name or address"),
        ({"ADVERTISE": "gpu7", "TOKEN_FILE": "/nowhere"}, "unusable", "/nowhere"),
        (
            {"ADVERTISE": "gpu7", "TLS_CERTIFICATE": "/no/a", "TLS_KEY": "/no/b"},
            "unusable",
            "/no/a",
        ),
        ({"ADVERTISE": "gpu7"}, "open", "others on the network can read them"),
    ],
)
def test_the_doctor_finds_how_operators_can_not_or_not_safely_be_advertised(
    advertise: Callable[..., list[Finding]], variables: dict[str, str], id_: str, told: str
) -> None:
    (finding,) = advertise(**variables)
    assert finding.id == f"advertising.{id_}"
    assert told in finding.found


def test_where_nothing_is_advertised_the_doctor_has_nothing_to_say(
    advertise: Callable[..., list[Finding]],
) -> None:
    assert advertise() == []


def test_an_advertised_operator_is_reached_on_loopback_too(small_mephisto: Any) -> None:
    result = small_mephisto.run(OPERATOR, MEPHISTO_METRICS_ADVERTISE="gpu7")
    assert result.returncode == 0, result.stderr
    (own,), ((advertised, labels),) = json.loads(result.stdout)
    assert own.startswith("127.0.0.1:")
    assert advertised.startswith("gpu7:")
    assert "__scheme__" not in labels
    assert result.stderr.count("others on the network can read them") == 1


def test_a_certificate_that_others_will_refuse_is_one_warning(
    small_mephisto: Any, certificates: Certificates
) -> None:
    settings = {
        f"MEPHISTO_METRICS_{name}": str(path) for name, path in files_of(certificates).items()
    }
    result = small_mephisto.run(OPERATOR, MEPHISTO_METRICS_ADVERTISE="gpu7", **settings)
    assert result.returncode == 0, result.stderr
    assert len(json.loads(result.stdout)[1]) == 1
    assert result.stderr.count("other machines will refuse the certificate") == 1


def test_settings_that_can_not_be_used_are_one_warning_and_the_run_is_recorded_here(
    small_mephisto: Any,
) -> None:
    settings = {"MEPHISTO_METRICS_ADVERTISE": "gpu7", "MEPHISTO_METRICS_TLS_KEY": "/no"}
    result = small_mephisto.run(OPERATOR, **settings)
    assert result.returncode == 0, result.stderr
    own, advertised = json.loads(result.stdout)
    assert (len(own), advertised) == (1, [])
    assert result.stderr.count("is not advertised to other machines: set both") == 1
