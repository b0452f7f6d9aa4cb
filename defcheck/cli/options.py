"""Options that several commands share, and groups that import a command only when used."""

import importlib
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from defcheck.cli import completion

if TYPE_CHECKING:
    from defcheck.cloud.connection import Cloud
    from defcheck.scoring.policy import ScoringOptions


LazyCommands = Mapping[str, tuple[str, str]]
"""Command name to its `module:function` and its line in --help, so that --help and
--version import nothing that only the commands need."""


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is used."""

    def __init__(self, *args: Any, lazy: LazyCommands, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, None if no command has that name."""
        if cmd_name not in self.lazy:
            return None
        module, _, attribute = self.lazy[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands with their lines, without importing them, and the options."""
        commands = [
            CompletionItem(name, help=self.lazy[name][1])
            for name in sorted(self.lazy)
            if name.startswith(incomplete)
        ]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their lines, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.lazy[name][1]) for name in sorted(self.lazy)])


def cacert_option(
    help_text: str = "Trust the certificate authorities in this file (PEM).",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the option `cacert`: a file, or None."""
    return click.option("--cacert", type=click.Path(path_type=Path, dir_okay=False), help=help_text)


def connect_cloud(name: str, cacert: Path | None) -> "Cloud":
    """Log in to the cloud `name` of clouds.yaml or of a lab."""
    from defcheck.cloud.connection import connect_cloud as log_in
    from defcheck.lab import paths as lab_paths

    return log_in(name, lab_paths.list_clouds_files(), cacert)


CommandDecorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def guideline_option(
    help_text: str, name: str = "guideline_name", **option_settings: Any
) -> CommandDecorator:
    """Give a command the option `name`: a guideline, or an empty string without one.

    `help_text` is its help; `option_settings` are for `click.option`.
    """
    if not option_settings.get("required"):  # any default, even None, would satisfy `required`
        option_settings.setdefault("default", "")
    return click.option(
        "--guideline",
        "-g",
        name,
        help=help_text,
        shell_complete=completion.complete_guidelines,
        metavar="ID|PATH",
        **option_settings,
    )


def target_option(
    help_text: str, name: str = "target_name", metavar: str = "TARGET"
) -> CommandDecorator:
    """Give a command the option `name`: a target of its guideline, or an empty string."""
    return click.option(
        "--target",
        "-t",
        name,
        help=help_text,
        shell_complete=completion.complete_targets,
        metavar=metavar,
        default="",
    )


accounts_option = click.option(
    "--accounts",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Run the tests as the users in this accounts.yaml for Tempest.",
)

SCORING_OPTIONS = (
    click.option("--strict", is_flag=True, help="Count flagged tests too."),
    click.option(
        "--forbid-skips",
        is_flag=True,
        help="Never count a skip as a pass, even if the guideline allows it (SCS-0128).",
    ),
    click.option(
        "--reruns",
        type=click.Choice(["worst", "last", "any"]),
        default="worst",
        show_default=True,
        help="Which result counts if a test ran more than once; all are shown.",
    ),
    click.option(
        "--overlay",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Also flag the tests in this YAML file until they expire; every report shows them.",
    ),
)


def scoring_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that `read_scoring_options` takes."""
    for option in reversed(SCORING_OPTIONS):
        command = option(command)
    return command


def read_scoring_options(
    *, strict: bool, forbid_skips: bool, reruns: str, overlay: Path | None
) -> "ScoringOptions":
    """Return the scoring options, with the local flags that apply today (UTC)."""
    from datetime import UTC, datetime

    from defcheck.guideline.overlay import NO_OVERLAY, load_overlay
    from defcheck.scoring.evidence import RerunRule
    from defcheck.scoring.policy import ScoringOptions

    return ScoringOptions(
        strict=strict,
        forbid_skips=forbid_skips,
        reruns=RerunRule(reruns),
        overlay=load_overlay(overlay) if overlay else NO_OVERLAY,
        day=datetime.now(UTC).date().isoformat(),
    )


class RerunFailedParameter(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """`failed` or `failed=N`: how often failed tests run again."""

    name = "failed[=N]"
    max_reruns = 10

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return N, by default 1."""
        if isinstance(value, int):
            return value
        word, equals, number = str(value).partition("=")
        times = int(number) if number.isascii() and number.isdigit() else 0
        if word == "failed" and not equals:
            return 1
        if word != "failed" or not 1 <= times <= self.max_reruns:
            self.fail(
                f"{value!r} is neither failed nor failed=N with N from 1 to {self.max_reruns}.",
                param,
                ctx,
            )
        return times


class MinutesRange(click.FloatRange):
    """A number of minutes: more than 0, at most a week; NaN is not one."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True, max=7 * 24 * 60)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number."""
        minutes = float(super().convert(value, param, ctx))
        if math.isnan(minutes):
            self.fail(f"{value!r} is not a number of minutes.", param, ctx)
        return minutes


EXECUTION_OPTIONS = (
    click.option(
        "-j",
        "--workers",
        type=click.IntRange(1, 256),
        help="How many tests run in parallel.  [default: one per core, at least four]",
    ),
    click.option(
        "--class-timeout",
        type=MinutesRange(),
        default=30,
        show_default=True,
        metavar="MINUTES",
        help="Time limit of a test class; the test that is running then fails.",
    ),
    click.option(
        "--rerun",
        "reruns_of_failed",
        type=RerunFailedParameter(),
        default=0,
        metavar="failed[=N]",
        help="Run failed tests again at the end, up to N times (default 1). All results are "
        "shown; the worst counts unless --reruns says otherwise.",
    ),
)


def execution_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options `workers`, `class_timeout` and `reruns_of_failed`."""
    for option in reversed(EXECUTION_OPTIONS):
        command = option(command)
    return command
