"""How much a command says: --quiet, --verbose and --no-progress."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

_META = "defcheck.verbosity."


@dataclass(frozen=True, slots=True)
class Verbosity:
    """What was asked of the command that runs."""

    quiet: bool = False
    """Only the result, in one line where it has one, and what is wrong."""

    verbose: bool = False
    """Nothing is cut short."""

    progress: bool = True
    """Tests show as they end, in a bar or line by line."""


def current() -> Verbosity:
    """Return what was asked of the command that runs; the usual where none does."""
    context = click.get_current_context(silent=True)
    return Verbosity() if context is None else _of(context)


def _of(context: click.Context) -> Verbosity:
    quiet, verbose, silent = (
        bool(context.meta.get(_META + name)) for name in ("quiet", "verbose", "no_progress")
    )
    return Verbosity(quiet, verbose, progress=not (quiet or silent))


def note(text: str) -> None:
    """Write a line about what was done to standard error; --quiet does without."""
    if not current().quiet:
        click.echo(text, err=True)


def _keep(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        context.meta[_META + str(parameter.name)] = True
    both = _of(context)
    if both.quiet and both.verbose:
        raise click.UsageError("--quiet and --verbose exclude each other.", context)


def _flag(*names: str, text: str) -> Callable[..., Any]:
    return click.option(*names, is_flag=True, expose_value=False, callback=_keep, help=text)


quiet_option = _flag(
    "-q", "--quiet", text="Show only the result, in one line where it has one, and what is wrong."
)
verbose_option = _flag("-v", "--verbose", text="Name every test, and cut nothing short.")
progress_option = _flag("--no-progress", text="Show no bar, and no line for each test.")


def length_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command --quiet and --verbose."""
    for option in (verbose_option, quiet_option):
        command = option(command)
    return command


def verbosity_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that runs tests --quiet, --verbose and --no-progress."""
    return length_options(progress_option(command))
