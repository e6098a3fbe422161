"""Scrape a loopback port again and again; print as JSON when each scrape began and ended.

The times are those of the clock that all processes of a machine share.
"""

from __future__ import annotations

import argparse
import http.client
import json
import time

PAUSE_SECONDS = 0.1


def scrape(port: int) -> tuple[float, float]:
    """Read the whole exposition and return when that began and ended."""
    started = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/metrics")
    response = connection.getresponse()
    response.read()
    connection.close()
    if response.status != http.client.OK:
        raise RuntimeError(f"port {port} answered {response.status}; expected 200")
    return started, time.monotonic()


def main() -> None:
    """Scrape as often as asked, with a pause before each and after the last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("times", type=int)
    arguments = parser.parse_args()
    windows = []
    for _ in range(arguments.times):
        time.sleep(PAUSE_SECONDS)
        windows.append(scrape(arguments.port))
    time.sleep(PAUSE_SECONDS)
    print(json.dumps(windows))


if __name__ == "__main__":
    main()
