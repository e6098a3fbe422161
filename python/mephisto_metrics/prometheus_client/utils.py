"""The names of prometheus_client.utils."""

INF = float("inf")
MINUS_INF = float("-inf")
NaN = float("NaN")

__all__ = ["INF", "MINUS_INF", "NaN"]
