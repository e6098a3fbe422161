"""The router between simulated workers and Mephisto, as an architect that Mephisto deploys.

Binds a free port of the loopback interface; Mephisto's own mock server binds every interface at a
port that has to be guessed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

import tornado.httpserver
import tornado.ioloop
import tornado.netutil
import tornado.web
import tornado.websocket
from mephisto.abstractions.architects.mock_architect import MockArchitect, MockArchitectArgs
from mephisto.operations.registry import register_mephisto_abstraction

from mephisto_metrics.simulation.worker import Packet, Worker, timestamps

if TYPE_CHECKING:
    from mephisto_metrics.simulation.pace import Pace

ARCHITECT_TYPE = "simulated_router"
THREAD_JOIN_SECONDS = 10


class Crowd:
    """The workers of one task run and their side of the wire; lives on the router's loop."""

    def __init__(self, kind: str, pace: Pace, seed: int) -> None:
        self._kind = kind
        self._pace = pace
        self._seed = seed
        self._rng = random.Random(f"{seed}:{kind}")  # noqa: S311 - a simulation, not a secret
        self._workers: list[Worker] = []
        self._by_request: dict[str, Worker] = {}
        self._by_agent: dict[str, Worker] = {}
        self._statuses: dict[str, str] = {}
        self._socket: RouterSocket | None = None
        self._open = True

    def connect(self, socket: RouterSocket) -> None:
        """Take Mephisto's connection, and let the first worker come."""
        self._socket = socket
        if not self._workers:
            self._welcome()

    def close(self) -> None:
        """Let nobody in any more and send everybody home."""
        self._open = False
        for worker in self._workers:
            worker.leave()

    def receive(self, packet: Packet) -> None:
        """Bring a packet from Mephisto to the worker it is for."""
        kind, subject, data = packet["packet_type"], packet["subject_id"], packet["data"]
        if kind == "request_statuses":
            self._send_statuses(self._statuses)
        elif kind == "agent_details" and data["request_id"] in self._by_request:
            self._by_request.pop(data["request_id"]).on_details(data)
        elif kind == "update_status" and subject in self._by_agent:
            self._statuses[subject] = data["status"]
            self._by_agent[subject].on_status(subject, data["status"])

    def send(self, packet: Packet) -> None:
        """Hand a packet to Mephisto, unless its connection is gone."""
        if self._socket is not None and self._socket.ws_connection is not None:
            self._socket.write_message(json.dumps(packet))

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Run `action` on the router's loop after a pause."""
        tornado.ioloop.IOLoop.current().call_later(seconds, action)

    def expect(self, request_id: str, worker: Worker) -> None:
        """Bring the answer to `request_id` to `worker`."""
        self._by_request[request_id] = worker

    def follow(self, agent_id: str, worker: Worker) -> None:
        """Bring the status of `agent_id` to `worker`."""
        self._by_agent[agent_id] = worker

    def report_status(self, agent_id: str, status: str) -> None:
        """Tell Mephisto a status that only the router can know."""
        self._statuses[agent_id] = status
        self._send_statuses({agent_id: status})

    def _welcome(self) -> None:
        if not self._open:
            return
        name = f"{self._kind}-worker-{len(self._workers) + 1}"
        rng = random.Random(f"{self._seed}:{name}")  # noqa: S311 - a simulation, not a secret
        worker = Worker(name, rng, self._pace, self)
        self._workers.append(worker)
        worker.arrive()
        self.later(self._pace.arrival(self._rng), self._welcome)

    def _send_statuses(self, statuses: dict[str, str]) -> None:
        packet = {"packet_type": "return_statuses", "subject_id": "Mephisto", "data": statuses}
        self.send({**packet, **timestamps(self._rng)})


class RouterSocket(tornado.websocket.WebSocketHandler):
    """Mephisto's end of the wire."""

    def initialize(self, crowd: Crowd) -> None:
        """Take the crowd from the application's settings."""
        self._crowd = crowd

    def open(self, *_args: str, **_kwargs: str) -> None:
        """Begin when Mephisto has connected."""
        self._crowd.connect(self)

    def on_message(self, message: str | bytes) -> None:
        """Take one packet from Mephisto."""
        self._crowd.receive(json.loads(message))


class Router:
    """The server of one task run, on a thread with a loop of its own."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
        self.port: int = self._sockets[0].getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="simulated-router", daemon=True)

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()

    def close_crowd(self) -> None:
        """Send all workers home, on the router's thread."""
        self._loop.call_soon_threadsafe(self._crowd.close)

    def stop(self) -> None:
        """End the server and its thread; a second call does nothing."""
        # Mephisto shuts a run down twice when it ends by itself while the Operator ends too. The
        # loop says that it is closed then.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(THREAD_JOIN_SECONDS)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        application = tornado.web.Application([("/socket", RouterSocket, {"crowd": self._crowd})])
        server = tornado.httpserver.HTTPServer(application)
        server.add_sockets(self._sockets)
        self._loop.run_forever()
        server.stop()
        self._loop.run_until_complete(server.close_all_connections())
        self._loop.close()


@dataclass
class SimulatedArchitectArgs(MockArchitectArgs):
    """The arguments of `SimulatedArchitect`, as Mephisto's configuration wants them."""

    _architect_type: str = ARCHITECT_TYPE


@register_mephisto_abstraction()
class SimulatedArchitect(MockArchitect):
    """Deploys a `Router` before the `Crowd` in `shared_state.crowd` instead of a web server."""

    ArgsClass = SimulatedArchitectArgs
    ARCHITECT_TYPE = ARCHITECT_TYPE

    router: Router

    def __init__(self, db: Any, args: Any, shared_state: Any, task_run: Any, folder: str) -> None:
        super().__init__(db, args, shared_state, task_run, folder)
        self.router = Router(shared_state.crowd)

    def deploy(self) -> str:
        """Start the router and return its address."""
        self.router.start()
        return f"http://127.0.0.1:{self.router.port}/"

    def shutdown(self) -> None:
        """Stop the router."""
        self.router.stop()

    def _get_socket_urls(self) -> list[str]:
        return [f"ws://127.0.0.1:{self.router.port}/socket"]
