"""Waits, from the start of the interpreter, for the first import of Mephisto.

Then it lets Mephisto use our metrics; where Mephisto's command line was called as `mephisto
metrics`, it answers that command instead, before Mephisto's slow import. It imports nothing that
the interpreter has not loaded already, and no fault of it or behind it stops anybody's import:
MEPHISTO_METRICS_DEBUG=1 shows faults on standard error, MEPHISTO_METRICS_OFF=1 switches all off.
"""

import os
import sys

COMMAND_NAMES = ("mephisto", "mephisto.exe", "mephisto-script.py")


def _is_set(variable):
    return os.environ.get(variable, "0") not in ("", "0")


class _MephistoWatch:
    """A finder that finds nothing by itself, and does nothing but once."""

    is_over = False

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):  # noqa: ARG003 - a finder's signature
        """Act on the first import of mephisto."""
        if fullname != "mephisto" or cls.is_over:
            return None
        cls.is_over = True
        if _is_metrics_command():
            _answer_metrics_command()
        return _substituted_spec()


def _is_metrics_command():
    called_as, *arguments = getattr(sys, "argv", None) or [""]
    return os.path.basename(called_as) in COMMAND_NAMES and arguments[:1] == ["metrics"]


def _answer_metrics_command():
    main = _guarded(_load_command_line)
    if main is not None:
        sys.argv = [sys.argv[0], *sys.argv[2:]]
        sys.exit(main())


def _load_command_line():
    from mephisto_metrics.cli import main

    return main


def _substituted_spec():
    return _guarded(_install_and_find)


def _install_and_find():
    import importlib.util

    from mephisto_metrics import install

    install()
    return importlib.util.find_spec("mephisto")


def _guarded(action):
    try:
        return action()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - a panic in native code is no Exception
        if _is_set("MEPHISTO_METRICS_DEBUG"):
            sys.stderr.write(f"mephisto_metrics: {action.__name__}: {error!r}\n")
        return None


if not _is_set("MEPHISTO_METRICS_OFF"):
    sys.meta_path.insert(0, _MephistoWatch)
