"""What is recorded: the quantiles that cost most to calculate and are asked for most."""

from __future__ import annotations

from .model import P99

E2E = P99("e2e_packet_latency", "packet_type", 'stage="e2e_time"')
PROCESSING = P99("client_io_handler_latency_seconds", "packet_type")
DATABASE = P99("database_latency_seconds", "method")

RECORDINGS = (E2E, PROCESSING, DATABASE)
