"""The releases that are installed: their addresses, file names and digests."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from mephisto_metrics.machine.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mephisto_metrics.stack.install.platforms import Platform

SUFFIX = ".tar.gz"
VERSION = r"\d+\.\d+\.\d+(?:[-+.][0-9A-Za-z][0-9A-Za-z.+-]*)?"
BUILD = r"\d+"
SOURCES_TRUSTED = 2
"""A digest that was found in fewer places has to be confirmed by the publisher."""


@dataclass(frozen=True)
class PinnedDigest:
    """A SHA-256 digest that this package brings."""

    sha256: str
    sources: int
    """In how many independent public places it was found."""


@dataclass(frozen=True)
class Archive:
    """A publisher's archive of a program for one platform."""

    program: str
    version: str
    url: str
    checksums_url: str
    pinned: PinnedDigest | None = None

    @property
    def file_name(self) -> str:
        """Its name, at a mirror and on a disk too."""
        return _last_part(self.url)

    @property
    def checksums_name(self) -> str:
        """The name of the publisher's file with its digest."""
        return _last_part(self.checksums_url)

    @property
    def needs_checksums(self) -> bool:
        """Whether the publisher's file has to be asked for its digest."""
        return self.pinned is None or self.pinned.sources < SOURCES_TRUSTED

    def at_mirror(self, url: str) -> Archive:
        """Return the same archive at an address that holds files by their names."""
        base = url.rstrip("/")
        return replace(
            self,
            url=f"{base}/{self.file_name}",
            checksums_url=f"{base}/{self.checksums_name}",
        )


@dataclass(frozen=True)
class Release:
    """A version of a program, and where its archives are; `{platform}` differs among them."""

    program: str
    version: str
    url: str
    checksums_url: str
    digests: Mapping[str, PinnedDigest]

    def archive(self, platform: Platform) -> Archive:
        """Return the archive for a platform."""
        words = {"os": platform.system, "arch": platform.architecture, "version": self.version}
        url = self.url.format(**words)
        return Archive(
            program=self.program,
            version=self.version,
            url=url,
            checksums_url=self.checksums_url.format(url=url, **words),
            pinned=self.digests.get(str(platform)),
        )


PROMETHEUS_FOLDER = "https://github.com/prometheus/prometheus/releases/download/v{version}"
PROMETHEUS_URL = PROMETHEUS_FOLDER + "/prometheus-{version}.{os}-{arch}.tar.gz"
PROMETHEUS_CHECKSUMS_URL = PROMETHEUS_FOLDER + "/sha256sums.txt"

GRAFANA_FOLDER = "https://dl.grafana.com/grafana/release/{version}"
GRAFANA_CHECKSUMS_URL = "{url}.sha256"
# Without a build number: for versions whose number the user does not give.
GRAFANA_URL_OF_A_VERSION = "https://dl.grafana.com/oss/release/grafana-{version}.{os}-{arch}.tar.gz"


def grafana_url(build: str) -> str:
    """Return where a build of Grafana is."""
    return f"{GRAFANA_FOLDER}/grafana_{{version}}_{build}_{{os}}_{{arch}}.tar.gz"


PINNED: Mapping[str, Release] = {
    "prometheus": Release(
        program="prometheus",
        version="3.13.2",
        url=PROMETHEUS_URL,
        checksums_url=PROMETHEUS_CHECKSUMS_URL,
        digests={
            "linux-amd64": PinnedDigest(
                "0e8c4d46101bd025ea8265e377d2caabc57f488fc1be1c367f37db69ea41be6f", 9
            ),
            "linux-arm64": PinnedDigest(
                "7cecb17a6f41d59814e1a0581a1f81f79051ad5973d1ecf39e23a9f747d6572a", 3
            ),
            "darwin-amd64": PinnedDigest(
                "e57095aed0b69e10edaee28b92718d4a65f46d466bf93aeda54075e901d15c2a", 2
            ),
            "darwin-arm64": PinnedDigest(
                "f68ca4f1dbedd6366bbfdd8ac5d2c0b7ba1f273474acc8d38eb33202fbeec7a4", 3
            ),
        },
    ),
    "grafana": Release(
        program="grafana",
        version="13.1.3",
        url=grafana_url("31135815010"),
        checksums_url=GRAFANA_CHECKSUMS_URL,
        digests={
            "linux-amd64": PinnedDigest(
                "e0fd22aa63901ebc961ee64195da60eef8624a831683ca10b26c7b068082e92b", 3
            ),
            "linux-arm64": PinnedDigest(
                "83eef49ccc6529da5ef3ffd2bc76dadfa66cca9a9684278bf858346cf2271b5d", 3
            ),
            "darwin-amd64": PinnedDigest(
                "abdb13038f8604c8fbb3d355e728ea217d4f67b41baf3e66369cff2f758179ca", 1
            ),
            "darwin-arm64": PinnedDigest(
                "cbd4fc856fa5817a7fbc141d1e11cb1d79ca21cea15294cd32d9c82a666d382a", 2
            ),
        },
    ),
}


def of_version(program: str, text: str, pinned: Mapping[str, Release] = PINNED) -> Release:
    """Return the release of a version as a user writes it: `3.13.3`, `v3.13.3`, `13.2.0_BUILD`.

    Another than the pinned one has no digests: the publisher's file decides.
    """
    found = re.fullmatch(rf"v?(?P<version>{VERSION})(?:_(?P<build>{BUILD}))?", text)
    build = found and found["build"]
    if found is None or (build and program != "grafana"):
        raise StackError(
            f"`{text}` is no version of {program.capitalize()}",
            "write it as in `--version 3.13.3`; Grafana's also with its build, as in the name of "
            "its archive: `--version 13.1.3_31135815010`",
        )
    version, known = found["version"], pinned[program]
    if version == known.version and build is None:
        return known
    if program == "prometheus":
        return Release(program, version, PROMETHEUS_URL, PROMETHEUS_CHECKSUMS_URL, {})
    url = grafana_url(build) if build else GRAFANA_URL_OF_A_VERSION
    same_build = url == known.url and version == known.version
    return known if same_build else Release(program, version, url, GRAFANA_CHECKSUMS_URL, {})


ARCHIVE_NAME = re.compile(
    rf"(?P<program>prometheus|grafana)(?:-(?P<version>{VERSION}?)\.(?P<platform>[a-z0-9]+-[a-z0-9]+)"
    rf"|_(?P<version_built>{VERSION})_(?P<build>{BUILD})_(?P<os>[a-z0-9]+)_(?P<arch>[a-z0-9]+))"
    rf"{re.escape(SUFFIX)}"
)


@dataclass(frozen=True)
class ArchiveName:
    """What an archive's name says."""

    program: str
    version: str
    """As `of_version` takes it."""
    platform: str


def parse_file_name(name: str) -> ArchiveName | None:
    """Return what the publisher's name of an archive says; None if it is another name."""
    found = ARCHIVE_NAME.fullmatch(name)
    if found is None:
        return None
    if found["build"]:
        version = f"{found['version_built']}_{found['build']}"
        return ArchiveName(found["program"], version, f"{found['os']}-{found['arch']}")
    return ArchiveName(found["program"], found["version"], found["platform"])


def _last_part(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2])
