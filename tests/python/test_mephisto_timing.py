"""`time_database_method` and `time_packet_handler`, without Mephisto."""

from __future__ import annotations

import asyncio
import inspect
import math
import subprocess
import sys
import time
from collections.abc import Mapping
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

import mephisto_metrics
from mephisto_metrics import Histogram, timed
from mephisto_metrics.mephisto import time_database_method, time_packet_handler
from mephisto_metrics.mephisto.families import DATABASE_METHODS, STAGES, UNMEASURED_REASONS
from mephisto_metrics.mephisto.instruments import histogram
from mephisto_metrics.mephisto.stages import CLOCK_RESOLUTION_SECONDS, PARTS, WHOLE, measure

FOUR = ("client", "router_incoming", "router_outgoing", "server")


def samples() -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = mephisto_metrics.generate_latest().decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class Change:
    """What a block has added to the process's metrics."""

    def __enter__(self) -> Change:
        self._before = samples()
        return self

    def __exit__(self, *exception: object) -> None:
        self._after = samples()

    def of(self, name: str, **labels: str) -> float:
        key = (name, frozenset(labels.items()))
        return self._after.get(key, 0.0) - self._before.get(key, 0.0)

    def calls(self) -> dict[str, float]:
        return self.by_label("database_latency_seconds_count", "method")

    def by_label(self, name: str, label: str) -> dict[str, float]:
        """Return what changed of `name`, by the values of one label."""
        found: dict[str, float] = {}
        for (sample, labels), value in self._after.items():
            added = value - self._before.get((sample, labels), 0.0)
            if sample == name and added:
                found[dict(labels)[label]] = found.get(dict(labels)[label], 0.0) + added
        return found


# Database methods --------------------------------------------------------------------------------


def test_a_method_is_observed_under_its_name_or_the_one_given():
    class Database:
        @time_database_method
        def find_units(self, count: int) -> int:
            """Find them."""
            return count

        @time_database_method("bulk_load")
        def load(self) -> None: ...

        @time_database_method(method="bulk_save")
        def save(self) -> None: ...

        @time_database_method()
        def drop(self) -> None: ...

    database = Database()
    with Change() as change:
        assert database.find_units(3) == 3
        database.load()
        database.save()
        database.drop()
    assert change.calls() == {"find_units": 1, "bulk_load": 1, "bulk_save": 1, "drop": 1}
    assert Database.find_units.__doc__ == "Find them."
    assert str(inspect.signature(Database.find_units)) == "(self, count: 'int') -> 'int'"


def test_static_class_and_coroutine_methods_are_observed():
    class Database:
        @time_database_method
        @staticmethod
        def get_unit() -> str:
            return "unit"

        @time_database_method
        @classmethod
        def get_task(cls) -> type:
            return cls

        @time_database_method
        async def get_agent(self) -> str:
            await asyncio.sleep(0)
            return "agent"

    assert inspect.iscoroutinefunction(Database.get_agent)
    with Change() as change:
        assert Database.get_unit() == "unit"
        assert Database().get_task() is Database
        assert asyncio.run(Database().get_agent()) == "agent"
    assert change.calls() == {"get_unit": 1, "get_task": 1, "get_agent": 1}


def test_a_failing_method_fails_the_same_and_its_time_counts():
    failure = LookupError("no such unit")

    @time_database_method
    def get_unit() -> None:
        raise failure

    with Change() as change, pytest.raises(LookupError) as raised:
        get_unit()
    assert raised.value is failure
    assert change.calls() == {"get_unit": 1}


def test_a_class_has_its_database_methods_timed_and_nothing_else():
    @time_database_method
    class Database:
        def get_unit(self) -> str:
            return self.helper()

        async def find_units(self) -> list[str]:
            return [self.get_unit()]

        def helper(self) -> str:
            return "unit"

        @property
        def get_task(self) -> str:
            return "task"

        @staticmethod
        def get_agent() -> str:
            return "agent"

        @classmethod
        def get_worker(cls) -> str:
            return "worker"

        get_project = None

        class find_tasks:  # noqa: N801 - a name of a database method
            """Not a method."""

    database = Database()
    with Change() as change:
        assert asyncio.run(database.find_units()) == ["unit"]
        assert (database.get_task, database.get_agent(), database.get_worker()) == (
            "task",
            "agent",
            "worker",
        )
        Database.find_tasks()
    assert change.calls() == {"find_units": 1, "get_unit": 1}
    assert Database.__name__ == "Database"


def test_methods_that_are_named_are_timed_beyond_mephistos():
    @time_database_method(also=["count_rows", "get_agent"])
    class Database:
        def get_unit(self) -> None: ...

        def count_rows(self) -> None: ...

        @staticmethod
        def get_agent() -> None: ...

    with Change() as change:
        Database().get_unit()
        Database().count_rows()
        Database.get_agent()
    assert change.calls() == {"get_unit": 1, "count_rows": 1, "get_agent": 1}


def test_a_class_times_under_the_name_that_is_called():
    def anything(self: object) -> None: ...

    @time_database_method
    class Database:
        get_unit = anything
        find_units = anything

    with Change() as change:
        Database().get_unit()
        Database().find_units()
    assert change.calls() == {"get_unit": 1, "find_units": 1}


def test_every_database_method_of_mephisto_is_known_to_the_class_form():
    body = {name: (lambda _self: None) for name in DATABASE_METHODS}
    database = time_database_method(type("Database", (), body))()
    with Change() as change:
        for name in DATABASE_METHODS:
            getattr(database, name)()
    assert change.calls() == dict.fromkeys(DATABASE_METHODS, 1)


def test_what_a_class_inherits_is_its_bases_to_time():
    class Base:
        def get_unit(self) -> str:
            return "base"

        def get_task(self) -> str:
            return "base"

    @time_database_method
    class Database(Base):
        def get_task(self) -> str:
            return super().get_task() + " and ours"

    with Change() as change:
        assert Database().get_unit() == "base"
        assert Database().get_task() == "base and ours"
        Base().get_task()
    assert change.calls() == {"get_task": 1}


def test_a_call_that_goes_on_to_super_counts_once_for_each_timed_layer():
    @time_database_method
    class Base:
        def get_unit(self) -> int:
            return 1

    @time_database_method
    class Middle(Base):
        def get_unit(self) -> int:
            return super().get_unit() + 1

    class Top(Middle):
        def get_unit(self) -> int:
            return super().get_unit() + 1

    with Change() as change:
        assert Top().get_unit() == 3
    assert change.calls() == {"get_unit": 2}


FAMILY = histogram("database_latency_seconds")
ALREADY_TIMED = {
    "by us": time_database_method,
    "by us under another name": time_database_method("other"),
    "by timed": timed(FAMILY),
    "by its call": timed(FAMILY, method=lambda *_: "of call"),
    "by Mephisto": FAMILY.labels(method="get_unit").time(),
}


@pytest.mark.parametrize("before", ALREADY_TIMED.values(), ids=list(ALREADY_TIMED))
@pytest.mark.parametrize("is_async", [False, True])
def test_what_is_timed_already_is_not_timed_twice(before: Any, is_async: bool):
    def get_unit(self: object) -> str:
        return "unit"

    async def get_unit_later(self: object) -> str:
        return "unit"

    method = before(get_unit_later if is_async else get_unit)
    database = time_database_method(type("Database", (), {"get_unit": method}))
    time_database_method(database)
    assert vars(database)["get_unit"] is method
    assert time_database_method(method) is method


def test_what_is_timed_into_another_family_is_timed_into_this_one_too():
    other = Histogram("other_seconds", "Of the user", registry=None)

    @time_database_method
    @timed(other)
    def get_unit() -> None: ...

    with Change() as change:
        get_unit()
    assert change.calls() == {"get_unit": 1}


@pytest.mark.parametrize(
    ("decorate", "error", "said"),
    [
        (lambda: time_database_method(3), TypeError, "received a int"),
        (lambda: time_database_method(property(len)), TypeError, "below @property"),
        (lambda: time_database_method("label")(dict), TypeError, "dict is a class"),
        (lambda: time_database_method(also=["x"])(len), TypeError, "names methods of a class"),
        (lambda: time_database_method(also="extra"), TypeError, r"write also=\['extra'\]"),
        (
            lambda: time_database_method(also=["x", "y"])(type("Mine", (), {"x": len})),
            ValueError,
            "Mine does not define y",
        ),
    ],
)
def test_what_can_not_be_timed_is_named(decorate: Any, error: type[Exception], said: str):
    with pytest.raises(error, match=said):
        decorate()


# Packets -----------------------------------------------------------------------------------------


class Packet:
    """As `mephisto.data_model.packet.Packet` has it."""

    def __init__(self, packet_type: str, **timestamps: Any) -> None:
        self.type = packet_type
        for name in FOUR:
            setattr(self, f"{name}_timestamp", timestamps.get(name))


def on_its_way(packet_type: str, **changes: Any) -> Packet:
    """Return a packet that has taken 0.8 seconds up to the server, but for the changes."""
    now = time.time()
    usual = {
        "client": now - 0.8,
        "router_incoming": now - 0.3,
        "router_outgoing": now - 0.2,
        "server": now - 0.1,
    }
    return Packet(packet_type, **{**usual, **changes})


@time_packet_handler
def handle(packet: Any) -> Any:
    return packet


def stages_of(change: Change) -> dict[str, float]:
    return change.by_label("e2e_packet_latency_count", "stage")


def test_a_handler_and_the_five_stages_of_its_packet_are_observed():
    packet = on_its_way("honest")
    with Change() as change:
        assert handle(packet) is packet
    assert change.of("client_io_handler_latency_seconds_count", packet_type="honest") == 1
    assert stages_of(change) == dict.fromkeys(STAGES, 1)
    seconds = {
        stage: change.of("e2e_packet_latency_sum", packet_type="honest", stage=stage)
        for stage in STAGES
    }
    assert seconds["client_to_router"] == pytest.approx(0.5, abs=1e-4)
    assert seconds["router_processing"] == pytest.approx(0.1, abs=1e-4)
    assert seconds["router_to_server"] == pytest.approx(0.1, abs=1e-4)
    assert seconds["server_processing"] >= 0.1 - 1e-4
    whole = seconds.pop("e2e_time")
    assert whole == pytest.approx(sum(seconds.values()), abs=1e-4)
    assert change.by_label("e2e_packet_unmeasured_total", "reason") == {}


def test_a_client_whose_clock_is_ahead_is_measured_as_skew_and_not_as_a_latency():
    packet = on_its_way("ahead", client=time.time() + 100)
    with Change() as change:
        handle(packet)
    measured = {"router_processing", "router_to_server", "server_processing"}
    assert stages_of(change) == dict.fromkeys(measured, 1)
    assert change.by_label("e2e_packet_clock_skew_seconds_count", "stage") == {
        "client_to_router": 1,
        "e2e_time": 1,
    }
    # The packet reached the router 0.3 s ago, but was sent in 100 s.
    for stage in ("client_to_router", "e2e_time"):
        skew = change.of("e2e_packet_clock_skew_seconds_sum", stage=stage)
        assert skew == pytest.approx(100.3, abs=0.1)
        labels = {"packet_type": "ahead", "stage": stage, "reason": "clock_skew"}
        assert change.of("e2e_packet_unmeasured_total", **labels) == 1


def test_a_router_whose_clock_is_ahead_takes_the_whole_with_it():
    now = time.time()
    packet = on_its_way("router ahead", router_incoming=now + 50, router_outgoing=now + 50.1)
    with Change() as change:
        handle(packet)
    assert change.by_label("e2e_packet_clock_skew_seconds_count", "stage") == {
        "router_to_server": 1,
        "e2e_time": 1,
    }
    assert stages_of(change) == {
        "client_to_router": 1,
        "router_processing": 1,
        "server_processing": 1,
    }


class Hostile:
    """Breaks whoever asks."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


@pytest.mark.parametrize(
    ("stamp", "reason"),
    [
        (None, "missing"),
        ("yesterday", "not_a_number"),
        ("1700000000.5", "not_a_number"),
        (True, "not_a_number"),
        (float("nan"), "not_a_number"),
        (float("inf"), "not_a_number"),
        (10**400, "not_a_number"),
        (Decimal("NaN"), "not_a_number"),
        ([], "not_a_number"),
        pytest.param(Hostile, "not_a_number", id="hostile"),
        (2 + 1j, "not_a_number"),
        (0, "out_of_range"),
        (-1.5, "out_of_range"),
        pytest.param(1.7e12, "out_of_range", id="milliseconds"),
    ],
)
def test_a_broken_timestamp_is_counted_by_reason_and_the_packet_handled(stamp: Any, reason: str):
    packet = on_its_way("broken", router_incoming=stamp() if stamp is Hostile else stamp)
    with Change() as change:
        assert handle(packet) is packet
    assert stages_of(change) == {"router_to_server": 1, "server_processing": 1, "e2e_time": 1}
    assert change.by_label("e2e_packet_unmeasured_total", "stage") == {
        "client_to_router": 1,
        "router_processing": 1,
    }
    assert change.by_label("e2e_packet_unmeasured_total", "reason") == {reason: 2}


@pytest.mark.parametrize(
    "packet",
    [
        lambda: None,
        lambda: 7,
        lambda: "text",
        dict,
        Hostile,
        lambda: SimpleNamespace(type=Hostile(), timestamps=Hostile()),
        lambda: {"packet_type": None},
    ],
    ids=["none", "number", "text", "empty", "hostile", "hostile fields", "no type"],
)
def test_what_is_no_packet_is_handled_and_counted_under_a_fallback(packet: Any):
    packet = packet()
    with Change() as change:
        assert handle(packet) is packet
    assert change.of("client_io_handler_latency_seconds_count", packet_type="unknown") == 1
    assert change.by_label("e2e_packet_unmeasured_total", "packet_type") == {"unknown": len(STAGES)}
    assert change.by_label("e2e_packet_unmeasured_total", "reason") == {"missing": len(STAGES)}


def test_half_a_character_in_a_type_neither_breaks_the_handler_nor_the_exposition():
    with Change() as change:
        handle(on_its_way("half \ud800"))
    assert change.of("client_io_handler_latency_seconds_count", packet_type="half ?") == 1


def shapes() -> dict[str, Any]:
    packet = on_its_way("shape")
    stamps = {f"{name}_timestamp": getattr(packet, f"{name}_timestamp") for name in FOUR}
    return {
        "attributes": packet,
        "mapping of timestamps": SimpleNamespace(type="shape", timestamps=stamps),
        "as it is sent": {"packet_type": "shape", "data": {}, **stamps},
        "mapping with a type": {"type": "shape", **stamps},
    }


@pytest.mark.parametrize("shape", list(shapes()))
def test_packets_come_in_several_shapes(shape: str):
    with Change() as change:
        handle(shapes()[shape])
    assert change.by_label("e2e_packet_latency_count", "packet_type") == {"shape": len(STAGES)}


def test_the_packet_is_found_among_the_arguments():
    class Handlers:
        @time_packet_handler
        def by_name(self, channel_id: str, packet: Any) -> None: ...

        @time_packet_handler
        def first(self, message: Any, channel_id: str = "") -> None: ...

        @time_packet_handler(packet="frame")
        def named(self, channel_id: str, *, frame: Any) -> None: ...

        @time_packet_handler
        @staticmethod
        def static(packet: Any) -> None: ...

        @time_packet_handler
        @classmethod
        def of_class(cls, packet: Any) -> tuple[type, Any]:
            return cls, packet

    handlers = Handlers()
    packet = on_its_way("found")
    with Change() as change:
        handlers.by_name("c", packet)
        handlers.by_name(packet=packet, channel_id="c")
        handlers.first(packet)
        handlers.first(message=packet)
        handlers.named("c", frame=packet)
        Handlers.static(packet)
        assert Handlers.of_class(packet) == (Handlers, packet)
        time_packet_handler(handlers.first)(packet)
    # The last is timed twice: around the method, and in it.
    assert change.by_label("client_io_handler_latency_seconds_count", "packet_type") == {"found": 9}


def test_coroutine_handlers_are_observed_until_their_end():
    @time_packet_handler
    async def later(packet: Any) -> str:
        await asyncio.sleep(0)
        packet.type = "changed"
        return "done"

    assert inspect.iscoroutinefunction(later)
    with Change() as change:
        assert asyncio.run(later(on_its_way("later"))) == "done"
    assert change.by_label("e2e_packet_latency_count", "packet_type") == {"later": len(STAGES)}


def test_objects_that_are_called_are_observed_until_their_end():
    class Later:
        async def __call__(self, packet: Any) -> Any:
            await asyncio.sleep(0.01)
            return packet

    class Generates:
        def __call__(self, packet: Any) -> Any:
            yield packet

    with Change() as change:
        asyncio.run(time_packet_handler(Later())(on_its_way("called")))
    assert change.of("client_io_handler_latency_seconds_sum", packet_type="called") > 0.009
    with pytest.raises(TypeError, match="received a generator function"):
        time_packet_handler(Generates())


@pytest.mark.parametrize("failure", [LookupError("x"), asyncio.CancelledError(), StopIteration(3)])
def test_an_exception_passes_through_and_the_packet_counts(failure: BaseException):
    @time_packet_handler
    def fail(packet: Any) -> None:
        raise failure

    with Change() as change, pytest.raises(type(failure)) as raised:
        fail(on_its_way("failing"))
    assert raised.value is failure
    assert stages_of(change) == dict.fromkeys(STAGES, 1)


def test_a_cancelled_coroutine_handler_counts_and_stays_cancelled():
    @time_packet_handler
    async def wait(packet: Any) -> None:
        await asyncio.Event().wait()

    async def cancel() -> None:
        task = asyncio.ensure_future(wait(on_its_way("cancelled")))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with Change() as change, pytest.raises(asyncio.CancelledError):
        asyncio.run(cancel())
    assert change.of("client_io_handler_latency_seconds_count", packet_type="cancelled") == 1
    assert stages_of(change) == dict.fromkeys(STAGES, 1)


def test_a_handler_called_wrongly_says_so_itself():
    with pytest.raises(TypeError, match=r"handle\(\) missing 1 required positional argument"):
        handle()


def generates(packet: Any) -> Any:
    yield packet


@pytest.mark.parametrize(
    ("decorate", "said"),
    [
        (lambda: time_packet_handler(lambda: None), "its parameters are: none"),
        (lambda: time_packet_handler(lambda *_: None), "its parameters are: none"),
        (lambda: time_packet_handler(packet="x")(handle), "no parameter 'x'.*are: packet"),
        (lambda: time_packet_handler(generates), "received a generator function"),
        (lambda: time_packet_handler(Packet), "received a type"),
        (lambda: time_packet_handler(packet="packet")(3), "received a int: 3"),
    ],
)
def test_what_does_not_handle_packets_is_refused_where_it_is_decorated(decorate: Any, said: str):
    with pytest.raises(TypeError, match=said):
        decorate()


# The arithmetic of stages ------------------------------------------------------------------------

MOMENTS = st.floats(min_value=1.6e9, max_value=1.9e9)
"""Around these years; a float of that size resolves a quarter of a microsecond."""
ROUNDING = 1e-5
NAMES = (*(f"{name}_timestamp" for name in FOUR), "response_timestamp")


def stamps(strategy: Any) -> Any:
    return st.fixed_dictionaries(dict.fromkeys(NAMES, strategy))


ANYTHING = stamps(
    st.none() | st.floats() | st.integers() | st.booleans() | st.sampled_from(["", "1.5", "nan"])
)


@given(stamps(MOMENTS) | ANYTHING)
def test_each_stage_has_a_latency_or_a_reason(timestamps: Mapping[str, Any]):
    measurement = measure(timestamps)
    assert measurement.seconds.keys() | measurement.unmeasured.keys() == set(STAGES)
    assert not measurement.seconds.keys() & measurement.unmeasured.keys()
    assert set(measurement.unmeasured.values()) <= set(UNMEASURED_REASONS)
    assert all(0 <= seconds < math.inf for seconds in measurement.seconds.values())
    skewed = {stage for stage, reason in measurement.unmeasured.items() if reason == "clock_skew"}
    assert measurement.skew_seconds.keys() == skewed
    assert all(seconds > CLOCK_RESOLUTION_SECONDS for seconds in measurement.skew_seconds.values())


@given(st.lists(st.floats(0, 1e6), min_size=4, max_size=4), MOMENTS)
def test_without_skew_the_parts_add_up_to_the_whole(durations: list[float], start: float):
    moments = [start]
    for duration in durations:
        moments.append(moments[-1] + duration)
    measurement = measure(dict(zip(NAMES, moments)))
    assert measurement.unmeasured == {}
    for stage, duration in zip(PARTS, durations):
        assert measurement.seconds[stage] == pytest.approx(duration, abs=ROUNDING)
    assert measurement.seconds[WHOLE] == pytest.approx(sum(durations), abs=ROUNDING)


@given(
    st.lists(st.floats(0, 1e4), min_size=4, max_size=4),
    MOMENTS,
    st.sampled_from(["client", "router"]),
    st.floats(-1e5, 1e5),
)
def test_skew_is_never_overstated(
    durations: list[float], start: float, machine: str, skew: float
) -> None:
    moments = [start]
    for duration in durations:
        moments.append(moments[-1] + duration)
    timestamps = dict(zip(NAMES, moments))
    for name in timestamps:
        if name.startswith(machine):
            timestamps[name] += skew
    measurement = measure(timestamps)
    for seconds in measurement.skew_seconds.values():
        assert seconds <= abs(skew) + ROUNDING


@given(stamps(MOMENTS))
def test_the_whole_is_never_below_its_parts(timestamps: Mapping[str, Any]):
    measurement = measure(timestamps)
    parts = sum(measurement.seconds[stage] for stage in PARTS if stage in measurement.seconds)
    if WHOLE in measurement.seconds:
        rounded = len(PARTS) * CLOCK_RESOLUTION_SECONDS
        assert measurement.seconds[WHOLE] >= parts - rounded - ROUNDING
    elif measurement.unmeasured[WHOLE] == "clock_skew":
        assert measurement.skew_seconds.keys() & PARTS.keys()


def test_what_rounding_turned_back_is_no_skew():
    moment = 1.7e9
    measurement = measure(
        {**dict.fromkeys(NAMES, moment), "router_incoming_timestamp": moment + 5e-4}
    )
    assert measurement.seconds["router_processing"] == 0
    assert measurement.skew_seconds == {}


# Together with Mephisto --------------------------------------------------------------------------


def test_importing_them_does_not_import_mephisto_nor_make_a_metric():
    code = """
import sys
from mephisto_metrics.mephisto import time_database_method, time_packet_handler
import mephisto_metrics
loaded = {name.partition(".")[0] for name in sys.modules}
print(sorted(loaded & {"mephisto", "prometheus_client", "click"}))
print(b"database_latency_seconds" in mephisto_metrics.generate_latest())
"""
    command = [sys.executable, "-W", "ignore", "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert run.stdout == "[]\nFalse\n", run.stderr


@pytest.mark.parametrize("first", ["ours", "Mephisto's"])
def test_the_family_is_mephistos_own_whoever_comes_first(small_mephisto: Any, first: str):
    text = small_mephisto.answer(
        f"""
        mephisto_metrics.install()
        from mephisto_metrics.mephisto import time_database_method
        if {first!r} == "Mephisto's":
            import mephisto.data
        @time_database_method
        def get_unit(): ...
        import mephisto.data as data
        timed_by_mephisto = data.LATENCY.labels(method="get_task").time()(lambda: None)
        assert time_database_method(timed_by_mephisto) is timed_by_mephisto
        timed_by_mephisto()
        get_unit()
        print(json.dumps(mephisto_metrics.generate_latest().decode()))
        """
    )
    assert text.count("# TYPE database_latency_seconds histogram") == 1
    assert 'database_latency_seconds_count{method="get_task"} 1.0' in text
    assert 'database_latency_seconds_count{method="get_unit"} 1.0' in text
    assert 'database_latency_seconds_bucket{le="0.0001",method="get_unit"} 1.0' in text


def test_a_family_that_the_user_has_made_is_taken(small_mephisto: Any):
    text = small_mephisto.answer(
        """
        from mephisto_metrics.mephisto import time_database_method
        mephisto_metrics.install()
        theirs = mephisto_metrics.Histogram("database_latency_seconds", "Theirs", ["method"])
        @time_database_method
        def get_unit(): ...
        get_unit()
        import mephisto.data as data
        assert data.LATENCY is theirs
        print(json.dumps(mephisto_metrics.generate_latest().decode()))
        """
    )
    assert "# HELP database_latency_seconds Theirs" in text
    assert 'database_latency_seconds_count{method="get_unit"} 1.0' in text


HANDLER_OF_MEPHISTO = """
import time
from prometheus_client import Histogram

E2E_PACKET_LATENCY = Histogram("e2e_packet_latency", "Packets", ["packet_type", "stage"])

class ClientIOHandler:
    def log_metrics_for_packet(self, packet):
        '''Log them.'''
        E2E_PACKET_LATENCY.labels(packet_type=packet.type, stage="e2e_time").observe(
            max(0, time.time() - packet.client_timestamp)
        )
"""


def test_mephistos_own_packets_are_measured_by_the_same_rule(small_mephisto: Any):
    site = small_mephisto.folder / "site/mephisto/operations"
    (site / "client_io_handler.py").write_text(HANDLER_OF_MEPHISTO)
    doc, text = small_mephisto.answer(
        """
        import time
        mephisto_metrics.install()
        from mephisto.operations.client_io_handler import ClientIOHandler
        now = time.time()
        packet = types.SimpleNamespace(
            type="submit_unit", client_timestamp=now + 50, router_incoming_timestamp=now - 3,
            router_outgoing_timestamp=now - 2, server_timestamp=now - 1,
        )
        ClientIOHandler().log_metrics_for_packet(packet)
        doc = ClientIOHandler.log_metrics_for_packet.__doc__
        print(json.dumps([doc, mephisto_metrics.generate_latest().decode()]))
        """
    )
    labels = 'packet_type="submit_unit",stage='
    assert doc == "Log them."
    assert f'e2e_packet_latency_count{{{labels}"router_processing"}} 1.0' in text
    assert f'e2e_packet_latency_count{{{labels}"e2e_time"}}' not in text
    assert 'e2e_packet_clock_skew_seconds_count{stage="e2e_time"} 1.0' in text


def test_a_mephisto_with_other_packets_keeps_its_own_measure_of_them(small_mephisto: Any):
    site = small_mephisto.folder / "site/mephisto/operations"
    (site / "client_io_handler.py").write_text(HANDLER_OF_MEPHISTO.replace(', "stage"', ""))
    result = small_mephisto.run(
        """
        mephisto_metrics.install()
        from mephisto.operations.client_io_handler import ClientIOHandler
        print(hasattr(ClientIOHandler.log_metrics_for_packet, "__wrapped__"))
        """
    )
    assert result.stdout == "False\n"
    assert result.stderr.count("some metrics will be missing: measure_packets failed") == 1
