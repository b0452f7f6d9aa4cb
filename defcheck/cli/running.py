"""Options of how tests are run, shared by `run` and `resume`."""

import math
from collections.abc import Callable
from typing import Any

import click


class FailedParameter(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """`failed` or `failed=N`: how often tests that failed are run again."""

    name = "failed[=N]"
    most = 10

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return N, 1 where it is not said."""
        if isinstance(value, int):
            return value
        word, equals, number = str(value).partition("=")
        times = int(number) if number.isascii() and number.isdigit() else 0
        if word == "failed" and not equals:
            return 1
        if word != "failed" or not 1 <= times <= self.most:
            self.fail(
                f"{value!r} is not failed or failed=N with N from 1 to {self.most}.", param, ctx
            )
        return times


class Minutes(click.FloatRange):
    """More than no minute, at most a week; not a number is none either."""

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


OPTIONS = (
    click.option(
        "-j",
        "--workers",
        type=click.IntRange(1, 256),
        help="How many tests at a time; by default one a core, four at least.",
    ),
    click.option(
        "--class-timeout",
        type=Minutes(),
        default=30,
        show_default=True,
        metavar="MINUTES",
        help="End a class of tests that takes longer; what it was doing has failed.",
    ),
    click.option(
        "--rerun",
        "reruns_of_failed",
        type=FailedParameter(),
        default=0,
        metavar="failed[=N]",
        help="Run tests that failed again afterwards, up to N times, 1 by default. All results "
        "are shown; the worst counts unless --reruns says otherwise.",
    ),
)


def running_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options `workers`, `class_timeout` and `reruns_of_failed`."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command
