"""The packaged simulation, for machines where Mephisto cannot run: its metrics, moved by a model.

A discrete-event model of workers over the same run kinds as the real Operator's. Each agent and
unit is in exactly one status, so the states add up and nothing is ever negative.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import random
import threading
import time
from dataclasses import dataclass
from typing import Callable

from mephisto_metrics import REGISTRY, CollectorRegistry
from mephisto_metrics.mephisto import serving
from mephisto_metrics.simulation.instruments import Instruments
from mephisto_metrics.simulation.pace import KINDS, PACES, Pace
from mephisto_metrics.simulation.signals import stop_at_end_of_input, stop_on_signal

STATUS_CHECK_SECONDS = 4.0
"""How often Mephisto asks its router who is still there."""
STORE_CHECK_SECONDS = 10.0
"""How often Mephisto's event loop asks for a store."""


def task_name(kind: str) -> str:
    """Return the name of the task that has a run of this kind."""
    return f"simulated-{kind}"


class Model:
    """An Operator with one task run of each kind, and its workers."""

    def __init__(self, pace: Pace, seed: int, registry: CollectorRegistry = REGISTRY) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - a simulation, not a secret
        self.pace = pace
        self.now = 0.0
        self.instruments = Instruments(self.rng, registry)
        self.open_units = dict.fromkeys(KINDS, pace.assignments)
        self.waiting: Visit | None = None
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._ids = itertools.count(1)
        self._open()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Let `action` happen that many seconds from now."""
        heapq.heappush(self._events, (self.now + seconds, next(self._ids), action))

    def after_work(self, action: Callable[[], None]) -> None:
        """Let `action` happen when a step of work is done."""
        self.after(self.pace.work(self.rng), action)

    def happens(self, share: float) -> bool:
        """Decide by lot."""
        return self.rng.random() < share

    def advance(self, until: float) -> None:
        """Let everything happen that is due by `until`, in seconds since the beginning."""
        while self._events and self._events[0][0] <= until:
            self.now, _, action = heapq.heappop(self._events)
            action()
        self.now = until

    def seconds_to_next_event(self) -> float:
        """Return how long nothing will happen."""
        return self._events[0][0] - self.now

    def _open(self) -> None:
        for task_run_id, kind in enumerate(KINDS, start=1):
            self.instruments.run_launched(task_name(kind), str(task_run_id))
            for _ in range(self.open_units[kind]):
                self.instruments.database("new_assignment", "new_unit", "update_unit")
                self.instruments.unit_moves("standard", None, "launched")
            self.after(self.pace.arrival(self.rng), lambda kind=kind: self._welcome(kind))  # type: ignore[misc]
        self._check_statuses()

    def close(self) -> None:
        """Take back the units that nobody has taken."""
        for task_run_id, kind in enumerate(KINDS, start=1):
            self.instruments.run_expired(task_name(kind), str(task_run_id))
            for _ in range(self.open_units[kind]):
                self.instruments.unit_moves("standard", "launched", "expired")
            self.open_units[kind] = 0

    def _welcome(self, kind: str) -> None:
        worker = Worker(str(next(self._ids)), self.pace.clock_ahead(self.rng))
        Visit(self, kind, worker, is_qualified=None).register()
        self.after(self.pace.arrival(self.rng), lambda: self._welcome(kind))

    def _check_statuses(self) -> None:
        self.instruments.packet("return_statuses")
        self.after(STATUS_CHECK_SECONDS, self._check_statuses)


@dataclass(frozen=True)
class Worker:
    """Who comes, and the clock they come with."""

    id: str
    clock_ahead_seconds: float


class Visit:
    """One worker's stay on a task's page, from registration to submission."""

    def __init__(self, model: Model, kind: str, worker: Worker, is_qualified: bool | None) -> None:
        self._model = model
        self._show = model.instruments
        self._kind = kind
        self._worker = worker
        self._is_qualified = is_qualified
        """None until an onboarding, screening or gold unit has decided it."""
        self._status = "none"
        self._unit_type = "standard"
        self._started = 0.0

    def register(self) -> None:
        """Ask for work."""
        self._send("register_agent")
        self._show.database("find_workers", "get_worker", "check_granted_qualifications")
        if self._is_qualified is False:
            self._refuse("not_qualified")
            return
        self._show.functions("get_valid_units_for_worker")
        self._show.database("find_units")
        if self._model.open_units[self._kind] == 0:
            self._refuse("no_available_units")
            return
        self._show.functions("filter_units_for_worker")
        if self._kind == "onboarding" and self._is_qualified is None:
            self._start_onboarding()
        else:
            self._start_unit()

    def _refuse(self, response: str) -> None:
        self._show.response(response)
        self._perhaps_return()

    def _start_onboarding(self) -> None:
        self._show.database("new_onboarding_agent", "get_onboarding_agent")
        self._show.response("assigned_onboarding")
        self._show.onboarding_outcome("launched")
        self._show.onboardings(+1)
        self._enter("onboarding")
        self._move("onboarding", "onboarding")
        self._start_thread("onboarding")
        self._step(self._submit_onboarding, self._end_onboarding)

    def _submit_onboarding(self) -> None:
        self._send("submit_onboarding")
        self._move("onboarding", "waiting")
        self._show.functions("validate_onboarding")
        self._show.database("update_onboarding_agent", "grant_qualification")
        self._is_qualified = not self._model.happens(self._model.pace.failing_share)
        self._show.onboarding_outcome("passed" if self._is_qualified else "failed")
        self._end_onboarding("approved" if self._is_qualified else "rejected")

    def _end_onboarding(self, status: str) -> None:
        self._end_thread("onboarding")
        self._show.onboardings(-1)
        self._leave("onboarding", status)
        if status == "approved" and self._model.open_units[self._kind]:
            self._start_unit()
        elif status == "disconnect":
            self._perhaps_return()
        else:
            self._refuse("not_qualified")

    def _start_unit(self) -> None:
        self._take_unit()
        self._show.functions("get_init_data_for_agent")
        self._show.database("new_agent", "get_agent", "get_unit", "update_agent")
        self._show.response("assigned")
        self._enter("main")
        self._move("main", "accepted")
        if self._kind != "concurrent":
            self._start_work("unit")
        elif self._model.waiting is None:
            self._move("main", "waiting")
            self._model.waiting = self
        else:
            partner, self._model.waiting = self._model.waiting, None
            partner._start_work("assignment")
            self._start_work(None)

    def _take_unit(self) -> None:
        """Take a unit of the run, or a special one that is made for an untried worker."""
        special = {"screening": "screening_unit", "gold": "gold_unit"}.get(self._kind)
        if special is None or self._is_qualified is not None:
            self._unit_type = "standard"
            self._model.open_units[self._kind] -= 1
        else:
            self._unit_type = special
            names = {"screening_unit": ("get_screening_unit_data", "launch_screening_unit")}
            self._show.functions(*names.get(special, ("get_gold_unit_data_for_worker",)))
            self._show.database("new_assignment", "new_unit")
            self._show.unit_moves(special, None, "launched")
        self._show.unit_moves(self._unit_type, "launched", "assigned")

    def _start_work(self, thread_type: str | None) -> None:
        """Begin to work; the second of a pair is served by the first one's thread."""
        self._move("main", "in task")
        if thread_type is not None:
            self._start_thread(thread_type)
        self._step(
            lambda: self._live_update(thread_type),
            lambda status: self._end_unit(thread_type, status),
        )

    def _live_update(self, thread_type: str | None) -> None:
        self._send("mephisto_bound_live_update")
        self._step(
            lambda: self._submit_unit(thread_type),
            lambda status: self._end_unit(thread_type, status),
        )

    def _submit_unit(self, thread_type: str | None) -> None:
        self._send("submit_unit")
        if self._unit_type != "standard":
            self._is_qualified = not self._model.happens(self._model.pace.failing_share)
            self._show.database("grant_qualification")
        self._end_unit(thread_type, "completed")

    def _end_unit(self, thread_type: str | None, status: str) -> None:
        if thread_type is not None:
            self._end_thread(thread_type)
        self._show.database("update_agent", "update_unit")
        self._leave("main", status)
        self._show.unit_moves(self._unit_type, "assigned", self._unit_after(status))
        self._perhaps_return()

    def _unit_after(self, status: str) -> str:
        if status == "completed":
            return "completed"
        if self._unit_type != "standard":
            return "expired"
        self._show.database("clear_unit_agent_assignment")
        self._model.open_units[self._kind] += 1
        return "launched"

    def _step(self, done: Callable[[], None], gone: Callable[[str], None]) -> None:
        """Let a step of work end in `done`, or in `gone` if the worker disconnects."""
        pace = self._model.pace
        if self._model.happens(pace.error_share):
            self._send("log_error")
        if self._model.happens(pace.disconnecting_share):
            self._model.after_work(lambda: gone("disconnect"))
            return
        if self._model.happens(pace.reloading_share):
            self._send("register_agent")
            self._show.response("reconnection")
        self._model.after_work(done)

    def _send(self, packet_type: str) -> None:
        self._show.packet(packet_type, self._worker.clock_ahead_seconds)

    def _perhaps_return(self) -> None:
        if self._model.happens(self._model.pace.returning_share):
            again = Visit(self._model, self._kind, self._worker, self._is_qualified)
            self._model.after_work(again.register)

    def _enter(self, agent_type: str) -> None:
        self._status = "none"
        self._show.agent_moves(agent_type, None, "none")
        self._show.workers(self._worker.id, agent_type, +1)

    def _move(self, agent_type: str, status: str) -> None:
        self._show.agent_moves(agent_type, self._status, status)
        self._status = status

    def _leave(self, agent_type: str, status: str) -> None:
        self._move(agent_type, status)
        self._show.workers(self._worker.id, agent_type, -1)

    def _start_thread(self, thread_type: str) -> None:
        self._started = self._model.now
        self._show.thread_started(thread_type)

    def _end_thread(self, thread_type: str) -> None:
        self._show.thread_ended(thread_type, self._model.now - self._started)


def run(stop: threading.Event, pace: Pace, duration_seconds: float, seed: int) -> None:
    """Serve the model's metrics as an Operator would, in real time.

    Ends after `duration_seconds`, or when `stop` is set.
    """
    model = Model(pace, seed)
    serving.add_operator()
    for kind in KINDS:
        serving.add_task(task_name(kind))
    _look_for_stores(model)
    begun = time.monotonic()
    while (now := time.monotonic() - begun) < duration_seconds and not stop.is_set():
        model.advance(now)
        stop.wait(min(model.seconds_to_next_event(), duration_seconds - now))
    model.close()
    serving.remove_operator()


def _look_for_stores(model: Model) -> None:
    """Look for a store now, and from time to time: the one that runs may be ended or killed."""
    serving.ensure_store()
    model.after(STORE_CHECK_SECONDS, lambda: _look_for_stores(model))


def main() -> None:
    """Run the simulation from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--duration-seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pace", choices=PACES, default="lively")
    parser.add_argument("--until-input-ends", action="store_true", help="end when stdin does")
    options = parser.parse_args()
    stop = stop_on_signal()
    if options.until_input_ends:
        stop_at_end_of_input(stop)
    run(stop, PACES[options.pace], options.duration_seconds, options.seed)


if __name__ == "__main__":
    main()
