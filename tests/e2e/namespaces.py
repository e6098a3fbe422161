"""Network namespaces: machines of their own, as far as a network can tell."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

IP = shutil.which("ip") or "ip"

FETCH = """
import json, sys, urllib.request
def fetch(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()
json.dump([fetch(url) for url in json.load(sys.stdin)], sys.stdout)
"""


class NamespaceError(Exception):
    """The system does not let this user, or this container, make any."""


@dataclass(frozen=True)
class Namespace:
    """One that reaches the host at `host_address`, and nothing else."""

    name: str
    host_address: str

    @property
    def prefix(self) -> tuple[str, ...]:
        """What a command begins with to run inside."""
        return (IP, "netns", "exec", self.name)

    def fetch(self, *urls: str) -> list[str]:
        """Return what addresses that are inside answer."""
        done = subprocess.run(
            [*self.prefix, sys.executable, "-c", FETCH],
            input=json.dumps(urls),
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
        texts: list[str] = json.loads(done.stdout)
        return texts


@contextlib.contextmanager
def namespace(number: int) -> Iterator[Namespace]:
    """Make one for as long as the block runs; `number` tells those of one test apart."""
    unique = f"{os.getpid()}-{number}"
    name, outside, inside = f"mephisto-{unique}", f"mo{unique}", f"mi{unique}"
    # A network of four addresses in 198.18.0.0/15, which is reserved for tests.
    first = (os.getpid() * 4 + number) % 2**15 * 4
    network = f"198.{18 + (first >> 16)}.{first >> 8 & 255}"
    host_address, address = f"{network}.{first % 256 + 1}", f"{network}.{first % 256 + 2}"
    with contextlib.ExitStack() as made:
        _ip(f"netns add {name}")
        made.callback(_ip, f"netns del {name}")
        _ip(f"link add {outside} type veth peer name {inside} netns {name}")
        _ip(f"addr add {host_address}/30 dev {outside}")
        _ip(f"link set {outside} up")
        _ip(f"-n {name} addr add {address}/30 dev {inside}")
        _ip(f"-n {name} link set {inside} up")
        _ip(f"-n {name} link set lo up")
        yield Namespace(name, host_address)


def _ip(arguments: str) -> None:
    done = subprocess.run(
        [IP, *arguments.split()], check=False, capture_output=True, text=True, timeout=30
    )
    if done.returncode:
        raise NamespaceError(f"ip {arguments}: {done.stderr.strip()}")
