"""A user's script: metrics of its own in the real prometheus_client, then an Operator."""

import prometheus_client

import mephisto_metrics
from mephisto_metrics.simulation.mephisto_run import main

prometheus_client.Counter("users_own_events", "Something that the user counts").inc(3)
mephisto_metrics.install()
main()
