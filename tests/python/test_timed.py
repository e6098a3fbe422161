"""`timed` as a decorator."""

from __future__ import annotations

import asyncio
import copy
import functools
import gc
import inspect
import pickle
import pydoc
import re
import sys
import threading
import time
import types
import weakref

import pytest

import mephisto_metrics
from mephisto_metrics import Gauge, Histogram, Summary, timed
from mephisto_metrics.prometheus_client.context_managers import Timer


class Seconds(list):
    """Anything with `observe` can be told of times."""

    observe = list.append


@timed(Seconds())
def importable(number):
    """Double a number."""
    return 2 * number


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


def test_a_label_is_computed_from_the_call(registry, latency):
    @timed(latency, method=lambda packet, **_: packet["type"])
    def handle(packet, *, urgent=False):
        return packet and urgent

    @timed(latency, method=lambda packet: packet["type"])
    async def handle_later(packet):
        return packet

    assert handle({"type": "alive"}, urgent=True) is True
    asyncio.run(handle_later({"type": "submit"}))
    assert counts(registry) == {"alive": 1, "submit": 1}


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


def test_a_label_that_no_exposition_can_show_breaks_nothing_and_is_logged_once(
    registry, latency, caplog
):
    half_a_pair = timed(latency, method=lambda *_: "\ud800")
    one, two, three, four = map(half_a_pair, (plain, coroutine, generator, async_generator))

    async def run():
        assert await two(1) == 2
        assert [item async for item in four(1)] == [2]

    assert [one(1), one(2)] == [2, 3]
    assert list(three(1)) == [2]
    asyncio.run(run())
    assert counts(registry) == {"unknown": 5}
    assert len(caplog.records) == 4
    with pytest.raises(UnicodeEncodeError):
        timed(latency, method="\ud800")(plain)


def test_the_first_fault_of_each_label_is_logged(registry, caplog):
    two = Histogram("two", "", ["method", "code"], registry=registry)

    def fail(*_):
        raise LookupError

    step = timed(two, method=fail, code=fail)(lambda: 7)
    assert [step(), step()] == [7, 7]
    assert [record.args[0] for record in caplog.records] == ["method", "code"]
    assert registry.get_sample_value("two_count", {"method": "unknown", "code": "unknown"}) == 2


def test_a_fixed_label_beside_a_computed_one_is_checked_where_the_function_is_defined(registry):
    two = Histogram("two", "", ["method", "code"], registry=registry)
    with pytest.raises(UnicodeEncodeError):
        timed(two, method="\ud800", code=lambda: "a")(lambda: None)


def test_wrong_labels_are_refused_where_the_function_is_defined(registry):
    two = Histogram("two", "", ["method", "code"], registry=registry)
    with pytest.raises(ValueError, match="Incorrect label names: expected method, code"):
        timed(two)(len)
    with pytest.raises(ValueError, match="Incorrect label names"):
        timed(two, method="a", code="b", path="c")(lambda: None)
    with pytest.raises(ValueError, match="Incorrect label names"):
        timed(two, method=lambda: "a", path="c")(lambda: None)
    one = Histogram("one", "", ["method"], registry=registry)
    with pytest.raises(ValueError, match=r"expected method, received path$"):
        timed(one, path="c")
    with pytest.raises(ValueError, match="expected none, received method"):
        timed(Seconds(), method=lambda: "a")


def test_a_metric_that_says_nothing_of_its_labels_gets_them():
    class Labelled(Seconds):
        def labels(self, **values):
            self.values = values
            return self

    timed(labelled := Labelled(), method="a")(lambda: None)()
    assert len(labelled) == 1
    assert labelled.values == {"method": "a"}


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


def test_the_timer_of_a_block_has_labels_and_a_duration(registry, latency):
    with latency.time() as timer:
        assert timer.duration is None
        assert timer.labels(method="chosen inside") is None
    assert timer.duration >= 0
    with pytest.raises(ValueError, match="already has labels set"):
        timer.labels(method="again")
    assert counts(registry) == {"chosen inside": 1}


def test_a_block_without_labels_fails_like_the_observation(latency):
    with pytest.raises(ValueError, match="missing label values"), latency.time():
        pass


def test_an_exception_that_leaves_a_block_is_freed_when_it_is_handled():
    class RefusedError(Exception):
        pass

    class Refusing:
        def observe(self, seconds):
            raise RefusedError(seconds)

    try:
        with Timer(Refusing(), "observe"):
            pass
    except RefusedError as error:
        gone = weakref.ref(error)
    assert gone() is None


def test_a_timer_that_was_not_entered_is_an_error(latency):
    with pytest.raises(RuntimeError, match="not entered"):
        latency.labels("a").time().__exit__(None, None, None)


def test_summaries_and_gauges_are_told_of_times(registry):
    summary = Summary("waiting_seconds", "Time", registry=registry)
    gauge = Gauge("latest_seconds", "Time", registry=registry)
    gauge.set(-1)
    with summary.time(), gauge.time():
        pass
    gauge.time()(lambda: None)()
    timed(summary)(lambda: None)()
    assert summary._get()[0] == 2
    assert gauge._get() >= 0


def test_a_class_that_replaces_observe_is_told_of_times():
    class Doubled(Histogram):
        def observe(self, amount):
            super().observe(amount)
            super().observe(amount)

    histogram = Doubled("latency_seconds", "Time", registry=None)
    timed(histogram)(lambda: None)()
    with histogram.time():
        pass
    assert histogram._get()[0][-1] == 4


def plain(number: int, *, step: int = 1) -> int:
    """Add."""
    return number + step


async def coroutine(number: int, *, step: int = 1) -> int:
    """Add."""
    return number + step


def generator(number: int, *, step: int = 1):
    """Count."""
    yield number + step


async def async_generator(number: int, *, step: int = 1):
    """Count."""
    yield number + step


EVERY_FORM = pytest.mark.parametrize(
    "function", [plain, coroutine, generator, async_generator], ids=lambda it: it.__name__
)


@EVERY_FORM
def test_inspection_sees_what_it_would_see_without_the_decorator(function):
    decorated = timed(Seconds())(function)
    questions = [
        inspect.isfunction,
        inspect.isroutine,
        inspect.iscoroutinefunction,
        inspect.isgeneratorfunction,
        inspect.isasyncgenfunction,
        inspect.signature,
        inspect.getsource,
        inspect.getdoc,
        callable,
        lambda it: (it.__name__, it.__qualname__, it.__module__, it.__doc__, it.__annotations__),
        lambda it: (it.__code__, it.__defaults__, it.__kwdefaults__),
    ]
    for question in questions:
        assert question(decorated) == question(function)
    if sys.version_info < (3, 14):
        assert asyncio.iscoroutinefunction(decorated) == asyncio.iscoroutinefunction(function)
    assert decorated.__wrapped__ is function
    assert (
        pydoc.render_doc(decorated).splitlines()[2:] == pydoc.render_doc(function).splitlines()[2:]
    )


@EVERY_FORM
def test_what_a_call_returns_is_seen_as_what_it_stands_for(function):
    returned = timed(Seconds())(function)(1)
    original = function(1)
    questions = [
        inspect.iscoroutine,
        inspect.isgenerator,
        inspect.isasyncgen,
        inspect.isawaitable,
        asyncio.iscoroutine,
        lambda it: hasattr(it, "__iter__"),
        lambda it: getattr(it, "__name__", None),
        lambda it: getattr(it, "cr_code", None) or getattr(it, "gi_code", None),
    ]
    for question in questions:
        assert question(returned) == question(original)
    for left in (returned, original):
        if inspect.iscoroutine(left):
            left.close()


@EVERY_FORM
def test_a_wrapper_can_be_written_around_it(function):
    decorated = timed(Seconds())(function)

    @functools.wraps(decorated)
    def wrapper(*arguments, **keywords):
        return decorated(*arguments, **keywords)

    assert wrapper.__wrapped__ is decorated
    assert inspect.unwrap(wrapper) is function
    assert inspect.signature(wrapper) == inspect.signature(function)


def test_it_is_pickled_and_copied_by_name_as_functions_are():
    # Tests are imported under names that only pytest knows.
    sys.modules.setdefault(__name__, types.ModuleType(__name__)).importable = importable
    assert pickle.loads(pickle.dumps(importable)) is importable  # noqa: S301
    assert copy.copy(importable) is importable
    assert copy.deepcopy(importable) is importable


def test_a_cycle_through_it_is_collected():
    def make():
        function = timed(Seconds())(lambda: None)
        function.itself = function
        function.__wrapped__.decorated = function
        return weakref.ref(function)

    died = make()
    gc.collect()
    assert died() is None


def test_a_cycle_through_a_coroutine_is_collected():
    @timed(seconds := Seconds())
    async def wait(_holder):
        await asyncio.sleep(0)

    holder = Seconds()
    holder.append(wait(holder))
    holder[0].send(None)
    died = weakref.ref(holder)
    del holder
    gc.collect()
    assert died() is None
    assert len(seconds) == 1


def test_what_can_not_be_called_is_refused(latency):
    with pytest.raises(TypeError, match="only what can be called can be timed, received None"):
        timed(Seconds())(None)
    with pytest.raises(TypeError, match="only what can be called can be timed, received None"):
        timed(latency, method=str)(None)


def test_a_class_is_refused_with_what_to_decorate_instead(latency):
    seconds = Seconds()
    for decorate in (timed(Seconds()), latency.labels("a").time()):
        with pytest.raises(TypeError, match=r"a class can not be timed.*decorate its `__init__`"):
            decorate(Seconds)

    class Made:
        @timed(seconds)
        def __init__(self, value):
            self.value = value

        @timed(seconds)
        def __new__(cls, _value):
            return super().__new__(cls)

    class Derived(Made):
        pass

    assert (Made(1).value, Derived(2).value) == (1, 2)
    assert len(seconds) == 4


@pytest.mark.parametrize("decorate", [timed, lambda seconds: Timer(seconds, "observe")])
def test_a_function_that_python_makes_a_class_method_of_by_its_name_is_one(decorate):
    seconds = Seconds()

    class Base:
        @decorate(seconds)
        def __init_subclass__(cls, /, note="", **rest):
            super().__init_subclass__(**rest)
            cls.note = note

        @decorate(seconds)
        def __class_getitem__(cls, item):
            return cls, item

    class Derived(Base, note="kept"):
        pass

    assert Derived.note == "kept"
    assert Derived[int] == (Derived, int)
    assert len(seconds) == 2


def test_it_can_only_be_made_by_decorating():
    with pytest.raises(TypeError, match="cannot create"):
        type(importable)()


def test_arguments_of_every_kind_arrive():
    @timed(seconds := Seconds())
    def collect(one, *rest, key=None, **keywords):
        return one, rest, key, keywords

    class Owner:
        method = collect

    owner = Owner()
    assert collect(1, 2, 3, key=4, other=5) == (1, (2, 3), 4, {"other": 5})
    assert collect(*[1], key=2) == (1, (), 2, {})
    assert owner.method(2, key=3) == (owner, (2,), 3, {})
    bound = owner.method
    assert bound(2, key=3) == (owner, (2,), 3, {})
    assert bound.__self__ is owner
    assert len(seconds) == 4
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        collect()
    assert len(seconds) == 4, "a call that never began was counted"


@pytest.mark.parametrize("prepare", [lambda it: it, functools.partial])
def test_of_what_is_no_python_function_every_failure_counts(prepare):
    """Whether it has refused its arguments or failed with them nobody can tell."""
    timed_function = timed(seconds := Seconds())(prepare(sorted))
    for arguments in ([[1, "a"]], []):
        with pytest.raises(TypeError):
            timed_function(*arguments)
    assert len(seconds) == 2


def test_a_method_that_never_began_is_not_counted():
    class Owner:
        def method(self):
            raise TypeError("from within")

    for function in (Owner().method, timed(Seconds())(Owner().method)):
        timed_method = timed(seconds := Seconds())(function)
        with pytest.raises(TypeError, match="takes 1 positional argument"):
            timed_method(1)
        assert not seconds
        with pytest.raises(TypeError, match="from within"):
            timed_method()
        assert len(seconds) == 1


def test_threads_lose_no_call(registry, latency):
    step = timed(latency, method="step")(lambda: None)

    def work():
        for _ in range(5000):
            step()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts(registry) == {"step": 20000}


def test_the_time_of_a_child_that_was_removed_goes_nowhere(registry, latency):
    step = timed(latency, method="step")(lambda: 7)
    latency.clear()
    assert step() == 7
    assert counts(registry) == {}


def test_a_child_needs_no_further_labels(registry, latency):
    child = latency.labels("chosen before")
    assert timed(child)(lambda: 7)() == 7
    assert counts(registry) == {"chosen before": 1}
    with pytest.raises(ValueError, match="expected none, received method"):
        timed(child, method="again")


def test_partial_functions_of_every_form_are_timed():
    seconds = Seconds()
    forms = (plain, coroutine, generator, async_generator)
    one, two, three, four = (timed(seconds)(functools.partial(form, 1)) for form in forms)

    async def run():
        assert await two(step=2) == 3
        assert [item async for item in four()] == [2]

    assert one() == 2
    assert list(three()) == [2]
    asyncio.run(run())
    assert len(seconds) == 4


class CallableCoroutine:
    """Called, it is awaited."""

    async def __call__(self, number, *, step=1):
        await asyncio.sleep(0.01)
        return number + step


class CallableGenerator:
    """Called, it is iterated."""

    def __call__(self, number, *, step=1):
        time.sleep(0.01)
        yield number + step


class CallableAsyncGenerator:
    """Called, it is iterated asynchronously."""

    async def __call__(self, number, *, step=1):
        await asyncio.sleep(0.01)
        yield number + step


@pytest.mark.parametrize("prepare", [lambda it: it, functools.partial, timed(Seconds())])
def test_objects_that_are_called_are_timed_in_their_form(prepare):
    seconds = Seconds()
    forms = (CallableCoroutine(), CallableGenerator(), CallableAsyncGenerator())
    one, two, three = (timed(seconds)(prepare(form)) for form in forms)

    async def run():
        assert await one(1, step=2) == 3
        assert [item async for item in three(1)] == [2]

    asyncio.run(run())
    assert list(two(1)) == [2]
    assert len(seconds) == 3
    assert min(seconds) > 0.009


def test_asyncio_can_describe_a_task_of_it_in_debug_mode():
    async def run():
        task = asyncio.ensure_future(timed(Seconds())(coroutine)(1))
        description = repr(task)
        await task
        return description

    assert "coroutine" in asyncio.run(run(), debug=True)


def test_a_metric_that_fails_breaks_no_call(monkeypatch):
    class Failing:
        def observe(self, _amount):
            raise OSError("full")

    reported = []
    monkeypatch.setattr(sys, "unraisablehook", lambda fault: reported.append(fault.exc_value))

    @timed(Failing())
    def divide(one, other):
        return one / other

    assert divide(4, 2) == 2
    with pytest.raises(ZeroDivisionError):
        divide(1, 0)
    assert [str(fault) for fault in reported] == ["full", "full"]


def test_an_interruption_while_a_label_is_computed_passes():
    class Labelled(Seconds):
        _labelnames = ("method",)

        def labels(self, _method):
            return self

    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        timed(Labelled(), method=interrupt)(lambda: None)()


def test_a_computed_label_of_a_method_gets_its_instance(registry, latency):
    class Packets:
        kind = "alive"

        @timed(latency, method=lambda self, _packet: self.kind)
        def handle(self, packet):
            return packet

        @timed(latency, method=lambda _self, packet: packet)
        def each(self, _packet):
            yield self.kind

    assert Packets().handle(1) == 1
    assert list(Packets().each("submit")) == ["alive"]
    assert counts(registry) == {"alive": 1, "submit": 1}


class ResultError(Exception):
    """A result that could be taken for a failure."""


@pytest.mark.parametrize(
    "result", [None, 7, (), (1, 2), ResultError(), StopIteration(3), ResultError], ids=repr
)
def test_any_result_comes_through_an_await(result):
    @timed(seconds := Seconds())
    async def inner(suspended):
        if suspended:
            await asyncio.sleep(0)
        return result

    async def outer(suspended):
        return await inner(suspended)

    async def run():
        for suspended in (False, True):
            assert await inner(suspended) is result
            assert await outer(suspended) is result
            assert await asyncio.gather(outer(suspended), inner(suspended)) == [result, result]
            assert await asyncio.ensure_future(inner(suspended)) is result

    asyncio.run(run())
    assert len(seconds) == 10


def test_a_coroutine_is_driven_by_hand_as_it_would_be_without():
    @types.coroutine
    def pause(value):
        try:
            return (yield value)
        except LookupError as error:
            return error.args[0]

    @timed(seconds := Seconds())
    async def work():
        first = await pause("first")
        return await pause(first)

    step = work()
    assert step.send(None) == "first"
    assert step.send("sent") == "sent"
    assert not seconds
    with pytest.raises(StopIteration) as over:
        step.throw(LookupError("thrown"))
    assert over.value.value == "thrown"
    assert len(seconds) == 1
    with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
        step.send(None)
    assert len(seconds) == 1


def test_an_exception_leaves_a_coroutine_with_its_context():
    @timed(seconds := Seconds())
    async def fail():
        await asyncio.sleep(0)
        raise LookupError("gone")

    async def run():
        try:
            raise KeyError("before")
        except KeyError:
            await fail()

    with pytest.raises(LookupError, match="gone") as raised:
        asyncio.run(run())
    assert isinstance(raised.value.__context__, KeyError)
    assert len(seconds) == 1


def test_a_coroutine_that_is_closed_or_forgotten_counts_if_it_began():
    @timed(seconds := Seconds())
    async def wait():
        await asyncio.sleep(0)

    closed, forgotten, unused = wait(), wait(), wait()
    closed.send(None)
    closed.close()
    closed.close()
    assert len(seconds) == 1
    forgotten.send(None)
    del forgotten
    assert len(seconds) == 2
    unused.close()
    assert len(seconds) == 2


@pytest.mark.filterwarnings("default")
def test_a_coroutine_that_is_never_awaited_is_warned_of_and_not_counted():
    @timed(seconds := Seconds())
    async def forget():
        pass

    with pytest.warns(RuntimeWarning, match="forget' was never awaited"):
        forget()
    assert not seconds


def test_a_task_that_is_cancelled_before_its_first_step_is_not_counted():
    @timed(seconds := Seconds())
    async def wait():
        await asyncio.sleep(0)

    async def run():
        task = asyncio.ensure_future(wait())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    assert not seconds


def test_a_coroutine_made_of_a_generator_is_awaited():
    @timed(seconds := Seconds())
    @types.coroutine
    def pause():
        yield
        return 7

    async def run():
        return await pause()

    assert asyncio.run(run()) == 7
    assert len(seconds) == 1


def test_of_a_generator_only_the_time_counts_that_its_consumer_waits_for_it():
    @timed(seconds := Seconds())
    def numbers():
        received = yield 1
        yield received
        return "over"

    started = time.perf_counter()
    steps = numbers()
    assert next(steps) == 1
    time.sleep(0.2)
    assert steps.send(5) == 5
    assert not seconds
    with pytest.raises(StopIteration) as over:
        next(steps)
    assert over.value.value == "over"
    assert list(steps) == []
    assert len(seconds) == 1
    assert 0 < seconds[0] < (time.perf_counter() - started) / 2


def test_a_generator_is_delegated_to():
    @timed(seconds := Seconds())
    def inner():
        received = yield 1
        return received

    def outer():
        return (yield from inner())

    steps = outer()
    next(steps)
    with pytest.raises(StopIteration) as over:
        steps.send("sent")
    assert over.value.value == "sent"
    assert len(seconds) == 1


def test_a_generator_that_raises_is_closed_or_is_forgotten_counts_once_if_it_began():
    @timed(seconds := Seconds())
    def numbers():
        try:
            yield 1
        except LookupError:
            yield 2
        raise OSError

    raising, closed, forgotten, unused, caught = (numbers() for _ in range(5))
    with pytest.raises(OSError):  # noqa: PT011 - it has no text
        list(raising)
    next(closed)
    closed.close()
    next(forgotten)
    assert len(seconds) == 2
    del forgotten
    assert len(seconds) == 3
    unused.close()
    assert len(seconds) == 3
    next(caught)
    assert caught.throw(LookupError) == 2
    assert len(seconds) == 3
    caught.close()
    assert len(seconds) == 4


def test_of_an_async_generator_only_the_time_counts_that_its_consumer_waits_for_it():
    @timed(seconds := Seconds())
    async def numbers():
        await asyncio.sleep(0)
        yield 1
        yield 2

    async def run():
        found = []
        async for number in numbers():
            found.append(number)
            assert not seconds
            await asyncio.sleep(0.1)
        return found

    started = time.perf_counter()
    assert asyncio.run(run()) == [1, 2]
    assert len(seconds) == 1
    assert 0 < seconds[0] < (time.perf_counter() - started) / 2


def test_an_async_generator_takes_values_and_exceptions_and_is_closed():
    @timed(seconds := Seconds())
    async def numbers():
        try:
            received = yield 1
            yield received
        except LookupError:
            yield "caught"

    async def run():
        steps = numbers()
        assert await steps.__anext__() == 1
        assert await steps.asend("sent") == "sent"
        assert await steps.athrow(LookupError()) == "caught"
        assert not seconds
        await steps.aclose()
        assert len(seconds) == 1
        with pytest.raises(StopAsyncIteration):
            await steps.__anext__()
        await numbers().aclose()

    asyncio.run(run())
    assert len(seconds) == 1


def test_an_async_generator_that_is_left_half_way_is_counted_and_closed():
    closed = []

    @timed(seconds := Seconds())
    async def numbers():
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    async def run():
        async for _ in numbers():
            break

    asyncio.run(run())
    assert closed == [True]
    assert len(seconds) == 1


def test_what_is_timed_can_be_timed_again():
    inner, outer = Seconds(), Seconds()
    forms = (plain, coroutine, generator, async_generator)
    one, two, three, four = (timed(outer)(timed(inner)(form)) for form in forms)

    async def run():
        assert await two(1) == 2
        assert [item async for item in four(1)] == [2]

    assert one(1) == 2
    assert list(three(1)) == [2]
    asyncio.run(run())
    assert len(inner) == len(outer) == 4
