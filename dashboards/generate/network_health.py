"""Network Health: where on a packet's way the time goes."""

from __future__ import annotations

from dataclasses import dataclass

from grafana_foundation_sdk.builders import heatmap, timeseries
from grafana_foundation_sdk.models import units

from .panels import About, Row, heatmap_panel, line_panel
from .queries import Query, quantile_by

CLOCKS = (
    "Packets whose timestamps run backwards are left out: the board Mephisto: metrics pipeline "
    "counts them."
)


@dataclass(frozen=True)
class Stage:
    """A part of a packet's way, as the label `stage` names it."""

    label: str
    heatmap_title: str
    quantile_title: str
    meaning: str
    otherwise: str

    def heatmap(self) -> heatmap.Panel:
        """Draw how long all packets take."""
        about = About(
            title=self.heatmap_title,
            meaning=f"How long {self.meaning}. Each cell is the number of packets that took that "
            f"long. {CLOCKS}",
            healthy="nearly all packets lie in one low band.",
            otherwise=self.otherwise,
        )
        return heatmap_panel(about, "e2e_packet_latency", f'stage="{self.label}"', width=12)

    def quantiles(self) -> timeseries.Panel:
        """Draw how long the slowest packets of each type take."""
        about = About(
            title=self.quantile_title,
            meaning=f"How long {self.meaning}, of the slowest one in a hundred packets of each "
            "type.",
            healthy="every line is steady. There are gaps where no packet of the type came in.",
            otherwise=f"{self.otherwise} One type alone: its packets are large.",
        )
        quantiles = quantile_by("packet_type", 0.99, "e2e_packet_latency", f'stage="{self.label}"')
        return line_panel(
            about, [Query("{{packet_type}}", quantiles)], unit=units.Seconds, width=12
        )


STAGES = (
    Stage(
        "client_to_router",
        "Client to router latency",
        "P99 Client-to-router by packet type",
        "packets take from the worker's browser to the router, the server that workers connect to",
        "workers are far from the router or on slow lines, or the router is too busy to take "
        "packets in. A few slow packets among many quick ones are single workers' lines. The "
        "browser's clock is in it: constant seconds are a clock that is wrong.",
    ),
    Stage(
        "router_processing",
        "Router processing latency",
        "P99 router processing by packet type",
        "the router keeps packets before it sends them on",
        "the router is overloaded: give it a larger machine, or lower `max_num_concurrent_units`.",
    ),
    Stage(
        "router_to_server",
        "Router to Mephisto latency",
        "P99 router to server latency by packet type",
        "packets take from the router to the machine that Mephisto runs on",
        "the line between the two is slow, or Mephisto is too busy to take packets in. The clocks "
        "of both machines are in it: keep them right by NTP.",
    ),
    Stage(
        "server_processing",
        "Mephisto processing delay",
        "P99 server processing by packet type",
        "Mephisto takes from a packet's arrival until it has answered, the wait for its turn "
        "included",
        "Mephisto is overloaded: see Operator Health for what is slow. Slower than P99 Processing "
        "time by packet type: packets wait for their turn, so lower `max_num_concurrent_units`.",
    ),
)


def round_trip(
    packet_type: str, *, title: str, meaning: str, healthy: str, otherwise: str
) -> heatmap.Panel:
    """Draw how long packets of one type take, all stages together."""
    about = About(
        title=title,
        meaning=f"{meaning} Each cell is the number of packets that took that long.",
        healthy=healthy,
        otherwise=otherwise,
    )
    matchers = (f'packet_type="{packet_type}"', 'stage="e2e_time"')
    return heatmap_panel(about, "e2e_packet_latency", *matchers, width=8)


SUBMIT_ONBOARDING = round_trip(
    "submit_onboarding",
    title="Submit onboarding E2E latency",
    meaning="How long a worker's onboarding takes from its submission until Mephisto has dealt "
    "with it.",
    healthy="well below a second, but for the start of a task, when most workers are at their "
    "onboarding.",
    otherwise="your `validate_onboarding` is slow (see validate_onboarding latency under "
    "Onboarding Metrics), or Mephisto is overloaded.",
)

LIVE_UPDATE = round_trip(
    "mephisto_bound_live_update",
    title="Mephisto live update processing times",
    meaning="How long a live update takes from the worker's page until Mephisto has dealt with "
    "it: the delay with which a worker sees what their action leads to. Tasks without live "
    "updates show nothing.",
    healthy="well below a second.",
    otherwise="in tasks with live updates this is what most limits "
    "`max_num_concurrent_units`: lower it, send fewer or smaller updates, or do less in your "
    "task's `run_unit` or `run_assignment`.",
)

REGISTER_AGENT = round_trip(
    "register_agent",
    title="Mephisto register agent processing times",
    meaning="How long a worker who opens the task waits until Mephisto has found a unit for them, "
    "or none.",
    healthy="below a second or two, also right after the launch, when many come at once.",
    otherwise="workers who wait too long open the task anew, which makes it worse: Mephisto then "
    "answers those who have left. Lower `max_num_concurrent_units`, and see which of the three "
    "functions under Operator Health is slow.",
)

SUBMIT_UNIT = round_trip(
    "submit_unit",
    title="Mephisto unit submission processing times",
    meaning="How long the submission of a unit takes until it is processed and on the disk.",
    healthy="well below a second.",
    otherwise="save less data with each unit, or put Mephisto's data on a quicker disk.",
)

PING = round_trip(
    "return_statuses",
    title="Mephisto agent status ping round trip",
    meaning="How long the router's report takes of who is connected. Mephisto asks for one every "
    "few seconds.",
    healthy="steady, and well below a second.",
    otherwise="Mephisto does not know in time who has left, so units stay taken. If it is slow "
    "while all else is quick, the fault lies in the router: please report it to Mephisto.",
)

NETWORK_HEALTH = Row(
    title="Network Health",
    first_id=300,
    panels=(
        *(panel for stage in STAGES for panel in (stage.heatmap(), stage.quantiles())),
        *(SUBMIT_ONBOARDING, LIVE_UPDATE, REGISTER_AGENT, SUBMIT_UNIT, PING),
    ),
    is_collapsed=True,
)
