"""Options and secrets of commands that speak to a RefStack server."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from defcheck.cli import connecting
from defcheck.errors import InputError
from defcheck.secrecy import PROCESS

if TYPE_CHECKING:
    from defcheck.submit.authentication import Authentication
    from defcheck.submit.client import Client
    from defcheck.submit.keys import SigningKey

OPENID = "DEFCHECK_REFSTACK_OPENID"
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
    help="Response timeout in seconds; the read timeout is one third of it.",
)


openid_option = click.option(
    "--openid",
    envvar=OPENID,
    metavar="URL",
    help=f"Your OpenID on the server, as your profile there shows it.  [env: {OPENID}]",
)


def server_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the argument `client`: which server, who asks, how long it may take."""

    @functools.wraps(function)
    def connected(
        url: str,
        cacert: Path | None,
        timeout: int,
        key_path: Path | None,
        openid: str | None,
        **others: Any,
    ) -> Any:
        client = connect(url, cacert, timeout)
        key = read_key(key_path) if key_path else None
        if key and not openid:
            raise InputError(
                "--sign needs your OpenID.",
                f"Copy it from your profile on the server: --openid, or {OPENID}.",
            )
        client.authentication = find_authentication(key, openid)
        return function(client=client, **others)

    url = click.option("--url", required=True, metavar="URL", help="The RefStack server.")
    sign = click.option(
        "--sign",
        "key_path",
        metavar="KEY",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Log in with this registered private RSA key instead of a session; needs --openid.",
    )
    return url(sign(openid_option(cacert_option(timeout_option(connected)))))


def connect(url: str, cacert: Path | None, timeout: int) -> "Client":
    """Return the server at an address, to which nobody is known yet.

    `timeout` is the seconds that an answer may take.
    """
    from defcheck.submit.client import Client
    from defcheck.submit.transport import Server

    server = Server.at(url, cacert, timeout)
    if not server.is_protected:
        click.echo(f"Warning: {url} has no TLS; others can read and change what is sent.", err=True)
    return Client(server)


def find_authentication(key: "SigningKey | None", openid: str | None) -> "Authentication | None":
    """Return a token of a key and an OpenID, else the session in the environment, if any."""
    from defcheck.submit.authentication import SESSION_VARIABLE, SessionCookie, SignedToken

    if key and openid:
        return SignedToken(key, openid.strip())
    text = os.environ.get(SESSION_VARIABLE, "").strip()
    PROCESS.learn(text)
    if not text:
        return None
    session = SessionCookie.parse(text)
    PROCESS.learn(session.value)
    return session


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
        raise InputError(
            "Cannot prompt: standard input is not a terminal.", "Pass --yes to go ahead."
        )
    click.confirm(question, abort=True, err=True)
