"""Where mephisto-metrics keeps its files: `$MEPHISTO_METRICS_HOME` and the folders in it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import platformdirs

from mephisto_metrics.machine.errors import StackError

HOME_VARIABLE = "MEPHISTO_METRICS_HOME"
NO_USER_FOLDER = "this user has no home folder, and HOME is not set"


def home() -> Path:
    """Return `$MEPHISTO_METRICS_HOME`, by default the platform's folder for a user's data.

    Raises `StackError` where that would be in the folder of a user who has none, or who is unknown.
    """
    chosen = os.environ.get(HOME_VARIABLE)
    return _expanded(chosen) if chosen else _default_home()


def settle_home() -> None:
    """Let a relative `$MEPHISTO_METRICS_HOME` stay the folder that it is now, here and in children.

    Scripts change the current folder, and so does Mephisto while it launches a task.
    """
    chosen = os.environ.get(HOME_VARIABLE)
    if chosen and not chosen.startswith("~"):
        # Where the current folder is gone, whoever uses the home will say that it can not be used.
        with contextlib.suppress(OSError):
            os.environ[HOME_VARIABLE] = str(Path(chosen).absolute())


def _expanded(chosen: str) -> Path:
    user = chosen.partition("/")[0][1:]
    try:
        return Path(chosen).expanduser()
    except RuntimeError:
        unknown = f"{HOME_VARIABLE} is `{chosen}`, and there is no user `{user}`"
        raise _no_home(unknown if user else NO_USER_FOLDER) from None


def _default_home() -> Path:
    try:
        default = platformdirs.user_data_path("mephisto-metrics")
    except RuntimeError:
        raise _no_home(NO_USER_FOLDER) from None
    # Older releases of platformdirs leave a `~` in it, which would be made in the current folder.
    if not default.is_absolute():
        raise _no_home(NO_USER_FOLDER)
    return default


def _no_home(reason: str) -> StackError:
    return StackError(
        f"there is no folder for metrics: {reason}",
        f"set {HOME_VARIABLE} to a folder that you may write to, such as /var/tmp/mephisto-metrics",
    )


def targets_folder() -> Path:
    """Return where each Operator that serves metrics has a file, in Prometheus's file_sd format."""
    return home() / "targets"


def advertised_folder() -> Path:
    """Return where each Operator that other machines may reach has a file for them, as in file_sd.

    Apart from the targets of this home, which are scraped over loopback.
    """
    return home() / "advertised"


def data_folder(kind: str) -> Path:
    """Return where a store of `kind`, such as `builtin`, keeps its samples."""
    return home() / "data" / kind


def programs_folder() -> Path:
    """Return where `install` unpacks programs, with a record of which one is used."""
    return home() / "bin"


def downloads_folder() -> Path:
    """Return where archives are kept while they are downloaded and unpacked.

    Its name is ours alone, since what is in it is removed, and a home may hold other things too.
    """
    return home() / "mephisto-downloads"


def config_folder() -> Path:
    """Return where the configuration of programs is, written anew at each start."""
    return home() / "config"


def rules_folder() -> Path:
    """Return where a user's own rule files are, which the store reads beside ours."""
    return home() / "rules"


def state_folder() -> Path:
    """Return where each running process says what it is, and where locks are."""
    return home() / "state"


def logs_folder() -> Path:
    """Return where the output of the processes in the background goes."""
    return home() / "logs"
