"""Certificates for a server of this machine, and the authority that vouches for them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Callable, NamedTuple

SCRIPT = """
set -e
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority \
    -addext keyUsage=critical,keyCertSign -keyout authority.key -out authority.pem
printf 'subjectAltName=DNS:localhost,DNS:store.invalid,IP:127.0.0.1\n' > names
echo authorityKeyIdentifier=keyid >> names
openssl req -newkey rsa:2048 -nodes -subj /CN=server -keyout key.pem -out request
openssl x509 -req -days 2 -in request -extfile names -out certificate.pem \
    -CA authority.pem -CAkey authority.key -CAcreateserial
"""


class Certificates(NamedTuple):
    """PEM files, for `localhost`, 127.0.0.1, and `store.invalid`, which no name server knows."""

    authority: Path
    certificate: Path
    key: Path


def make_certificates(needs_program: Callable[[str, str], str], folder: Path) -> Certificates:
    """Make them in a folder."""
    needs_program("openssl", "openssl")
    shell = needs_program("sh", "dash")
    subprocess.run([shell, "-c", SCRIPT], cwd=folder, check=True, capture_output=True)
    return Certificates(folder / "authority.pem", folder / "certificate.pem", folder / "key.pem")
