"""A stand-in for Grafana asks the store of a data source, as Grafana's plugins do."""

from __future__ import annotations

import base64
import itertools
import json
import ssl
import urllib.parse
import urllib.request
from typing import Any

Json = dict[str, Any]
TIMEOUT_SECONDS = 30
"""Of `[dataproxy] timeout`."""


def answer(source: Json, expression: str) -> list[Any]:
    """Return the result of an instant query. Raises `OSError` if there is none."""
    form = urllib.parse.urlencode({"query": expression}).encode()
    url = f"{source['url']}/api/v1/query"
    request = urllib.request.Request(url, form, headers(source))
    with _opener(source).open(request, timeout=TIMEOUT_SECONDS) as answered:
        result: list[Any] = json.load(answered)["data"]["result"]
    return result


def headers(source: Json) -> dict[str, str]:
    """Return what lets it in: numbered headers up to the first gap, and basic authentication."""
    settings, secrets = source["jsonData"], source.get("secureJsonData", {})
    found = {}
    for number in itertools.count(1):
        name = settings.get(f"httpHeaderName{number}")
        if name is None:
            break
        found[name] = secrets[f"httpHeaderValue{number}"]
    if source.get("basicAuth"):
        pair = f"{source['basicAuthUser']}:{secrets['basicAuthPassword']}".encode()
        found["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return found


def _opener(source: Json) -> urllib.request.OpenerDirector:
    has_authorities = source["jsonData"].get("tlsAuthWithCACert", False)
    authorities = source["secureJsonData"]["tlsCACert"] if has_authorities else None
    secure = urllib.request.HTTPSHandler(context=ssl.create_default_context(cadata=authorities))
    # Go takes proxies from the environment, and none for this machine.
    is_local = urllib.parse.urlsplit(source["url"]).hostname in {"127.0.0.1", "::1", "localhost"}
    proxies = urllib.request.ProxyHandler({} if is_local else None)
    return urllib.request.build_opener(secure, proxies)
