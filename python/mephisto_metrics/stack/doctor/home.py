"""Whether the home can be used: it is there, ours, writable, and has space."""

from __future__ import annotations

import os
import shlex
import shutil
from typing import TYPE_CHECKING

import psutil

from mephisto_metrics.machine import places
from mephisto_metrics.machine.users import owner_if_another
from mephisto_metrics.stack.doctor.findings import Finding, note, problem, well

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEGABYTE = 1_000_000
FULL_BYTES = 50 * MEGABYTE
NEARLY_FULL_BYTES = 500 * MEGABYTE
MOST_ENTRIES_LOOKED_AT = 1000
NOTHING_RECORDED = (
    "the store can not keep what it collects there, and no process can say that it runs"
)
NETWORK_DISKS = {
    *("9p", "afs", "afpfs", "beegfs", "ceph", "cifs", "fuse.ceph", "fuse.glusterfs", "fuse.sshfs"),
    *("fuse.juicefs", "glusterfs", "gpfs", "lustre", "nfs", "nfs4", "panfs", "smb2", "smb3"),
    *("smbfs", "wekafs"),
}
ANOTHER_FOLDER = "or set MEPHISTO_METRICS_HOME to another folder"


def check() -> Iterator[Finding]:
    """Look at the home, or at the folder that it would be made in."""
    home = places.home()
    folder = _nearest_existing(home)
    unusable = _unusable(home, folder)
    if unusable is not None:
        yield unusable
        return
    yield from _relative(home)
    yield from _foreign(home)
    yield from _network_disk(home, folder)
    yield _space(home, folder)


def _nearest_existing(path: Path) -> Path:
    return next(parent for parent in (path, *path.absolute().parents) if os.path.lexists(parent))


def _unusable(home: Path, folder: Path) -> Finding | None:
    if not folder.is_dir():
        what = f"`{home}` can not be a folder: `{folder}` is something else"
        remedy = f"move `{folder}` away, {ANOTHER_FOLDER}"
        return problem("home.no-folder", what, NOTHING_RECORDED, remedy)
    if os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return None
    if _is_read_only(folder):
        what = f"the folder `{folder}` is on a disk that is read-only"
        remedy = f"let it be written to (Linux shuts a disk that fails), {ANOTHER_FOLDER}"
        return problem("home.read-only", what, NOTHING_RECORDED, remedy)
    owner = owner_if_another(folder)
    if owner is not None:
        what = f"the folder `{folder}` belongs to {owner}, and you may not write to it"
        return problem("home.foreign", what, NOTHING_RECORDED, f"ask its owner, {ANOTHER_FOLDER}")
    what = f"you may not write to the folder `{folder}`"
    command = f"chmod u+rwx '{folder}'"
    return problem("home.no-access", what, NOTHING_RECORDED, "let yourself write to it", command)


def _is_read_only(folder: Path) -> bool:
    return hasattr(os, "statvfs") and bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def _relative(home: Path) -> Iterator[Finding]:
    if not home.is_absolute():
        yield note(
            "home.relative",
            f"MEPHISTO_METRICS_HOME is `{home}`, which is another folder in each current folder",
            "what is run in another one neither finds nor shows what runs and is recorded here",
            "set it to a whole path, in all shells and jobs alike",
            f"export MEPHISTO_METRICS_HOME={shlex.quote(str(home.absolute()))}",
        )


def _network_disk(home: Path, folder: Path) -> Iterator[Finding]:
    """Find that other machines may have the home too: each takes the others' processes for gone."""
    kind = _kind_of_disk(folder.resolve())
    if kind in NETWORK_DISKS:
        yield note(
            "home.network-disk",
            f"the folder `{home}` is on a network's disk ({kind})",
            "a home belongs to one machine. Where several have it at once, each takes what the "
            "others run for gone: Operators are not recorded, and stores are in each other's way",
            "if this machine is not the only one, set MEPHISTO_METRICS_HOME to a folder on a disk "
            "of its own, in all shells and jobs alike",
            'export MEPHISTO_METRICS_HOME="/var/tmp/mephisto-metrics-$(id -un)"',
        )


def _kind_of_disk(folder: Path) -> str:
    """Return the file system of a folder, such as `ext4`; empty if that is not known."""
    try:
        disks = psutil.disk_partitions(all=True)
    except (psutil.Error, OSError):
        return ""
    above = {str(path) for path in (folder, *folder.parents)}
    found = [disk for disk in disks if disk.mountpoint in above]
    # Of two at the same place the later one covers the earlier.
    return max(reversed(found), key=lambda disk: len(disk.mountpoint)).fstype if found else ""


def _foreign(home: Path) -> Iterator[Finding]:
    """Find what another user has left in the home, as `sudo` does."""
    owner = owner_if_another(home)
    if owner is not None:
        yield note(
            "home.foreign-but-writable",
            f"the folder `{home}` belongs to {owner}, and you may write to it all the same",
            "what you make there belongs to you, and may then be closed to its owner",
            "run commands as its owner, or set MEPHISTO_METRICS_HOME to a folder of your own",
        )
    closed = [path for path in _entries(home) if not _may_write(path)]
    if closed:
        others = f" and {len(closed) - 1} more" if len(closed) > 1 else ""
        whose = owner_if_another(closed[0])
        yield problem(
            "home.closed-files",
            f"you may not write to `{closed[0]}`{others}{f', of {whose}' if whose else ''}",
            "something was run here as another user, as with `sudo`; now parts can not start",
            "give all that is in the home to yourself, as an administrator",
            f"sudo chown -R \"$(id -un)\" '{home}'",
        )


def _entries(home: Path) -> Iterator[Path]:
    """Give the files and folders of the home that are written to; not what programs bring."""
    count = 0
    for pattern in ("*", "state/**/*", "logs/*", "targets/*", "data/*", "data/*/*", "config/*"):
        for path in home.glob(pattern):
            count += 1
            if count > MOST_ENTRIES_LOOKED_AT:
                return
            if not path.is_symlink():
                yield path


def _may_write(path: Path) -> bool:
    is_folder = path.is_dir()
    return not path.exists() or os.access(path, os.W_OK | (os.X_OK if is_folder else 0))


def _space(home: Path, folder: Path) -> Finding:
    free_bytes = shutil.disk_usage(folder).free
    free = f"{free_bytes / MEGABYTE:,.0f} MB"
    if free_bytes < FULL_BYTES or _has_no_inodes(folder):
        return problem(
            "home.full",
            f"the disk of `{home}` is full: {free} are free",
            "the store goes on and answers, but can not keep what it collects now",
            "free some space there, or keep recorded data for less long: "
            "`mephisto metrics view --retention 3d`",
        )
    if free_bytes < NEARLY_FULL_BYTES:
        return note(
            "home.nearly-full",
            f"the disk of `{home}` is nearly full: {free} are free",
            "once it is full, the store can not keep what it collects",
            "free some space there, or keep recorded data for less long: "
            "`mephisto metrics view --retention 3d`",
        )
    state = "can be used" if home.exists() else "is not there yet, and can be made"
    return well("home.well", f"the folder `{home}` {state}; {free} are free")


def _has_no_inodes(folder: Path) -> bool:
    if not hasattr(os, "statvfs"):
        return False
    disk = os.statvfs(folder)
    return disk.f_files > 0 and disk.f_favail == 0
