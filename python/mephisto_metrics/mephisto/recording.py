"""A store for this process's Operators, looked for beside them.

Mephisto asks for one in `Operator()`, and in its event loop every ten seconds. To start one may
take minutes, so each look has a thread of its own, and after one in vain there is a pause.

What a look needs is imported here, before there is a thread. A dataclass executes text when it is
made, and CPython (3.8 to 3.13) takes text that is executed in any thread for a new beginning: it
forgets that Ctrl-C ended the program (`_Py_UnhandledKeyboardInterrupt`), whose exit status is then
1 instead of the signal's. And `concurrent.futures` can not be imported at all while a program ends.
"""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING, Callable

import filelock  # noqa: F401 - see above

import mephisto_metrics.stack.asking  # noqa: F401 - see above
from mephisto_metrics.mephisto.outages import STORE
from mephisto_metrics.stack import store
from mephisto_metrics.stack.back_off import BackOff

if TYPE_CHECKING:
    from mephisto_metrics.mephisto.outages import Outages


class Recording:
    """Sees to it that a store runs; one for a process, and another one in each fork of it."""

    def __init__(self, outages: Outages, clock: Callable[[], float] = time.monotonic) -> None:
        self._outages = outages
        self._back_off = BackOff(clock, starts_tried=math.inf)
        self._lock = threading.Lock()
        self._is_looking = False
        self._is_over = False

    def ensure(self) -> None:
        """Look for a store, and start one if there is none; returns at once.

        Does nothing while an earlier look goes on, and in the pause after one that was in vain.
        """
        with self._lock:
            is_pausing = self._back_off.is_pausing and not self._back_off.is_due
            if self._is_looking or self._is_over or is_pausing:
                return
            # A process does not wait for it at its end: what it has started by then goes on.
            threading.Thread(target=self._look, name="mephisto-metrics-store", daemon=True).start()
            self._is_looking = True

    def end(self) -> None:
        """Look no more, and say no more: the interpreter ends."""
        with self._lock:
            self._is_over = True

    def _look(self) -> None:
        error: Exception | None = None
        try:
            store.ensure_recording()
        except Exception as raised:  # noqa: BLE001 - metrics never break a run
            error = raised
        with self._lock:
            self._is_looking = False
            if not self._is_over:
                self._note(error)

    def _note(self, error: Exception | None) -> None:
        if error is not None:
            self._back_off.ended()
            self._outages.begin(STORE, error)
        elif self._back_off.is_pausing:
            self._back_off.started()
            self._outages.end(STORE)
