"""Metrics sent on to other systems."""
