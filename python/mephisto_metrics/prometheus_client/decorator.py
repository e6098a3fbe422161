"""Decorated functions with the name and the parameters of the function that they call."""

from __future__ import annotations

import functools
import inspect
import itertools
from inspect import getfullargspec
from typing import Any, Callable, NamedTuple, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

# Profilers tell functions apart by file, line and name.
_numbers = itertools.count()


class ArgSpec(NamedTuple):
    """The parameters of a function, but for keyword-only ones."""

    args: list[str]
    varargs: str | None
    varkw: str | None
    defaults: tuple[Any, ...] | None


def getargspec(f: Callable[..., Any]) -> ArgSpec:
    """Return the parameters of `f`."""
    return ArgSpec(*getfullargspec(f)[:4])


def decorate(func: Function, caller: Callable[..., Any]) -> Function:
    """Return a function like `func` whose calls are `caller(func, *arguments)`.

    It has the parameters of `func`, so a call with wrong ones fails before `caller` hears of it.
    Raises `TypeError` for what is not a Python function.
    """
    name = "_lambda_" if func.__name__ == "<lambda>" else func.__name__
    if not inspect.isfunction(func):
        raise TypeError(
            f"You are decorating a non function: {func}: expected a function made by def or lambda"
        )
    decorated: Any = functools.update_wrapper(_compile(func, caller), func)
    decorated.__name__ = name
    decorated.__defaults__ = func.__defaults__
    decorated.__kwdefaults__ = func.__kwdefaults__
    return decorated  # type: ignore[no-any-return]


def decorator(caller: Callable[..., Any]) -> Callable[[Function], Function]:
    """Return a decorator that lets `caller` make the calls, as `decorate` does."""

    def decorate_with_caller(func: Function) -> Function:
        return decorate(func, caller)

    functools.update_wrapper(decorate_with_caller, caller, ("__module__", "__name__", "__doc__"))
    return decorate_with_caller


def _compile(func: Callable[..., Any], caller: Callable[..., Any]) -> Any:
    parameters, arguments = _parameters(getfullargspec(func))
    # Python makes a function with given parameters from text only.
    source = f"def decorated({parameters}): return _call_(_func_, {arguments})"
    namespace = {"_call_": caller, "_func_": func}
    exec(compile(source, f"<decorator-gen-{next(_numbers)}>", "exec"), namespace)  # noqa: S102
    return namespace["decorated"]


def _parameters(spec: inspect.FullArgSpec) -> tuple[str, str]:
    """Return the text of a function's parameters, and that of a call which hands them all on."""
    starred = [f"*{spec.varargs}"] if spec.varargs else []
    marker = ["*"] if spec.kwonlyargs and not spec.varargs else []
    double_starred = [f"**{spec.varkw}"] if spec.varkw else []
    declared = [f"{name}=None" for name in spec.kwonlyargs]
    given = [f"{name}={name}" for name in spec.kwonlyargs]
    return (
        ", ".join(spec.args + starred + marker + declared + double_starred),
        ", ".join(spec.args + starred + given + double_starred),
    )
