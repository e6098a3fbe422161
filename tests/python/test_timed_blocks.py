"""`timed` as a context manager: which block is left, by whom, and in which context."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import os
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import mephisto_metrics
from mephisto_metrics import Counter, Gauge, Histogram, timed
from mephisto_metrics.open_blocks import _entered


class Seconds(list):
    """Anything with `observe` can be told of times."""

    observe = list.append


@pytest.fixture
def registry():
    return mephisto_metrics.CollectorRegistry()


@pytest.fixture
def latency(registry):
    return Histogram("latency_seconds", "Time", ["method"], registry=registry)


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def block(seconds):
    """Return one object that all blocks of a test share, and see that none of them stays open."""
    shared = timed(seconds)
    yield shared
    assert not shared._blocks._open
    assert not shared._blocks._by_place
    assert not _entered.get()


def counts(registry) -> dict[str, int]:
    text = mephisto_metrics.generate_latest(registry).decode()
    found = re.findall(r'latency_seconds_count{method="([^"]*)"} (\S+)', text)
    return {method: int(float(count)) for method, count in found}


def lasted(seconds, *expected):
    """Whether each block got its time: what is mixed up is too long here and too short there."""
    return len(seconds) == len(expected) and all(
        actual > at_least - 0.01 for actual, at_least in zip(seconds, expected)
    )


# In one context ----------------------------------------------------------------------------------


def test_nested_blocks_are_each_timed(block, seconds):
    with block:
        time.sleep(0.3)
        with block:
            pass
    assert lasted(seconds, 0, 0.3)


def test_an_async_block_is_timed(registry, latency):
    async def run():
        async with timed(latency, method="block"):
            await asyncio.sleep(0)

    asyncio.run(run())
    assert counts(registry) == {"block": 1}


def test_a_child_needs_no_further_labels(registry, latency):
    with timed(latency.labels("chosen before")):
        pass
    assert counts(registry) == {"chosen before": 1}


def test_threads_that_share_a_block_do_not_mix_their_clocks(block, seconds):
    first_is_in, second_is_in, first_is_out = (threading.Event() for _ in range(3))

    def first():
        with block:
            first_is_in.set()
            second_is_in.wait(timeout=10)
        first_is_out.set()

    def second():
        first_is_in.wait(timeout=10)
        time.sleep(0.4)
        with block:
            second_is_in.set()
            first_is_out.wait(timeout=10)

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lasted(seconds, 0.4, 0)


@pytest.mark.parametrize("through", ["with", "async with", "exit stack"])
def test_tasks_that_share_a_block_do_not_mix_their_clocks(block, seconds, through):
    async def work(waits_seconds, lasts_seconds):
        await asyncio.sleep(waits_seconds)
        if through == "with":
            with block:
                await asyncio.sleep(lasts_seconds)
        elif through == "async with":
            async with block:
                await asyncio.sleep(lasts_seconds)
        else:
            with contextlib.ExitStack() as stack:
                stack.enter_context(block)
                await asyncio.sleep(lasts_seconds)

    async def run():
        await asyncio.gather(work(0, 0.8), work(0.4, 0.8))

    asyncio.run(run())
    assert lasted(seconds, 0.8, 0.8)


# Left in another context -------------------------------------------------------------------------


async def step_by_step(generator, how):
    """Go through an async generator, each step in a task of its own."""
    with contextlib.suppress(StopAsyncIteration):
        while True:
            await how(generator.__anext__())


async def in_a_task(step):
    async def run():
        return await step

    return await asyncio.ensure_future(run())


async def with_a_timeout(step):
    return await asyncio.wait_for(step, timeout=10)


@pytest.mark.parametrize("how", [in_a_task, with_a_timeout])
def test_an_async_generator_may_take_each_step_in_another_task(block, seconds, how):
    async def numbers():
        with block:
            yield 1
            async with block:
                yield 2

    asyncio.run(step_by_step(numbers(), how))
    assert len(seconds) == 2


def test_async_generators_that_interleave_in_other_tasks_have_their_own_times(block, seconds):
    async def wait(waits_seconds):
        await asyncio.sleep(waits_seconds)
        with block:
            yield
            await asyncio.sleep(0.6)

    async def run():
        with block:
            await asyncio.gather(*[step_by_step(wait(waits), in_a_task) for waits in (0, 0.2, 0.4)])

    asyncio.run(run())
    assert lasted(seconds, 0.6, 0.6, 0.6, 1)


def test_an_async_generator_may_be_closed_in_another_task(block, seconds):
    async def numbers():
        with block:
            yield 1

    async def run():
        generator = numbers()
        await in_a_task(generator.__anext__())
        await in_a_task(generator.aclose())

    asyncio.run(run())
    assert len(seconds) == 1


def test_an_exit_stack_may_be_closed_in_another_task(block, seconds):
    async def run():
        stack = contextlib.AsyncExitStack()

        async def enter():
            stack.enter_context(block)
            await stack.enter_async_context(block)

        await asyncio.ensure_future(enter())
        await asyncio.ensure_future(stack.aclose())

    asyncio.run(run())
    assert len(seconds) == 2


def test_a_generator_may_take_each_step_in_another_thread(block, seconds):
    def numbers():
        with block:
            yield 1

    generator = numbers()
    for _ in range(2):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(next, generator, None).result()
    assert len(seconds) == 1


def test_context_managers_that_are_entered_and_left_in_copied_contexts_have_their_own_times(
    block, seconds
):
    """As a web framework does with what a request depends on."""

    @contextlib.contextmanager
    def dependency():
        with block:
            yield

    with ThreadPoolExecutor(4) as pool:

        def run(function, *arguments):
            context = contextvars.copy_context()
            return pool.submit(context.run, function, *arguments).result()

        early, late = dependency(), dependency()
        run(early.__enter__)
        time.sleep(0.6)
        run(late.__enter__)
        run(early.__exit__, None, None, None)
        time.sleep(0.3)
        run(late.__exit__, None, None, None)
    assert lasted(seconds, 0.6, 0.3)


def test_a_generator_that_is_forgotten_leaves_its_block(block, seconds):
    def numbers():
        with block:
            yield 1

    next(generator := numbers())
    contextvars.copy_context().run(lambda: None)
    del generator
    gc.collect()
    assert len(seconds) == 1


def test_who_enters_here_and_leaves_elsewhere_leaves_nothing_behind(block, seconds):
    for _ in range(3):
        stack = contextlib.ExitStack()
        stack.enter_context(block)
        contextvars.Context().run(stack.close)
        assert len(_entered.get()) <= 1
    with block:
        pass
    assert len(seconds) == 4


@pytest.fixture
def hasty_threads():
    """Let threads take turns all the time."""
    interval_seconds = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval_seconds)


@pytest.mark.usefixtures("hasty_threads")
def test_threads_in_any_order_observe_each_block_once(block, seconds):
    """Who enters by hand and leaves in another thread says nothing about which one it is."""
    for _ in range(5):
        stacks = [contextlib.ExitStack() for _ in range(200)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda stack: stack.enter_context(block), stacks))
            list(pool.map(lambda stack: stack.close(), reversed(stacks)))
    assert len(seconds) == 1000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_block_may_be_left_in_a_forked_child(block, seconds):
    with block:
        if (child := os.fork()) == 0:
            status = 1
            with contextlib.suppress(BaseException):
                block.__exit__(None, None, None)
                status = len(seconds) - 1
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


# Errors ------------------------------------------------------------------------------------------


def test_leaving_what_was_not_entered_says_so(block, seconds):
    with pytest.raises(RuntimeError, match="left that was not entered"):
        block.__exit__(None, None, None)
    with pytest.raises(RuntimeError, match="left that was not entered"):
        asyncio.run(block.__aexit__(None, None, None))
    with block:
        other = timed(seconds)
        with pytest.raises(RuntimeError, match="left that was not entered"):
            other.__exit__(None, None, None)
    assert len(seconds) == 1


def test_an_exception_leaves_a_block_as_it_was(block, seconds):
    failure = LookupError("gone")
    with pytest.raises(LookupError) as raised, block:
        raise failure
    assert raised.value is failure
    assert len(seconds) == 1


def test_a_metric_that_fails_breaks_no_block(caplog):
    class Failing:
        def observe(self, _amount):
            raise OSError("full")

    with timed(Failing()):
        pass
    with pytest.raises(ZeroDivisionError), timed(Failing()):
        1 / 0  # noqa: B018 - it is there to fail
    assert [str(record.exc_info[1]) for record in caplog.records] == ["full", "full"]


def test_a_label_of_a_block_can_not_be_computed(registry, latency):
    with (
        pytest.raises(TypeError, match="no arguments to compute the label 'method' from"),
        timed(latency, method=lambda: "x"),
    ):
        pytest.fail("the block was entered")
    assert counts(registry) == {}


def test_a_block_without_labels_is_not_entered(latency):
    with pytest.raises(ValueError, match="missing label values"), timed(latency):
        pytest.fail("the block was entered")


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        (None, "received None; make a Histogram"),
        (Counter("a", "", registry=None), "make a Histogram"),
        (Gauge("a", "", registry=None), r"use its own `time\(\)`"),
        (Histogram, r"`@timed\(HISTOGRAM\)`"),
        (len, r"received <built-in function len>; .*`@timed\(HISTOGRAM\)`"),
        (lambda: None, r"`@timed\(HISTOGRAM\)`"),
    ],
    ids=["none", "counter", "gauge", "class", "builtin", "function"],
)
def test_what_does_not_observe_is_refused_at_once(metric, said):
    with pytest.raises(TypeError, match=said) as raised:
        timed(metric)
    assert str(raised.value).startswith("timed expects a metric that has `observe`")
