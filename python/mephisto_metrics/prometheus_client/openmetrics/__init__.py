"""OpenMetrics: how it is written and read."""
