"""`defcheck cloud`: what to know of a cloud, and to prepare, before a run."""

import click

from defcheck.cli.lazy import Commands, LazyGroup

COMMANDS: Commands = {
    "accounts": ("defcheck.cli.cloud.accounts", "Make, check and remove users for the tests."),
    "configure": ("defcheck.cli.cloud.configure", "Write a tempest.conf for a cloud."),
    "check": ("defcheck.cli.cloud.check", "Tell what a run would meet in a cloud, before it."),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    name="cloud",
    short_help="Check a cloud and prepare it for a run.",
)
def command() -> None:
    """Check a cloud and prepare it for a run.

    NAME is the cloud's name in clouds.yaml.

    \b
    Examples:
      defcheck cloud check mycloud --guideline 2020.06 --target platform
      defcheck cloud configure mycloud
    """
