"""Say what is being done, with the seconds since the beginning."""

import time
from collections.abc import Callable

import click


def narrator() -> Callable[[str], None]:
    """Return a function that writes a line to standard error, with the seconds since now."""
    started = time.monotonic()

    def say(text: str) -> None:
        click.echo(f"{time.monotonic() - started:6.1f} s  {text}", err=True)

    return say
