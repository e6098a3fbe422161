"""Archives that look like the publishers', with programs that say the right version."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Optional

from mephisto_metrics.stack.install import platforms

SCRIPT = '#!/bin/sh\necho "{says}"\n'


def platform() -> str:
    return str(platforms.current())


def prometheus_name(version: str) -> str:
    return f"prometheus-{version}.{platform()}.tar.gz"


def grafana_name(version: str, build: str = "123") -> str:
    return f"grafana_{version}_{build}_{platform().replace('-', '_')}.tar.gz"


def prometheus_archive(version: str, program: bytes | None = None, ballast_bytes: int = 0) -> bytes:
    """Return an archive whose Prometheus says its version; with ballast that can not be packed."""
    top = f"prometheus-{version}.{platform()}"
    says = f"prometheus, version {version} (branch: HEAD, revision: 0)"
    script = SCRIPT.format(says=says).encode()
    members = [
        folder(top),
        file(f"{top}/prometheus", program or script, mode=0o755),
        file(f"{top}/LICENSE", b"Apache"),
    ]
    if ballast_bytes:
        members.append(file(f"{top}/ballast", os.urandom(ballast_bytes)))
    return archive(members)


def grafana_archive(version: str, says: str | None = None) -> bytes:
    """Return an archive with a stand-in that only says its version."""
    script = SCRIPT.format(says=says or f"grafana version {version}").encode()
    top = f"grafana-{version}"
    return archive(
        [file(f"{top}/bin/grafana", script, mode=0o755), file(f"{top}/VERSION", version.encode())]
    )


Member = tuple[tarfile.TarInfo, Optional[bytes]]


def file(
    name: str, content: bytes = b"x", mode: int = 0o644, says: dict[str, str] | None = None
) -> Member:
    """Return a file; `says` is what its header says in place of what it is."""
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.pax_headers = len(content), mode, says or {}
    return info, content


def long_name(name: bytes) -> Member:
    """Return GNU tar's header with the name of the next member."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, len(name)
    return info, name


def folder(name: str) -> Member:
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, 0o755
    return info, None


def special(
    name: str, kind: bytes, leads_to: str = "", says: dict[str, str] | None = None
) -> Member:
    """Return a link, a device or another member that is no file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.pax_headers = kind, leads_to, says or {}
    return info, None


def symlink(name: str, leads_to: str) -> Member:
    return special(name, tarfile.SYMTYPE, leads_to)


def hard_link(name: str, leads_to: str) -> Member:
    return special(name, tarfile.LNKTYPE, leads_to)


def archive(members: Iterable[Member], tar_format: int = tarfile.PAX_FORMAT) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1, format=tar_format) as made:
        for info, content in members:
            made.addfile(info, None if content is None else io.BytesIO(content))
    return packed.getvalue()


def digest(content: bytes | Path) -> str:
    data = content.read_bytes() if isinstance(content, Path) else content
    return hashlib.sha256(data).hexdigest()
