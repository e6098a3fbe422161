"""Addresses of servers, as users give them."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_web_address(text: str) -> bool:
    """Whether a text is a whole address, with `http` or `https` and a host."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for what is none
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False
