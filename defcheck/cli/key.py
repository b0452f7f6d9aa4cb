"""`defcheck key`: what a RefStack server wants to know of a key."""

import json
from pathlib import Path

import click

from defcheck.cli.outputs import form_option
from defcheck.cli.server import read_key


@click.group("key", short_help="Prove to a RefStack server that a key is yours.")
def command() -> None:
    """Prove to a RefStack server that a key is yours.

    \b
    Example:
      defcheck key sign ~/.ssh/id_rsa
    """


@command.command("sign", short_help="Print a key's public part and its self-signature.")
@click.argument("key", type=click.Path(path_type=Path, dir_okay=False))
@form_option()
def sign(key: Path, form: str) -> None:
    """Print the public part of KEY and its self-signature, for registering it.

    KEY is a private RSA key in PEM, PKCS#8 or OpenSSH form. Nothing that is
    printed is secret. JSON is what the server's API takes.

    \b
    Example:
      defcheck key sign ~/.ssh/id_rsa
    """
    found = read_key(key)
    if form == "json":
        document = {"raw_key": found.public, "self_signature": found.self_signature()}
        click.echo(json.dumps(document))
        return
    click.echo(f"Public key:\n{found.public}\n\nSelf signature:\n{found.self_signature()}")
