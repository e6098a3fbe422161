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
        answer = _guarded(_answering_spec) if _is_metrics_command() else None
        return answer or _guarded(_install_and_find)


class _Answer:
    """A loader that loads nothing: it answers `mephisto metrics`, and ends the interpreter.

    While a finder is asked, as the watch is, Python lets no other thread import anything.
    """

    def __init__(self, main):
        self._main = main

    def create_module(self, spec):
        """Leave it to Python to make the module."""

    def exec_module(self, module):
        """Run our command line, for which Mephisto is not imported."""
        del sys.modules[module.__name__]
        sys.argv = [sys.argv[0], *sys.argv[2:]]
        sys.exit(self._main())


def _is_metrics_command():
    called_as, *arguments = getattr(sys, "argv", None) or [""]
    return os.path.basename(called_as) in COMMAND_NAMES and arguments[:1] == ["metrics"]


def _answering_spec():
    from importlib.machinery import ModuleSpec

    from mephisto_metrics.cli import main

    return ModuleSpec("mephisto", _Answer(main))


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
