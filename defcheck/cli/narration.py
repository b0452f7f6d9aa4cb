"""Say what is being done, with the seconds since the beginning."""

import time
from collections.abc import Callable

import click

from defcheck.cli.verbosity import current
from defcheck.secrecy import PROCESS

WARNING = "Warning: "
"""How a line begins that --quiet does not do without."""


def narrator() -> Callable[[str], None]:
    """Return a function that writes a line to standard error, with the seconds since now.

    Under --quiet it writes warnings alone.
    """
    started = time.monotonic()
    quiet = current().quiet

    def say(text: str) -> None:
        if quiet and not text.startswith(WARNING):
            return
        click.echo(f"{time.monotonic() - started:6.1f} s  {PROCESS.text(text)}", err=True)

    return say
