"""Blocks and calls that are counted or timed, and the functions that decorators return."""

from __future__ import annotations

import inspect

import pytest


class Metric:
    """Notes what is asked of it."""

    def __init__(self):
        self.calls = []

    def inc(self):
        self.calls.append("inc")

    def dec(self):
        self.calls.append("dec")

    def observe(self, value):
        self.calls.append(value >= 0)

    def labels(self, *values, **by_name):
        self.calls.append((values, by_name))
        return self


MAKERS = {
    "ExceptionCounter": lambda module, metric: module.ExceptionCounter(metric, KeyError),
    "InprogressTracker": lambda module, metric: module.InprogressTracker(metric),
    "Timer": lambda module, metric: module.Timer(metric, "observe"),
}


@pytest.fixture(params=MAKERS)
def observe(request):
    """Return what lets an action use one of the three, and gives what its metric was asked."""

    def run(library, action):
        metric = Metric()
        manager = MAKERS[request.param](library.context_managers, metric)
        try:
            result = action(manager)
        except (KeyError, ValueError, TypeError) as error:
            result = type(error).__name__
        return result, metric.calls

    return run


def fails(manager, error):
    with manager:
        raise error


def decorated(manager, error=None):
    @manager
    def function(value, *rest, option=3, **options):
        if error:
            raise error
        return value, rest, option, options

    return function


ACTIONS = {
    "block": lambda manager: manager.__enter__() is manager,
    "block that fails": lambda manager: fails(manager, KeyError()),
    "block that fails otherwise": lambda manager: fails(manager, ValueError()),
    "call": lambda manager: decorated(manager)(1, 2, option=4, other=5),
    "call that fails": lambda manager: decorated(manager, KeyError())(1),
    "call that fails otherwise": lambda manager: decorated(manager, ValueError())(1),
    "call with wrong arguments": lambda manager: decorated(manager)(),
    "calls in calls": lambda manager: decorated(manager)(decorated(manager)(1)),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_blocks_and_calls_are_observed_alike(both, observe, action):
    both.agree(lambda library: observe(library, ACTIONS[action]))


def test_a_timer_keeps_the_duration_and_takes_labels_in_the_block(both):
    def run(library):
        metric = Metric()
        with library.context_managers.Timer(metric, "observe") as timer:
            before = timer.duration
            timer.labels("x", zone="y")
        return before, timer.duration >= 0, metric.calls

    both.agree(run)


def test_a_timer_of_a_decorator_keeps_no_duration(both):
    def run(library):
        timer = library.context_managers.Timer(Metric(), "observe")
        timer(lambda: None)()
        return timer.duration

    both.agree(run)


def plain(first, second=2, *rest, option, other=None, **more):
    """Do nothing much."""
    return first, second, rest, option, other, more


def only_by_name(*, one, two=2):
    return one, two


def call_plainly(func, *args, **kwargs):
    return func(*args, **kwargs)


async def coroutine(value):
    return value


def generator(value):
    yield value


FUNCTIONS = {
    "plain": plain,
    "by name": only_by_name,
    "lambda": lambda a, b=1: (a, b),
    "coroutine": coroutine,
    "generator": generator,
}
plain.note = "kept"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_decorated_functions_look_like_what_they_call(both, name):
    function = FUNCTIONS[name]

    def describe(library):
        made = library.decorator.decorate(function, call_plainly)
        return (
            made.__name__,
            made.__qualname__,
            made.__doc__,
            made.__module__,
            {name: made.__dict__[name] for name in function.__dict__},
            made.__defaults__,
            made.__kwdefaults__,
            made.__annotations__,
            str(inspect.signature(made)),
            inspect.getfullargspec(made),
            library.decorator.getargspec(made),
            made.__wrapped__ is function,
            inspect.iscoroutinefunction(made),
            inspect.isgeneratorfunction(made),
        )

    both.agree(describe)


@pytest.mark.parametrize(
    "value", [len, int, Metric().inc, Metric()], ids=["builtin", "class", "method", "object"]
)
def test_what_is_no_function_is_decorated_alike(both, value):
    def decorate(library):
        return library.decorator.decorate(value, call_plainly) is None

    both.agree(decorate)


def test_the_caller_gets_the_function_and_all_arguments(both):
    def call(library):
        def give_back(func, *args, **kwargs):
            return func is plain, args, kwargs

        return library.decorator.decorate(plain, give_back)(1, 5, 6, option=3, extra=4)

    both.agree(call)


def test_a_caller_becomes_a_decorator(both):
    def call(library):
        def twice(func, *args):
            """Call it two times."""
            return func(*args), func(*args)

        decorator = library.decorator.decorator(twice)
        return decorator(lambda value: value + 1)(1), decorator.__name__, decorator.__doc__

    both.agree(call)
