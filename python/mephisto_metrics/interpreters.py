"""Which interpreter of the process this is: the native part serves the main one alone."""

from __future__ import annotations

import importlib
import sys


def refuse_sub_interpreters() -> None:
    """Raise `ImportError` in a sub-interpreter.

    The native part keeps Python objects for the process, such as its types and `REGISTRY`; another
    interpreter would use them beside their owner, and after its end. Up to Python 3.11 nothing else
    stops that, and from 3.12 on not in interpreters that share the GIL.
    """
    if not _is_main_interpreter():
        raise ImportError(
            "mephisto_metrics works in the main interpreter of a process only, and this is a "
            "sub-interpreter: import it in the main one, or run this code in a process of its own "
            "(under mod_wsgi: `WSGIApplicationGroup %{GLOBAL}`)",
            name="mephisto_metrics",
        )


def _is_main_interpreter() -> bool:
    if sys.version_info >= (3, 12):
        from _thread import _is_main_interpreter as is_main

        return bool(is_main())
    try:
        interpreters = importlib.import_module("_xxsubinterpreters")
    except ImportError:  # left out of this build of Python
        return True
    return bool(interpreters.get_current() == interpreters.get_main())
