"""`timed` coroutines and generators whose steps are refused: they go on, and so does the time."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time

import pytest

from mephisto_metrics import _core, timed


class Seconds(list):
    """Anything with `observe` can be told of times."""

    observe = list.append


@pytest.fixture
def seconds():
    return Seconds()


class Pause:
    """Awaited, it waits for one step. What is thrown is not handed on to it."""

    def __await__(self):
        return iter([None])


@pytest.fixture
def numbers(seconds):
    @timed(seconds)
    def numbers():
        time.sleep(0.05)
        yield 1
        yield 2

    return numbers


@pytest.fixture
def work(seconds):
    @timed(seconds)
    async def work():
        await Pause()
        time.sleep(0.05)
        await Pause()

    return work


@pytest.fixture
def later(seconds):
    @timed(seconds)
    async def later():
        yield 1
        await Pause()
        time.sleep(0.05)
        yield 2

    return later


def drive(step):
    """Run an awaitable to its end."""
    iterator = step.__await__()
    with contextlib.suppress(StopIteration):
        while True:
            next(iterator)


def exhaust(generator):
    """Take all that is left of an async generator."""
    with contextlib.suppress(StopAsyncIteration):
        while True:
            drive(generator.__anext__())


def is_once(seconds):
    return len(seconds) == 1 and seconds[0] >= 0.05


def test_a_value_before_the_first_step_of_a_generator_is_refused(seconds, numbers):
    steps = numbers()
    with pytest.raises(TypeError, match="just-started generator"):
        steps.send(1)
    assert not seconds
    assert list(steps) == [1, 2]
    assert is_once(seconds)


def test_a_value_before_the_first_step_of_a_coroutine_is_refused(seconds, work):
    steps = work()
    with pytest.raises(TypeError, match="just-started coroutine"):
        steps.send(1)
    assert not seconds
    drive(steps)
    assert is_once(seconds)


def test_a_first_step_that_was_refused_begins_nothing(seconds, numbers, work, later):
    for make in (numbers, work):
        steps = make()
        with pytest.raises(TypeError):
            steps.send(1)
        time.sleep(0.01)
        steps.close()
    generator = later()
    with pytest.raises(TypeError, match="just-started async generator"):
        drive(generator.asend(1))
    drive(generator.aclose())
    assert not seconds


@pytest.mark.parametrize("make", ["numbers", "work"])
def test_what_is_no_exception_is_not_thrown(seconds, make, request):
    steps = request.getfixturevalue(make)()
    with pytest.raises(TypeError):
        steps.throw("text")
    steps.send(None)
    with pytest.raises(TypeError):
        steps.throw("text")
    assert not seconds
    with contextlib.suppress(StopIteration):
        while True:
            steps.send(None)
    assert is_once(seconds)


def test_a_generator_that_is_not_to_be_closed_goes_on(seconds):
    @timed(seconds)
    def stubborn():
        try:
            yield 1
        except GeneratorExit:
            time.sleep(0.05)
            yield 2
        yield 3

    steps = stubborn()
    next(steps)
    with pytest.raises(RuntimeError, match="generator ignored GeneratorExit"):
        steps.close()
    assert not seconds
    assert list(steps) == [3]
    assert is_once(seconds)


def test_a_coroutine_that_is_not_to_be_closed_goes_on(seconds):
    @timed(seconds)
    async def stubborn():
        try:
            await Pause()
        except GeneratorExit:
            time.sleep(0.05)
            await Pause()

    steps = stubborn()
    steps.send(None)
    with pytest.raises(RuntimeError, match="coroutine ignored GeneratorExit"):
        steps.close()
    assert not seconds
    drive(steps)
    assert is_once(seconds)


def test_an_async_generator_that_is_not_to_be_closed_goes_on(seconds):
    @timed(seconds)
    async def stubborn():
        try:
            yield 1
        except GeneratorExit:
            yield 2
        time.sleep(0.05)

    generator = stubborn()
    drive(generator.__anext__())
    with pytest.raises(RuntimeError, match="async generator ignored GeneratorExit"):
        drive(generator.aclose())
    assert not seconds
    exhaust(generator)
    assert is_once(seconds)


@pytest.mark.parametrize("timed_twice", [False, True])
def test_an_async_generator_that_is_running_refuses_another_step(seconds, later, timed_twice):
    generator = timed(Seconds())(later)() if timed_twice else later()
    drive(generator.__anext__())
    running = generator.__anext__().__await__()
    next(running)
    for ask in (generator.__anext__, generator.aclose, lambda: generator.athrow(LookupError)):
        with pytest.raises(RuntimeError, match="already running"):
            drive(ask())
    assert not seconds
    with contextlib.suppress(StopIteration):
        next(running)
    exhaust(generator)
    assert is_once(seconds)


def test_a_step_of_an_async_generator_is_not_taken_twice(seconds, later):
    generator = later()
    step = generator.__anext__()
    drive(step)
    with pytest.raises((RuntimeError, StopAsyncIteration)):
        drive(step)
    assert not seconds
    exhaust(generator)
    assert is_once(seconds)


def test_a_generator_that_asks_itself_for_a_step_goes_on(seconds):
    @timed(seconds)
    def itself():
        with pytest.raises(ValueError, match="generator already executing"):
            next(steps)
        yield 1
        with pytest.raises(ValueError, match="generator already executing"):
            steps.close()
        time.sleep(0.05)
        yield 2

    steps = itself()
    assert list(steps) == [1, 2]
    assert is_once(seconds)


def test_what_was_closed_before_it_began_is_not_counted_by_asking_again(seconds, numbers, work):
    steps, closed, thrown = numbers(), work(), work()
    steps.close()
    assert list(steps) == []
    closed.close()
    with pytest.raises(LookupError):
        thrown.throw(LookupError())
    for coroutine in (closed, thrown):
        with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
            coroutine.send(None)
    assert not seconds


def test_an_exception_ends_every_form_once(seconds):
    @timed(seconds)
    def numbers():
        yield 1
        raise LookupError

    @timed(seconds)
    async def work():
        await asyncio.sleep(0)
        raise LookupError

    @timed(seconds)
    async def later():
        yield 1
        raise LookupError

    async def run():
        with pytest.raises(LookupError):
            await work()
        with pytest.raises(LookupError):
            async for _ in later():
                pass

    with pytest.raises(LookupError):
        list(numbers())
    asyncio.run(run())
    assert len(seconds) == 3


def test_an_awaitable_that_is_no_coroutine_is_over_with_its_exception(seconds):
    class Awaitable:
        def __await__(self):
            return self

        def __iter__(self):
            return self

        def __next__(self):
            raise LookupError

        def send(self, _value):
            return next(self)

    steps = _core.time_calls(Awaitable, "coroutine", seconds, "observe")()
    with pytest.raises(LookupError):
        drive(steps)
    assert len(seconds) == 1


def test_a_representation_names_what_is_timed(numbers, work, later):
    timed_objects = numbers(), work(), later(), later().__anext__()
    kinds = ("generator object", "coroutine object", "async_generator object", "async_generator_")
    for timed_object, kind in zip(timed_objects, kinds):
        assert re.match(rf"<timed <{kind}", repr(timed_object))
    drive(timed_objects[1])
    drive(timed_objects[3])
