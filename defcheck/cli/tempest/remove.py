"""`defcheck tempest remove`: delete the environment of a Tempest."""

import click

from defcheck.cli import complete
from defcheck.cli.verbosity import note, quiet_option


@click.command("remove", short_help="Delete a Tempest that you installed.")
@click.argument("name", shell_complete=complete.tempests)
@quiet_option
def command(name: str) -> None:
    """Delete a Tempest that you installed, and all that was installed with it.

    \b
    Example:
      defcheck tempest remove 22.1.0
    """
    from defcheck.tempest.managed.environment import named
    from defcheck.tempest.managed.install import remove

    environment = named(name)
    remove(environment, note)
    click.echo(f"Deleted {environment.folder}.")
