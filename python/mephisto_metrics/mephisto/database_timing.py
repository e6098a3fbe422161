"""`time_database_method`: database calls in Mephisto's own `database_latency_seconds`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Callable, TypeVar, overload

from mephisto_metrics.mephisto import instruments
from mephisto_metrics.mephisto.families import DATABASE_METHODS
from mephisto_metrics.timing import timed

FAMILY = "database_latency_seconds"

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


@overload
def time_database_method(method: Decorated, /) -> Decorated: ...
@overload
def time_database_method(
    method: str | None = None, *, also: Iterable[str] = ()
) -> Callable[[Decorated], Decorated]: ...
def time_database_method(
    method: Callable[..., Any] | str | None = None, *, also: Iterable[str] = ()
) -> Any:
    """Observe how long a database method takes, or each database method of a class.

    The time goes into Mephisto's `database_latency_seconds`, with the function's name as the label
    `method`, or the name that is given: `@time_database_method("find_units")`. Functions, methods,
    static and class methods and coroutine functions are served.

    Of a class, its methods that have the name of a method of Mephisto's database are timed, if the
    class itself defines them: what it inherits is its base's to time, so a method that calls
    `super()` is observed once for each timed layer. Properties, static and class methods stay as
    they are. `also` names methods to time beyond these, static and class methods among them.

    What is timed into this family already, by Mephisto, `timed` or this, is not timed twice.

    Raises `TypeError` for what is neither a function nor a class, a label for an entire class, or
    a text as `also`, and `ValueError` if the class does not define a method that `also` names.
    """
    if isinstance(also, str):
        raise TypeError(f"`also` is a list of names, received a text: write also=[{also!r}]")
    if method is None or isinstance(method, str):
        return lambda decorated: _time(decorated, method, also)
    return _time(method, None, also)


def _time(decorated: Any, label: str | None, also: Iterable[str]) -> Any:
    if isinstance(decorated, type):
        return _time_class(decorated, label, tuple(also))
    if also:
        raise TypeError("`also` names methods of a class; received a function")
    return _time_one(decorated, label)


def _time_class(owner: type, label: str | None, also: tuple[str, ...]) -> type:
    if label is not None:
        raise TypeError(
            f"{owner.__name__} is a class, whose methods are timed under their own names; "
            f"leave out the label {label!r}, or decorate the method"
        )
    own = vars(owner)
    unknown = [name for name in also if name not in own]
    if unknown:
        raise ValueError(f"{owner.__name__} does not define {', '.join(unknown)}")
    mephistos = [name for name in DATABASE_METHODS if _is_method(own.get(name))]
    for name in dict.fromkeys((*mephistos, *also)):
        setattr(owner, name, _time_one(own[name], name))
    return owner


def _is_method(attribute: object) -> bool:
    others = (staticmethod, classmethod, type)
    return callable(attribute) and not isinstance(attribute, others)


def _time_one(method: Any, label: str | None) -> Any:
    if not (callable(method) or isinstance(method, (staticmethod, classmethod))):
        raise TypeError(
            "time_database_method serves functions and classes, "
            f"received a {type(method).__name__}; a property is decorated below @property"
        )
    if any(map(_observes_the_family, _layers(method))):
        return method
    labels = {} if label is None else {"method": label}
    return timed(instruments.histogram(FAMILY), **labels)(method)


def _layers(method: Any) -> Iterator[Any]:
    """Yield a function, and what it wraps."""
    layer = getattr(method, "__func__", method)
    while layer is not None:
        yield layer
        layer = getattr(layer, "__wrapped__", None)


def _observes_the_family(layer: Any) -> bool:
    return str(getattr(layer, "__timed_into__", None)) == f"histogram:{FAMILY}"
