"""Which archive is wanted: by platform, by version, by a file's name; and who says its digest."""

from __future__ import annotations

import platform
import re
from pathlib import Path
from typing import Any

import pytest
from tests.python.install.archives import digest, grafana_archive
from tests.python.install.conftest import CommandLine
from tests.python.install.mirror import Mirror

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.install import planning, platforms
from mephisto_metrics.stack.install.installing import failure, install
from mephisto_metrics.stack.install.platforms import Platform
from mephisto_metrics.stack.install.releases import (
    PINNED,
    ArchiveName,
    PinnedDigest,
    Release,
    grafana_url,
    of_version,
    parse_file_name,
)
from mephisto_metrics.stack.install.sources import Sources

PLATFORMS = [Platform(*text) for text in (("linux", "amd64"), ("linux", "arm64"))]
PLATFORMS += [Platform(*text) for text in (("darwin", "amd64"), ("darwin", "arm64"))]


class Silent:
    def say(self, text: str) -> None:
        pass

    def progress(self, *_: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("system", "machine", "expected"),
    [
        ("Linux", "x86_64", "linux-amd64"),
        ("Linux", "aarch64", "linux-arm64"),
        ("Darwin", "x86_64", "darwin-amd64"),
        ("Darwin", "arm64", "darwin-arm64"),
    ],
)
def test_each_platform_that_there_is_a_release_for_is_known(
    system: str, machine: str, expected: str
) -> None:
    assert str(platforms.named(system, machine)) == expected
    assert all(expected in release.digests for release in PINNED.values())


@pytest.mark.parametrize(
    ("system", "machine", "reason", "what_works"),
    [
        ("Windows", "AMD64", "does not run on Windows yet", "WSL"),
        ("Linux", "riscv64", "a CPU called `riscv64`", "`mephisto metrics view`"),
        ("Darwin", "ppc", "a CPU called `ppc`", "`mephisto metrics view`"),
        ("FreeBSD", "amd64", "no pinned release for `FreeBSD`", "`mephisto metrics view`"),
    ],
)
def test_elsewhere_it_is_said_what_works_without(
    command_line: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    system: str,
    machine: str,
    reason: str,
    what_works: str,
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)

    result = command_line("install", "--json")

    assert result.status == 1
    assert reason in result.json["error"]
    assert what_works in result.err


def test_pinned_archives_have_their_publishers_addresses_and_a_digest() -> None:
    for release in PINNED.values():
        for one in PLATFORMS:
            archive = release.archive(one)
            assert archive.url.startswith("https://")
            assert archive.checksums_url.startswith("https://")
            assert archive.pinned is not None
            assert re.fullmatch(r"[0-9a-f]{64}", archive.pinned.sha256)
            name = parse_file_name(archive.file_name)
            assert name is not None
            assert (name.program, name.platform) == (release.program, str(one))
            assert of_version(release.program, name.version) == release
    digests = [one.sha256 for release in PINNED.values() for one in release.digests.values()]
    assert len(set(digests)) == 8


@pytest.mark.parametrize(
    ("program", "text", "url"),
    [
        (
            "prometheus",
            "v2.55.1",
            "https://github.com/prometheus/prometheus/releases/download/v2.55.1/"
            "prometheus-2.55.1.linux-arm64.tar.gz",
        ),
        (
            "prometheus",
            "3.14.0-rc.0",
            "https://github.com/prometheus/prometheus/releases/download/v3.14.0-rc.0/"
            "prometheus-3.14.0-rc.0.linux-arm64.tar.gz",
        ),
        (
            "grafana",
            "13.0.1+security-01_25720641773",
            "https://dl.grafana.com/grafana/release/13.0.1+security-01/"
            "grafana_13.0.1+security-01_25720641773_linux_arm64.tar.gz",
        ),
        (
            "grafana",
            "12.0.0",
            "https://dl.grafana.com/oss/release/grafana-12.0.0.linux-arm64.tar.gz",
        ),
    ],
)
def test_another_version_has_its_address_and_the_publishers_checksums(
    program: str, text: str, url: str
) -> None:
    archive = of_version(program, text).archive(Platform("linux", "arm64"))

    assert archive.url == url
    assert archive.needs_checksums
    expected = "sha256sums.txt" if program == "prometheus" else f"{archive.file_name}.sha256"
    assert archive.checksums_name == expected


@pytest.mark.parametrize("text", ["", "3", "3.1", "latest", "3.1.2/../../x", "3.1.2_123", "3.1.2 "])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(StackError, match="is no version of Prometheus"):
        of_version("prometheus", text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "prometheus-3.13.2.linux-amd64.tar.gz",
            ArchiveName("prometheus", "3.13.2", "linux-amd64"),
        ),
        (
            "prometheus-3.14.0-rc.0.darwin-arm64.tar.gz",
            ArchiveName("prometheus", "3.14.0-rc.0", "darwin-arm64"),
        ),
        (
            "grafana_13.1.3_31135815010_linux_amd64.tar.gz",
            ArchiveName("grafana", "13.1.3_31135815010", "linux-amd64"),
        ),
        ("grafana-12.0.0.linux-arm64.tar.gz", ArchiveName("grafana", "12.0.0", "linux-arm64")),
        ("grafana-enterprise-12.0.0.linux-arm64.tar.gz", None),
        ("prometheus.tar.gz", None),
        ("prometheus-3.13.2.linux-amd64.zip", None),
        ("alertmanager-0.28.0.linux-amd64.tar.gz", None),
    ],
)
def test_a_files_name_says_what_is_in_it(name: str, expected: ArchiveName | None) -> None:
    assert parse_file_name(name) == expected


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("prometheus.tar.gz", "is not the name of an archive"),
        ("prometheus-9.8.7.plan9-amd64.tar.gz", "is for plan9-amd64"),
    ],
)
def test_a_file_that_is_not_for_this_machine_is_refused(
    command_line: CommandLine, tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / name).touch()

    result = command_line("install", "--from", tmp_path / name)

    assert result.status == 1
    assert reason in result.err


def test_a_folder_that_lacks_an_archive_or_has_several_is_told_apart(tmp_path: Path) -> None:
    sources = Sources(path=tmp_path)
    with pytest.raises(StackError, match=r"does not hold `prometheus-3.*there: none"):
        sources.archive("prometheus")
    for version in ("9.8.7", "9.8.8"):
        (tmp_path / f"prometheus-{version}.{platforms.current()}.tar.gz").touch()
    with pytest.raises(StackError, match=r"there: `prometheus-9.8.7.*`, `prometheus-9.8.8") as two:
        sources.archive("prometheus")
    assert "--only prometheus --from FILE" in two.value.hint

    _, chosen = Sources(path=tmp_path, version="9.8.8").archive("prometheus")

    assert chosen == tmp_path / f"prometheus-9.8.8.{platforms.current()}.tar.gz"


@pytest.mark.parametrize(
    ("program", "version", "reason"),
    [
        ("prometheus", None, "is an archive of Grafana, where one of Prometheus is wanted"),
        ("grafana", "9.1.0_8", "is version 9.1.0_7: `--version` says 9.1.0_8"),
        ("grafana", "9.1.1", "is version 9.1.0_7: `--version` says 9.1.1"),
    ],
)
def test_a_file_that_is_not_what_was_asked_for_is_refused(
    tmp_path: Path, program: str, version: str | None, reason: str
) -> None:
    file = archive_of_a_build(tmp_path)

    with pytest.raises(StackError, match=reason):
        Sources(version=version, path=file).archive(program)


@pytest.mark.parametrize("version", [None, "9.1.0", "v9.1.0", "9.1.0_7"])
def test_a_file_of_any_build_will_do_where_none_is_named(
    tmp_path: Path, version: str | None
) -> None:
    file = archive_of_a_build(tmp_path)

    archive, chosen = Sources(version=version, path=file).archive("grafana")

    assert (archive.version, chosen) == ("9.1.0", file)


def archive_of_a_build(folder: Path) -> Path:
    platform = str(platforms.current()).replace("-", "_")
    file = folder / f"grafana_9.1.0_7_{platform}.tar.gz"
    file.touch()
    return file


@pytest.fixture
def confirmed_once(command_line: CommandLine, server: Mirror) -> planning.Request:
    """A Grafana whose pinned digest was found in one place only, at a mirror."""
    content = grafana_archive("9.1.0")
    found_once = {str(platforms.current()): PinnedDigest(digest(content), sources=1)}
    release = Release("grafana", "9.1.0", grafana_url("7"), "{url}.sha256", found_once)
    archive = release.archive(platforms.current())
    server.add(archive.file_name, content)
    sources = Sources(mirror=server.url, pinned={"grafana": release})
    return planning.Request(names=("grafana",), sources=sources)


def test_a_digest_of_one_source_has_to_be_confirmed_by_the_publisher(
    confirmed_once: planning.Request, server: Mirror
) -> None:
    (name,) = server.files
    content = server.files[name].content

    missing = failure(install(confirmed_once, Silent()))
    server.add(f"{name}.sha256", b"0" * 64, content_type="text/plain")
    contradicted = failure(install(confirmed_once, Silent()))

    assert missing is not None
    assert "answers 404" in str(missing)
    assert contradicted is not None
    assert "0" * 64 in str(contradicted)
    assert digest(content) in str(contradicted)
    assert server.ranges(name) == []

    server.add(f"{name}.sha256", f"{digest(content)}  {name}".encode(), content_type="text/plain")
    (outcome,) = install(confirmed_once, Silent())
    assert outcome.program is not None
    assert outcome.program.version == "9.1.0"
