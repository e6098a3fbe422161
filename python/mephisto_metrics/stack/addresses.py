"""Addresses of servers, as users give them."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_web_address(text: str) -> bool:
    """Whether a text is a whole address, with `http` or `https` and a host."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for what is none
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def host_of(url: str) -> str:
    """Return the host of a web address, IPv6 without its brackets."""
    return urlsplit(url).hostname or ""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host, as its name says: none is looked up."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # the name of a host
        return False
