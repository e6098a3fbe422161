"""Measurements beside prometheus_client: `make bench`."""
