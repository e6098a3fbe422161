"""Everything that knows Mephisto: its metric families, and how ours take their place."""

from __future__ import annotations

from mephisto_metrics.mephisto.database_timing import time_database_method
from mephisto_metrics.mephisto.packet_timing import time_packet_handler

__all__ = ["time_database_method", "time_packet_handler"]
