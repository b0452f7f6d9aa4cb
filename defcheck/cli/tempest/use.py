"""`defcheck tempest use`: the Tempest that commands use where they are told of none."""

import click

from defcheck.cli import complete


@click.command("use", short_help="Choose the Tempest that commands use by themselves.")
@click.argument("name", shell_complete=complete.tempests)
def command(name: str) -> None:
    """Choose the Tempest that commands use where they are told of none.

    NAME is one of those that `defcheck tempest list` shows; default is the one
    beside defcheck.

    \b
    Examples:
      defcheck tempest use 22.1.0
      defcheck tempest use default
    """
    from defcheck.tempest.managed import choice

    tempest = choice.use(name)
    which = f" ({tempest.version}, beside defcheck)" if tempest.is_default else ""
    click.echo(f"In use from now on: {tempest.name}{which}")
