"""`time_packet_handler`: handlers of packets in Mephisto's own latency families."""

from __future__ import annotations

import functools
import inspect
from typing import Any, Callable, TypeVar, overload

from mephisto_metrics.mephisto.packets import PacketLatencies
from mephisto_metrics.timing import form_of

Handler = TypeVar("Handler", bound=Callable[..., Any])

CONVENTIONAL_NAME = "packet"
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@overload
def time_packet_handler(handler: Handler, /) -> Handler: ...
@overload
def time_packet_handler(*, packet: str | None = None) -> Callable[[Handler], Handler]: ...
def time_packet_handler(handler: Any = None, /, *, packet: str | None = None) -> Any:
    """Observe how long a handler takes for a packet, and each stage of the packet's way to it.

    The handler's time goes into Mephisto's `client_io_handler_latency_seconds`, the stages, up to
    the handler's end, into `e2e_packet_latency`. A stage whose clocks disagree is observed in
    `e2e_packet_clock_skew_seconds` instead; each stage without a latency is counted, by reason, in
    `e2e_packet_unmeasured_total`. Functions, methods, static and class methods and coroutine
    functions are served, and objects that can be called; their exceptions pass through, and their
    time counts.

    The packet is the handler's parameter called `packet`, or else its first that is not `self` or
    `cls`; `packet=` gives another name. It is a `mephisto.data_model.packet.Packet`, any object
    with a `type` and the four timestamps (as attributes, or in a mapping called `timestamps`), or a
    mapping, as packets are sent. Whatever it is, the handler gets it.

    Raises `TypeError` for a handler that has no such parameter, a generator function, or a class.
    """
    if handler is None:
        return lambda decorated: _time(decorated, packet)
    return _time(handler, packet)


def _time(handler: Any, packet_name: str | None) -> Any:
    if isinstance(handler, (staticmethod, classmethod)):
        return type(handler)(_time(handler.__func__, packet_name))
    form = _form_of_handler(handler)
    packet_of = _PacketArgument(handler, packet_name)
    latencies = PacketLatencies()
    if form == "coroutine":

        @functools.wraps(handler)
        async def awaited(*arguments: Any, **keywords: Any) -> Any:
            with latencies.handling(packet_of(arguments, keywords)):
                return await handler(*arguments, **keywords)

        return awaited

    @functools.wraps(handler)
    def called(*arguments: Any, **keywords: Any) -> Any:
        with latencies.handling(packet_of(arguments, keywords)):
            return handler(*arguments, **keywords)

    return called


def _form_of_handler(handler: Any) -> str:
    received = f"a {type(handler).__name__}"
    if callable(handler) and not isinstance(handler, type):
        form = form_of(handler)
        if "generator" not in form:
            return form
        received = "a generator function"
    raise TypeError(f"time_packet_handler serves functions, received {received}: {handler!r}")


class _PacketArgument:
    """Finds the packet among the arguments of a call."""

    def __init__(self, handler: Callable[..., Any], wanted: str | None) -> None:
        parameters = inspect.signature(handler).parameters.values()
        named = [one for one in parameters if one.kind not in VARIADIC]
        self._name = _choose([one.name for one in named], wanted, handler)
        positional = [one.name for one in named if one.kind in POSITIONAL]
        self._position = positional.index(self._name) if self._name in positional else None

    def __call__(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if self._position is not None and self._position < len(arguments):
            return arguments[self._position]
        return keywords.get(self._name)


def _choose(names: list[str], wanted: str | None, handler: Callable[..., Any]) -> str:
    preferred = CONVENTIONAL_NAME if wanted is None else wanted
    if preferred in names:
        return preferred
    others = [name for name in names if name not in ("self", "cls")]
    if wanted is not None or not others:
        raise TypeError(
            f"{handler!r} has no parameter {preferred!r}, expected one that is the packet; "
            f"its parameters are: {', '.join(names) or 'none'}"
        )
    return others[0]
