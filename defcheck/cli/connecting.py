"""Whom to trust on the way to a cloud or server, and the login to a cloud."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from defcheck.cloud.connection import Cloud


def cacert_option(
    says: str = "Trust the certificate authorities in this file (PEM).",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the option `cacert`: a file, or None; `says` is its help."""
    return click.option("--cacert", type=click.Path(path_type=Path, dir_okay=False), help=says)


def connect(name: str, cacert: Path | None) -> "Cloud":
    """Log in to the cloud called `name` in clouds.yaml, the lab's included."""
    from defcheck.cloud.connection import connect as log_in
    from defcheck.lab import paths as lab_paths

    return log_in(name, lab_paths.clouds_files(), cacert)
