"""Output for people: verbosity, status lines, and the terminal's capabilities."""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TextIO

import click

from defcheck.redaction.redactor import PROCESS_SECRETS


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal that supports cursor movement and colours."""
    try:
        there = stream is not None and stream.isatty()
    except ValueError:  # the stream is closed
        return False
    return there and os.environ.get("TERM", "") not in ("dumb", "unknown")


def describe_terminal(stream: TextIO | None) -> dict[str, Any]:
    """Return the width of text on a stream, in columns, and whether to colour it."""
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    return {"width": width, "color": is_terminal(stream) and not os.environ.get("NO_COLOR")}


_META_PREFIX = "defcheck.verbosity."


@dataclass(frozen=True, slots=True)
class Verbosity:
    """The verbosity of the running command."""

    quiet: bool = False
    """Show only the result, in one line if possible, with warnings and errors."""

    verbose: bool = False
    """Nothing is shortened."""

    progress: bool = True
    """Show tests as they end, as a bar or line by line."""


def get_verbosity() -> Verbosity:
    """Return the verbosity of the running command; the default if none runs."""
    context = click.get_current_context(silent=True)
    return Verbosity() if context is None else _read_verbosity(context)


def _read_verbosity(context: click.Context) -> Verbosity:
    quiet, verbose, silent = (
        bool(context.meta.get(_META_PREFIX + name)) for name in ("quiet", "verbose", "no_progress")
    )
    return Verbosity(quiet, verbose, progress=not (quiet or silent))


def print_note(text: str) -> None:
    """Write a status line to standard error, unless --quiet is set."""
    if not get_verbosity().quiet:
        click.echo(text, err=True)


def print_warning(text: str) -> None:
    """Write a warning to standard error, even with --quiet."""
    click.echo(text, err=True)


def _store_flag(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        context.meta[_META_PREFIX + str(parameter.name)] = True
    both = _read_verbosity(context)
    if both.quiet and both.verbose:
        raise click.UsageError("--quiet and --verbose cannot be combined.", context)


def _verbosity_flag(*names: str, help_text: str) -> Callable[..., Any]:
    return click.option(
        *names, is_flag=True, expose_value=False, callback=_store_flag, help=help_text
    )


quiet_option = _verbosity_flag(
    "-q",
    "--quiet",
    help_text="Show only the result, in one line if possible, with warnings and errors.",
)
verbose_option = _verbosity_flag("-v", "--verbose", help_text="List every test; do not truncate.")
progress_option = _verbosity_flag(
    "--no-progress", help_text="Show no progress bar and no line per test."
)


def detail_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --quiet and --verbose."""
    for option in (verbose_option, quiet_option):
        command = option(command)
    return command


def verbosity_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that runs tests --quiet, --verbose and --no-progress."""
    return detail_options(progress_option(command))


WARNING_PREFIX = "Warning: "
"""Prefix of the lines that --quiet still shows."""


def make_status_printer() -> Callable[[str], None]:
    """Return a function that writes a line to standard error, with the seconds since now.

    With --quiet it only writes warnings.
    """
    started = time.monotonic()
    quiet = get_verbosity().quiet

    def print_status(text: str) -> None:
        if quiet and not text.startswith(WARNING_PREFIX):
            return
        click.echo(
            f"{time.monotonic() - started:6.1f} s  {PROCESS_SECRETS.redact_text(text)}", err=True
        )

    return print_status
