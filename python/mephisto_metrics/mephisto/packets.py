"""Packets in Mephisto's latency families: the handler's time, and the stages of the way to it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mephisto_metrics.computed_labels import FALLBACK_LABEL_VALUE
from mephisto_metrics.mephisto import instruments
from mephisto_metrics.mephisto.families import STAGES
from mephisto_metrics.mephisto.stages import (
    CLIENT,
    RESPONSE,
    ROUTER_INCOMING,
    ROUTER_OUTGOING,
    SERVER,
    measure,
)

STAMPS = (CLIENT, ROUTER_INCOMING, ROUTER_OUTGOING, SERVER)


@dataclass(frozen=True)
class Received:
    """What a packet says of itself, read before anybody can change it."""

    type: str
    timestamps: Mapping[str, object]


def read(packet: object) -> Received:
    """Read a packet, of which nothing is sure: it comes from a browser."""
    named = _field(packet, "type")
    kind = _field(packet, "packet_type") if named is None else named
    mapping = _field(packet, "timestamps")
    source = packet if mapping is None else mapping
    return Received(_label_value(kind), {name: _field(source, name) for name in STAMPS})


def _field(source: object, name: str) -> object:
    """Return a field of a mapping, or an attribute of anything else; None if there is none."""
    with contextlib.suppress(Exception):
        return source.get(name) if isinstance(source, Mapping) else getattr(source, name, None)
    return None


def _label_value(value: object) -> str:
    with contextlib.suppress(Exception):
        if isinstance(value, str):
            # JSON may hold halves of characters, which no exposition can show.
            return value.encode("utf-8", "replace").decode("utf-8")
    return FALLBACK_LABEL_VALUE


class PacketLatencies:
    """The instruments that packets are observed in."""

    def __init__(self) -> None:
        self._handler = instruments.histogram("client_io_handler_latency_seconds")
        self._stages = instruments.histogram("e2e_packet_latency")
        self._skew = instruments.histogram("e2e_packet_clock_skew_seconds")
        self._unmeasured = instruments.counter("e2e_packet_unmeasured")
        for stage in STAGES:
            # So that no skew shows as zero, and not as nothing.
            self._skew.labels(stage=stage)

    @contextlib.contextmanager
    def handling(self, packet: object) -> Iterator[None]:
        """Observe the block as the packet's handler, and the packet's way up to its end."""
        received = read(packet)
        with self._handler.labels(packet_type=received.type).time():
            try:
                yield
            finally:
                self.observe_way(received)

    def observe_way(self, received: Received) -> None:
        """Observe the stages of a packet's way, of which now is the end."""
        # The epoch's clock, and not a monotonic one, since that is what the packet was stamped by.
        measurement = measure({**received.timestamps, RESPONSE: time.time()})
        labels: dict[str, Any] = {"packet_type": received.type}
        for stage, seconds in measurement.seconds.items():
            self._stages.labels(stage=stage, **labels).observe(seconds)
        for stage, seconds in measurement.skew_seconds.items():
            self._skew.labels(stage=stage).observe(seconds)
        for stage, reason in measurement.unmeasured.items():
            self._unmeasured.labels(stage=stage, reason=reason, **labels).inc()
