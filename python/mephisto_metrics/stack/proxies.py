"""Which proxy is between this machine and a store elsewhere.

The Rust core decides the same of what it asks itself (`src/http/store_access.rs`).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.stack.addresses import host_of, is_loopback, is_web_address


def proxy_for(url: str) -> str | None:
    """Return the proxy that the environment names for a store; None for one on this machine.

    The variables are HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, in capitals or not. Raises
    `StackError` for what is no HTTP proxy.
    """
    if is_loopback(host_of(url)):
        return None
    # Slow to import, which only who asks a store elsewhere has to wait for.
    from urllib.request import getproxies_environment

    named = getproxies_environment()
    if not named:
        return None
    # As slow, and few have a proxy. `urllib` itself does not know networks in NO_PROXY.
    from requests.utils import select_proxy, should_bypass_proxies

    found = None if should_bypass_proxies(url, no_proxy=None) else select_proxy(url, named)
    return None if found is None else _checked(found, url)


def _checked(found: str, url: str) -> str:
    proxy = found if "://" in found else f"http://{found}"
    if not is_web_address(proxy) or urlsplit(proxy).scheme != "http":
        raise StackError(
            f"the proxy that the environment names for `{host_of(url)}` is no HTTP proxy",
            f"set {urlsplit(url).scheme.upper()}_PROXY to one such as `http://proxy.example:3128`, "
            f"or name `{host_of(url)}` in NO_PROXY",
        )
    return proxy
