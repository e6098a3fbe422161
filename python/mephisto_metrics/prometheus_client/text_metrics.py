"""Metrics whose value is text: `Info` and `Enum`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock

from mephisto_metrics.prometheus_client.metric_base import MetricWrapperBase
from mephisto_metrics.prometheus_client.registry import REGISTRY, CollectorRegistry
from mephisto_metrics.prometheus_client.samples import Sample


class Info(MetricWrapperBase):
    """Text about something that seldom changes, as labels of a series that is always 1.

    build = Info("build", "What runs here")
    build.info({"version": "1.2.3"})
    """

    _type = "info"

    def _metric_init(self) -> None:
        self._labelname_set = set(self._labelnames)
        self._lock = Lock()
        self._value: dict[str, str] = {}

    def info(self, val: dict[str, str]) -> None:
        """Replace the text; `ValueError` for a key that is a label's name, and for None."""
        if self._labelname_set.intersection(val.keys()):
            raise ValueError(
                "Overlapping labels for Info metric, metric: "
                f"{self._labelnames} child: {val}: expected other keys"
            )
        if None in val.values():
            missing = [key for key, value in val.items() if value is None]
            raise ValueError(f"Label value cannot be None: received it for {', '.join(missing)}")
        with self._lock:
            self._value = dict(val)

    def _child_samples(self) -> Iterable[Sample]:
        with self._lock:
            return (Sample("_info", self._value, 1.0),)


class Enum(MetricWrapperBase):
    """Which of some states something is in; the first one until `state` is called.

    task = Enum("task_state", "State of the task", states=["starting", "running", "stopped"])
    task.state("running")
    """

    _type = "stateset"

    def __init__(
        self,
        name: str,
        documentation: str,
        labelnames: Sequence[str] = (),
        namespace: str = "",
        subsystem: str = "",
        unit: str = "",
        registry: CollectorRegistry | None = REGISTRY,
        _labelvalues: Sequence[str] | None = None,
        states: Sequence[str] | None = None,
    ) -> None:
        if name in labelnames:
            raise ValueError(
                f"Overlapping labels for Enum metric: {name}: the states go under that label"
            )
        if not states:
            raise ValueError(f"No states provided for Enum metric: {name}: expected states=[...]")
        super().__init__(
            name, documentation, labelnames, namespace, subsystem, unit, registry, _labelvalues
        )
        self._kwargs["states"] = self._states = states

    def _metric_init(self) -> None:
        self._value = 0
        self._lock = Lock()

    def state(self, state: str) -> None:
        """Go over to `state`; `ValueError` if it is none of the states."""
        self._raise_if_not_observable()
        with self._lock:
            try:
                self._value = self._states.index(state)
            except ValueError as error:
                expected = ", ".join(map(str, self._states))
                raise ValueError(f"{error}: expected {expected}, received {state!r}") from None

    def _child_samples(self) -> Iterable[Sample]:
        with self._lock:
            return [
                Sample("", {self._name: state}, int(index == self._value))
                for index, state in enumerate(self._states)
            ]
