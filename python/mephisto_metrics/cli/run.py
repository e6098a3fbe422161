"""`mephisto metrics run`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from mephisto_metrics import install
from mephisto_metrics.cli.options import setting
from mephisto_metrics.machine.errors import StackError
from mephisto_metrics.mephisto import advertising
from mephisto_metrics.mephisto.advertising import AdvertisingError
from mephisto_metrics.mephisto.serving import PORT_VARIABLE
from mephisto_metrics.stack import settings

WATCH_MODULE = "_mephisto_metrics_autoload"
OFF_VARIABLE = "MEPHISTO_METRICS_OFF"


@click.command(
    "run",
    # What stands behind the script is the script's.
    context_settings={"allow_interspersed_args": False},
    options_metavar="[OPTIONS]",
)
@click.option(
    "--advertise",
    metavar="HOST",
    help="Let other machines take the metrics from this one, under this name or address.",
)
@click.option("--tls-certificate", metavar="FILE", help="Serve them over TLS: the certificate.")
@click.option("--tls-key", metavar="FILE", help="Its private key.")
@click.option("--token-file", metavar="FILE", help="Answer only who has the token in this file.")
@click.option("--port", type=click.IntRange(0, settings.HIGHEST_PORT), help="Port for the metrics.")
@click.option("-m", "is_module", is_flag=True, help="SCRIPT is the name of a module.")
@click.argument("script")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(
    advertise: str | None,
    tls_certificate: str | None,
    tls_key: str | None,
    token_file: str | None,
    port: int | None,
    is_module: bool,
    script: str,
    arguments: tuple[str, ...],
) -> None:
    """Run a script as `python SCRIPT ARGUMENTS` does, with these metrics in place."""
    options = {
        advertising.ADVERTISE_VARIABLE: ("--advertise", advertise),
        advertising.CERTIFICATE_VARIABLE: ("--tls-certificate", _absolute(tls_certificate)),
        advertising.KEY_VARIABLE: ("--tls-key", _absolute(tls_key)),
        advertising.TOKEN_FILE_VARIABLE: ("--token-file", _absolute(token_file)),
        PORT_VARIABLE: ("--port", None if port is None else str(port)),
    }
    with setting(options):
        is_advertised = _check_advertising()
    if not is_advertised and (tls_certificate or tls_key or token_file):
        raise click.UsageError("TLS and a token are for other machines: give --advertise HOST too")
    os.environ.pop(OFF_VARIABLE, None)
    _check_installed()
    _become([*(["-m"] if is_module else []), script, *arguments])


def _absolute(path: str | None) -> str | None:
    """Return a path that a script finds which goes to another folder."""
    return str(Path(path).expanduser().absolute()) if path else path


def _check_advertising() -> bool:
    """Say now what would be a warning in the script's log; False if nothing is to be advertised."""
    try:
        wanted = advertising.wanted()
        if wanted is None:
            return False
        wanted.starter()
        refusal = wanted.refusal()
        if refusal is not None:
            raise AdvertisingError(refusal)
    except (AdvertisingError, OSError) as error:
        raise StackError(
            f"this can not be advertised: {error}",
            "correct that, or leave out `--advertise`; see `mephisto metrics run --help`",
        ) from error
    return True


def _check_installed() -> None:
    """Raise `StackError` where Python would not put the metrics in place by itself."""
    install()  # its errors are of our native part
    if WATCH_MODULE not in sys.modules:
        raise StackError(
            "mephisto-metrics is not installed where this Python looks for what it starts with",
            "install it by `pip install` into this environment, or call "
            "`mephisto_metrics.install()` in the script, before Mephisto is imported",
        )


def _become(arguments: list[str]) -> NoReturn:
    """Let Python take this process over: so status, signals and all else are the script's."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - no shell
