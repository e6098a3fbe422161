"""The task runs of a simulation: one configuration for each run kind.

Mephisto's mock blueprint has onboarding and screening; gold units need a blueprint of one's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable

from mephisto.abstractions.blueprints.mixins.screen_task_required import ScreenTaskRequired
from mephisto.abstractions.blueprints.mixins.use_gold_unit import (
    GoldUnitSharedState,
    UseGoldUnit,
    UseGoldUnitArgs,
)
from mephisto.abstractions.blueprints.mock.mock_blueprint import (
    MockBlueprint,
    MockBlueprintArgs,
    MockSharedState,
)
from mephisto.abstractions.providers.mock.mock_provider import MockProviderArgs
from mephisto.data_model.task_run import TaskRunArgs
from mephisto.operations.hydra_config import MephistoConfig
from mephisto.operations.registry import register_mephisto_abstraction
from omegaconf import DictConfig, OmegaConf

from mephisto_metrics.simulation.pace import Pace
from mephisto_metrics.simulation.router import Crowd, SimulatedArchitectArgs

GOLD_BLUEPRINT_TYPE = "mock_with_gold"
STEP_TIMEOUT_SECONDS = 600
"""Longer than any step of a worker: who is late has disconnected, and Mephisto was told so."""


@dataclass
class GoldBlueprintArgs(MockBlueprintArgs, UseGoldUnitArgs):
    """The arguments of a mock task with gold units."""

    _blueprint_type: str = GOLD_BLUEPRINT_TYPE


@dataclass
class GoldSharedState(MockSharedState, GoldUnitSharedState):
    """The state that a mock task with gold units shares with its script."""


@register_mephisto_abstraction()
class GoldBlueprint(MockBlueprint, UseGoldUnit):
    """A mock task that slips units with known answers in between."""

    ArgsClass = GoldBlueprintArgs
    SharedStateClass = GoldSharedState
    BLUEPRINT_TYPE = GOLD_BLUEPRINT_TYPE


def configure(
    kind: str, requester_name: str, pace: Pace, seed: int
) -> tuple[DictConfig, MockSharedState]:
    """Return what `Operator.launch_task_run_or_die` needs to launch one run of `kind`."""
    task_name = f"simulated-{kind}"
    blueprint, state = BLUEPRINTS[kind](task_name, pace)
    config = OmegaConf.structured(
        MephistoConfig(
            blueprint=blueprint,
            provider=MockProviderArgs(requester_name=requester_name),
            architect=SimulatedArchitectArgs(should_run_server=True),
            task=_task_args(task_name),
            log_level="warning",
        )
    )
    state.crowd = Crowd(kind, pace, seed)
    if kind in VALIDATING:
        mixin = VALIDATING[kind]
        state.on_unit_submitted = mixin.create_validation_function(config, _answered_rightly)
        state.qualifications += mixin.get_mixin_qualifications(config, state)
    return config, state


def _task_args(task_name: str) -> TaskRunArgs:
    return TaskRunArgs(
        task_name=task_name,
        task_title=task_name,
        task_description="A simulated task",
        task_reward=0.3,
        task_tags="simulation",
        allowed_concurrent=1,
        submission_timeout=STEP_TIMEOUT_SECONDS,
    )


def _answered_rightly(unit: Any) -> bool:
    agent = unit.get_assigned_agent()
    return bool((agent.state.get_data() or {}).get("should_pass", False))


def _common(pace: Pace, *, is_concurrent: bool = False) -> dict[str, Any]:
    return {
        "num_assignments": pace.assignments,
        "timeout_time": STEP_TIMEOUT_SECONDS,
        "is_concurrent": is_concurrent,
    }


def _onboarding(task_name: str, pace: Pace) -> tuple[MockBlueprintArgs, MockSharedState]:
    args = MockBlueprintArgs(
        **_common(pace), use_onboarding=True, onboarding_qualification=f"{task_name}-onboarded"
    )
    return args, MockSharedState()


def _concurrent(_task_name: str, pace: Pace) -> tuple[MockBlueprintArgs, MockSharedState]:
    return MockBlueprintArgs(**_common(pace, is_concurrent=True)), MockSharedState()


def _screening(task_name: str, pace: Pace) -> tuple[MockBlueprintArgs, MockSharedState]:
    args = MockBlueprintArgs(
        **_common(pace),
        use_screening_task=True,
        max_screening_units=pace.assignments,
        passed_qualification_name=f"{task_name}-passed",
        block_qualification=f"{task_name}-blocked",
    )
    return args, MockSharedState()


def _gold(task_name: str, pace: Pace) -> tuple[GoldBlueprintArgs, GoldSharedState]:
    args = GoldBlueprintArgs(
        **_common(pace),
        use_golds=True,
        max_gold_units=pace.assignments,
        gold_qualification_base=task_name,
    )
    return args, GoldSharedState()


BLUEPRINTS: dict[str, Callable[[str, Pace], tuple[MockBlueprintArgs, MockSharedState]]] = {
    "onboarding": _onboarding,
    "concurrent": _concurrent,
    "screening": _screening,
    "gold": _gold,
}
VALIDATING = {"screening": ScreenTaskRequired, "gold": UseGoldUnit}
