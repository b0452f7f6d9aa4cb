"""Log in to a cloud for a command that names one."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from defcheck.cloud.connection import Cloud

cacert_option = click.option(
    "--cacert",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Trust the certificate authorities in this file (PEM).",
)


def connect(name: str, cacert: Path | None) -> "Cloud":
    """Log in to the cloud called `name` in clouds.yaml, the lab's included."""
    from defcheck.cloud.connection import connect as log_in
    from defcheck.lab import paths as lab_paths

    return log_in(name, lab_paths.clouds_files(), cacert)
