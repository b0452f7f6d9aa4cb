"""Options that change what counts, shared by every command that gives a verdict."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from defcheck.scoring.terms import Terms

OPTIONS = (
    click.option("--strict", is_flag=True, help="Count flagged tests too."),
    click.option(
        "--forbid-skips", is_flag=True, help="Let no skip stand for a pass; SCS-0128 allows them."
    ),
    click.option(
        "--reruns",
        type=click.Choice(["worst", "last", "any"]),
        default="worst",
        show_default=True,
        help="Which result counts where a test was run more than once; all are shown.",
    ),
    click.option(
        "--overlay",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Flag the tests in this YAML file too, until they expire; they show in every report.",
    ),
)


def terms_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that `read` takes."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def read(*, strict: bool, forbid_skips: bool, reruns: str, overlay: Path | None) -> "Terms":
    """Return the terms that the options ask for, local flags as of today (UTC)."""
    from datetime import UTC, datetime

    from defcheck.guideline.overlay import NO_OVERLAY, load
    from defcheck.scoring.reruns import Reruns
    from defcheck.scoring.terms import Terms

    return Terms(
        strict=strict,
        forbid_skips=forbid_skips,
        reruns=Reruns(reruns),
        overlay=load(overlay) if overlay else NO_OVERLAY,
        day=datetime.now(UTC).date().isoformat(),
    )
