"""One simulated worker: what a browser sends to Mephisto's router over a stay.

Knows the packets of Mephisto's protocol, and nothing of sockets or of Mephisto's code.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any, Callable, Protocol

if TYPE_CHECKING:
    from mephisto_metrics.simulation.pace import Pace

Packet = dict[str, Any]

ONBOARDING_PREFIX = "onboarding_"
DISCONNECT = "disconnect"
IN_TASK = "in task"


def timestamps(rng: random.Random, clock_ahead_seconds: float = 0.0) -> dict[str, float]:
    """Return the four stamps of a packet that has just reached the Operator from a browser.

    The way behind it is made up (120 ms at most), because here all is one machine. The browser's
    clock may be ahead of the others.
    """
    stages = [rng.uniform(0.005, limit) for limit in (0.08, 0.01, 0.03)]
    client = time.time() - sum(stages)
    return {
        "client_timestamp": client + clock_ahead_seconds,
        "router_incoming_timestamp": client + stages[0],
        "router_outgoing_timestamp": client + stages[0] + stages[1],
        "server_timestamp": client + sum(stages),
    }


class Wire(Protocol):
    """What a worker needs of the router."""

    def send(self, packet: Packet) -> None:
        """Hand a packet to Mephisto."""

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Run `action` on the router's loop after a pause."""

    def expect(self, request_id: str, worker: Worker) -> None:
        """Bring the answer to `request_id` to `worker`."""

    def follow(self, agent_id: str, worker: Worker) -> None:
        """Bring the status of `agent_id` to `worker`."""

    def report_status(self, agent_id: str, status: str) -> None:
        """Tell Mephisto a status that only the router can know."""


class Worker:
    """A worker who registers, works, sometimes fails, and sometimes comes back."""

    def __init__(self, name: str, rng: random.Random, pace: Pace, wire: Wire) -> None:
        self._name = name
        self._rng = rng
        self._pace = pace
        self._clock_ahead_seconds = pace.clock_ahead(rng)
        self._wire = wire
        self._visit = 0
        self._requests = 0
        self._agent_id: str | None = None
        self._working_as: str | None = None
        self._gone = False

    def arrive(self) -> None:
        """Open the task's page: a new visit, so a new registration."""
        if not self._gone:
            self._visit += 1
            self._agent_id = self._working_as = None
            self._register()

    def leave(self) -> None:
        """Close the browser for good, whatever is going on."""
        self._gone = True
        if self._agent_id is not None:
            self._wire.report_status(self._agent_id, DISCONNECT)
            self._agent_id = None

    def on_details(self, details: dict[str, Any]) -> None:
        """Take Mephisto's answer to a registration or to a submitted onboarding."""
        agent_id = details.get("agent_id")
        if self._gone:
            if agent_id is not None:
                self._wire.report_status(agent_id, DISCONNECT)
        elif agent_id is None:
            self._finish_visit()
        elif agent_id != self._agent_id:
            self._agent_id = agent_id
            self._wire.follow(agent_id, self)
            if agent_id.startswith(ONBOARDING_PREFIX):
                self._begin(self._submit_onboarding)

    def on_status(self, agent_id: str, status: str) -> None:
        """Start to work when Mephisto says that the task has begun."""
        if agent_id == self._agent_id and status == IN_TASK and self._working_as != agent_id:
            self._working_as = agent_id
            self._begin(self._live_update)

    def _begin(self, step: Callable[[], None]) -> None:
        """Do `step` after the time it takes, or what happens to this worker instead."""
        if self._happens(self._pace.error_share):
            self._send("log_error", self._subject(), {"final_data": {"errors": ["Script error."]}})
        if self._happens(self._pace.disconnecting_share):
            self._after_work(self._disconnect)
        else:
            if self._happens(self._pace.reloading_share):
                self._after_work(self._reload)
            self._after_work(step)

    def _after_work(self, step: Callable[[], None]) -> None:
        agent_id = self._agent_id

        def unless_changed() -> None:
            if self._agent_id == agent_id and not self._gone:
                step()

        self._wire.later(self._pace.work(self._rng), unless_changed)

    def _register(self) -> None:
        registration_id = f"{self._name}-{self._visit}"
        crowd_data = {"worker_name": self._name, "agent_registration_id": registration_id}
        data = {"request_id": self._new_request(), "provider_data": crowd_data}
        self._send("register_agent", "MockServer", data)

    def _reload(self) -> None:
        self._register()

    def _submit_onboarding(self) -> None:
        answer = {"should_pass": self._answers_rightly()}
        data = {"request_id": self._new_request(), "onboarding_data": answer}
        self._send("submit_onboarding", self._subject(), data)

    def _live_update(self) -> None:
        update_id = f"{self._rng.getrandbits(64):016x}"
        self._send("mephisto_bound_live_update", self._subject(), {"update_id": update_id})
        self._begin(self._submit_unit)

    def _submit_unit(self) -> None:
        data = {"should_pass": self._answers_rightly()}
        self._send("submit_unit", self._subject(), data)
        self._finish_visit()

    def _disconnect(self) -> None:
        self._wire.report_status(self._subject(), DISCONNECT)
        self._finish_visit()

    def _finish_visit(self) -> None:
        self._agent_id = None
        if self._happens(self._pace.returning_share):
            self._after_work(self.arrive)

    def _answers_rightly(self) -> bool:
        return not self._happens(self._pace.failing_share)

    def _happens(self, share: float) -> bool:
        return self._rng.random() < share

    def _subject(self) -> str:
        return self._agent_id or self._name

    def _new_request(self) -> str:
        self._requests += 1
        request_id = f"{self._name}-request-{self._requests}"
        self._wire.expect(request_id, self)
        return request_id

    def _send(self, packet_type: str, subject_id: str, data: dict[str, Any]) -> None:
        packet = {"packet_type": packet_type, "subject_id": subject_id, "data": data}
        self._wire.send({**packet, **timestamps(self._rng, self._clock_ahead_seconds)})
