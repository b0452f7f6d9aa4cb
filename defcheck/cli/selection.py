"""The options that name a guideline and one of its targets."""

from collections.abc import Callable
from typing import Any

import click

from defcheck.cli import complete

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def guideline_option(says: str, name: str = "guideline_name", **more: Any) -> Decorator:
    """Give a command the option `name`: a guideline, or nothing where none has to be given.

    `says` is its help; `more` is for `click.option`.
    """
    if not more.get("required"):  # any default, even None, would stand for what is required
        more.setdefault("default", "")
    return click.option(
        "--guideline",
        "-g",
        name,
        help=says,
        shell_complete=complete.guidelines,
        metavar="ID|PATH",
        **more,
    )


def target_option(says: str, name: str = "target_name", metavar: str = "TARGET") -> Decorator:
    """Give a command the option `name`: a target of its guideline, or nothing."""
    return click.option(
        "--target",
        "-t",
        name,
        help=says,
        shell_complete=complete.targets,
        metavar=metavar,
        default="",
    )
