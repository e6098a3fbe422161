"""Addresses of servers, as users give them."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit, urlunsplit


def is_web_address(text: str) -> bool:
    """Whether a text is a whole address, with `http` or `https` and a host.

    As in a request, it has ASCII alone: `xn--bcher-kva.example` and `%C3%A4`.
    """
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for what is none
        (parts.hostname or "").encode("idna")  # raises for `a..b`
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and text.isascii()
    except ValueError:
        return False


def host_of(url: str) -> str:
    """Return the host of a web address, IPv6 without its brackets."""
    return urlsplit(url).hostname or ""


def has_query(url: str) -> bool:
    """Whether an address has a `?` or `#` with something after it, where a token may be."""
    parts = urlsplit(url)
    return bool(parts.query or parts.fragment)


def has_credentials(url: str) -> bool:
    """Whether a web address has a name or a password in it."""
    return "@" in urlsplit(url).netloc


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host, as its name says: none is looked up."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # the name of a host
        return False


def shown(text: str) -> str:
    """Return an address as it may be shown and kept: without a password or a token in it.

    What is no address may have been meant as one: all of it that could be a secret is left out.
    """
    if not is_web_address(text):
        return re.sub(r"[?#].*", "", text.rpartition("@")[2])
    parts = urlsplit(text)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
