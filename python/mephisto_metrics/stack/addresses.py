"""Addresses of servers, as users give them."""

from __future__ import annotations

from urllib.parse import urlsplit


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
