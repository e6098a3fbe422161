"""`timed` as a decorator and as a context manager."""

from __future__ import annotations

import asyncio
import inspect
import re
import threading
import time

import pytest

import mephisto_metrics
from mephisto_metrics import Histogram, timed


@pytest.fixture
def registry():
    return mephisto_metrics.CollectorRegistry()


@pytest.fixture
def latency(registry):
    return Histogram("latency_seconds", "Time", ["method"], registry=registry)


def counts(registry) -> dict[str, int]:
    text = mephisto_metrics.generate_latest(registry).decode()
    found = re.findall(r'latency_seconds_count{method="([^"]*)"} (\S+)', text)
    return {method: int(float(count)) for method, count in found}


def test_a_function_keeps_what_others_see_of_it(registry, latency):
    @timed(latency)
    def add(one: int, other: int = 2) -> int:
        """Add."""
        return one + other

    assert add(1) == 3
    assert add(1, other=4) == 5
    assert (add.__name__, add.__doc__, add.__module__) == ("add", "Add.", __name__)
    assert add.__qualname__.endswith("<locals>.add")
    assert str(inspect.signature(add)) == "(one: 'int', other: 'int' = 2) -> 'int'"
    assert add.__wrapped__(1) == 3
    assert counts(registry) == {"add": 2}


def test_an_exception_passes_unchanged_and_its_time_counts(registry, latency):
    failure = LookupError("gone")

    @timed(latency, method="fails")
    def fail():
        raise failure

    with pytest.raises(LookupError) as raised:
        fail()
    assert raised.value is failure
    assert counts(registry) == {"fails": 1}


def test_methods_of_every_kind_are_bound_as_they_were(registry, latency):
    class Base:
        @timed(latency)
        def method(self):
            return self

        @classmethod
        @timed(latency)
        def above(cls):
            return cls

        @timed(latency)
        @classmethod
        def below(cls):
            return cls

        @timed(latency)
        @staticmethod
        def static(value):
            return value

    class Derived(Base):
        def method(self):
            return super().method()

    derived = Derived()
    assert derived.method() is derived
    assert Base.method(derived) is derived
    assert derived.above() is Derived
    assert Derived.below() is Derived
    assert derived.static(4) == 4
    assert counts(registry) == {"method": 2, "above": 1, "below": 1, "static": 1}


def test_a_coroutine_function_stays_one_and_its_whole_await_is_timed(registry, latency):
    @timed(latency)
    async def wait(event):
        await event.wait()
        return 7

    async def run():
        event = asyncio.Event()
        task = asyncio.ensure_future(wait(event))
        await asyncio.sleep(0)
        assert counts(registry) == {"wait": 0}
        event.set()
        return await task

    assert inspect.iscoroutinefunction(wait)
    assert asyncio.run(run()) == 7
    assert counts(registry) == {"wait": 1}


def test_a_cancelled_coroutine_is_counted_and_stays_cancelled(registry, latency):
    @timed(latency)
    async def wait():
        await asyncio.Event().wait()

    async def run():
        task = asyncio.ensure_future(wait())
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run())
    assert counts(registry) == {"wait": 1}


def test_recursion_and_nested_blocks_are_each_timed(registry, latency):
    @timed(latency)
    def count_down(number):
        return number if number == 0 else count_down(number - 1)

    block = timed(latency, method="block")
    assert count_down(3) == 0
    with block, block:
        pass
    assert counts(registry) == {"count_down": 4, "block": 2}


def test_threads_that_share_a_block_do_not_mix_their_clocks(registry):
    """Each is in the block for 0.2 s and more; clocks that were mixed up would show less."""
    latency = Histogram("latency_seconds", "Time", ["method"], registry=registry, buckets=[0.15])
    block = timed(latency, method="block")
    first_is_in, second_is_in, first_is_out = (threading.Event() for _ in range(3))

    def first():
        with block:
            first_is_in.set()
            second_is_in.wait(timeout=10)
        first_is_out.set()

    def second():
        first_is_in.wait(timeout=10)
        time.sleep(0.2)
        with block:
            second_is_in.set()
            first_is_out.wait(timeout=10)
            time.sleep(0.2)

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    text = mephisto_metrics.generate_latest(registry).decode()
    assert 'latency_seconds_bucket{le="0.15",method="block"} 0.0' in text
    assert counts(registry) == {"block": 2}


def test_tasks_that_share_a_block_do_not_mix_their_clocks(registry):
    latency = Histogram("latency_seconds", "Time", ["method"], registry=registry, buckets=[0.15])
    block = timed(latency, method="block")

    async def work(delay_seconds):
        await asyncio.sleep(delay_seconds)
        with block:
            await asyncio.sleep(0.3)

    async def run():
        await asyncio.gather(work(0), work(0.2))

    asyncio.run(run())
    text = mephisto_metrics.generate_latest(registry).decode()
    assert 'latency_seconds_bucket{le="0.15",method="block"} 0.0' in text
    assert counts(registry) == {"block": 2}


def test_a_label_is_computed_from_the_call(registry, latency):
    @timed(latency, method=lambda packet, **_: packet["type"])
    def handle(packet, *, urgent=False):
        return packet and urgent

    @timed(latency, method=lambda packet: packet["type"])
    async def handle_later(packet):
        return packet

    assert handle({"type": "alive"}, urgent=True) is True
    asyncio.run(handle_later({"type": "submit"}))
    assert counts(registry) == {"unknown": 0, "alive": 1, "submit": 1}


def test_a_label_that_can_not_be_computed_breaks_nothing_and_is_logged_once(
    registry, latency, caplog
):
    @timed(latency, method=lambda packet: packet["type"])
    def handle(packet):
        return packet

    assert handle({}) == {}
    assert handle({}) == {}
    assert counts(registry) == {"unknown": 2}
    assert len(caplog.records) == 1
    assert "'method'" in caplog.text


def test_wrong_labels_are_refused_where_the_function_is_defined(registry):
    two = Histogram("two", "", ["method", "code"], registry=registry)
    with pytest.raises(ValueError, match="Incorrect label names: expected method, code"):
        timed(two)(len)
    with pytest.raises(ValueError, match="Incorrect label names"):
        timed(two, method="a", code="b", path="c")(lambda: None)
    with pytest.raises(ValueError, match="Incorrect label names"):
        timed(two, method=lambda: "a", path="c")(lambda: None)


def test_a_generator_function_is_refused(latency):
    def numbers():
        yield 1

    with pytest.raises(TypeError, match="numbers is a generator function"):
        timed(latency)(numbers)


def test_time_of_a_histogram_serves_as_decorator_and_as_block(registry, latency):
    class Database:
        @latency.labels("find").time()
        def find(self):
            """Find."""
            return self

    database = Database()
    assert database.find() is database
    assert Database.find.__doc__ == "Find."
    with latency.labels(method="find").time():
        pass
    assert counts(registry) == {"find": 2}
