"""The stages of a packet's way, out of timestamps of clocks that need not agree.

A packet is stamped by the worker's browser, twice by the router, and by the server; the answer's
moment is the server's. Each stage is the difference of two stamps, so the latency between two
machines carries the difference of their clocks. Where that shows, because a packet arrives before
it was sent, no latency can be told: the stage is left out, and the disagreement measured instead.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Union

CLIENT = "client_timestamp"
ROUTER_INCOMING = "router_incoming_timestamp"
ROUTER_OUTGOING = "router_outgoing_timestamp"
SERVER = "server_timestamp"
RESPONSE = "response_timestamp"

PARTS = {
    "client_to_router": (CLIENT, ROUTER_INCOMING),
    "router_processing": (ROUTER_INCOMING, ROUTER_OUTGOING),
    "router_to_server": (ROUTER_OUTGOING, SERVER),
    "server_processing": (SERVER, RESPONSE),
}
"""The stages that follow one another, each with its first and its last timestamp."""
WHOLE = "e2e_time"

CLOCK_RESOLUTION_SECONDS = 0.001
"""What rounding may turn back: Mephisto's router stamps in whole milliseconds."""

EARLIEST, LATEST = 946_684_800, 4_102_444_800
"""The years 2000 to 2099. What lies outside was never set, or is not in seconds."""

CLOCK_SKEW = "clock_skew"
MISSING = "missing"
NOT_A_NUMBER = "not_a_number"
OUT_OF_RANGE = "out_of_range"

Elapsed = Union[float, str]
"""Seconds, or the reason why there are none."""


@dataclass
class Measurement:
    """What the timestamps of one packet say. Each stage is in `seconds` or in `unmeasured`."""

    seconds: dict[str, float] = field(default_factory=dict)
    """Latencies, none of them negative."""
    unmeasured: dict[str, str] = field(default_factory=dict)
    """Why a stage has no latency: one of `families.UNMEASURED_REASONS`."""
    skew_seconds: dict[str, float] = field(default_factory=dict)
    """By how much two clocks disagree at least, for each stage that is unmeasured for that."""

    def _add(self, stage: str, elapsed: Elapsed, at_least: float = 0.0) -> None:
        if isinstance(elapsed, str):
            self.unmeasured[stage] = elapsed
        elif at_least - elapsed > CLOCK_RESOLUTION_SECONDS:
            self.unmeasured[stage] = CLOCK_SKEW
            self.skew_seconds[stage] = at_least - elapsed
        else:
            self.seconds[stage] = max(0.0, elapsed)


def measure(timestamps: Mapping[str, object]) -> Measurement:
    """Return the stages of a packet from its timestamps, in seconds since the epoch.

    A part is unmeasured if it is negative, and the whole if it is shorter than its measured parts;
    either if a timestamp that it needs is missing, is no finite number, or is not of this century.
    """
    measurement = Measurement()
    elapsed = {stage: _elapsed(timestamps, *ends) for stage, ends in PARTS.items()}
    for stage, seconds in elapsed.items():
        measurement._add(stage, seconds)
    measured = sum(float(elapsed[stage]) for stage in measurement.seconds)
    measurement._add(WHOLE, _elapsed(timestamps, CLIENT, RESPONSE), measured)
    return measurement


def _elapsed(timestamps: Mapping[str, object], start: str, end: str) -> Elapsed:
    stamps = timestamps.get(start), timestamps.get(end)
    if any(stamp is None for stamp in stamps):
        return MISSING
    first, last = map(_number, stamps)
    if not math.isfinite(last - first):
        return NOT_A_NUMBER
    if not all(EARLIEST <= moment < LATEST for moment in (first, last)):
        return OUT_OF_RANGE
    return last - first


def _number(stamp: object) -> float:
    """Return a float, which is NaN for what is no number."""
    with contextlib.suppress(Exception):
        # Text is refused even if it reads as a number, since a sender may write anything into it.
        if isinstance(stamp, Real) and not isinstance(stamp, bool):
            return float(stamp)
    return math.nan
