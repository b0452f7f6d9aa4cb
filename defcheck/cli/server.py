"""Options and secrets of commands that speak to a RefStack server."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from defcheck.cli import connecting
from defcheck.errors import InputError
from defcheck.secrecy import PROCESS

if TYPE_CHECKING:
    from defcheck.submit.client import Client
    from defcheck.submit.keys import SigningKey

SESSION = "DEFCHECK_REFSTACK_SESSION"
PASSPHRASE = "DEFCHECK_KEY_PASSPHRASE"
TRIES = 3
"""How often a passphrase is asked for."""

cacert_option = connecting.cacert_option(
    "Trust the authorities in this file (PEM) instead of the usual ones."
)

timeout_option = click.option(
    "--timeout",
    type=click.IntRange(1, 86400),
    default=180,
    show_default=True,
    metavar="SECONDS",
    help="Wait for an answer so long at the most, and for its next byte a third of it.",
)


def server_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which server and how long it may take."""
    url = click.option("--url", required=True, metavar="URL", help="The RefStack server.")
    return url(cacert_option(timeout_option(function)))


def connect(url: str, cacert: Path | None, timeout: int) -> "Client":
    """Return the server as the owner of the session in the environment, if there is one.

    `timeout` is the seconds that an answer may take.
    """
    from defcheck.submit.client import Client
    from defcheck.submit.transport import Server

    server = Server.at(url, cacert, timeout)
    if not server.is_protected:
        click.echo(f"Warning: {url} has no TLS; others can read and change what is sent.", err=True)
    session = os.environ.get(SESSION, "").strip()
    PROCESS.learn(session)
    return Client(server, session)


def read_key(path: Path) -> "SigningKey":
    """Read a key, asking for its passphrase where the environment has none."""
    from defcheck.submit.keys import PassphraseError, load

    for tries_left in reversed(range(TRIES)):
        try:
            key = load(path, lambda: _passphrase(path))
        except PassphraseError as error:
            if not tries_left or PASSPHRASE in os.environ or not _terminal():
                raise
            click.echo(error.message, err=True)
        else:
            for warning in key.warnings:
                click.echo(f"Warning: {warning}", err=True)
            return key
    raise AssertionError("the last try returns or raises")


def _passphrase(path: Path) -> str | None:
    import getpass

    if PASSPHRASE in os.environ:
        found: str | None = os.environ[PASSPHRASE]
    else:
        found = getpass.getpass(f"Passphrase of {path}: ") if _terminal() else None
    PROCESS.learn(found)
    return found


def _terminal() -> bool:
    """Return whether somebody can be asked without the answer showing: not by standard input."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something that cannot be undone; raise `InputError` where nobody can answer."""
    import sys

    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise InputError("Nobody is there to confirm it.", "Say --yes.")
    click.confirm(question, abort=True, err=True)
