"""`defcheck results`: what a RefStack server has."""

import click

from defcheck.cli.lazy import Commands, LazyGroup

COMMANDS: Commands = {
    "delete": ("defcheck.cli.results.delete", "Delete a result of yours."),
    "list": ("defcheck.cli.results.list", "List the results that you may see."),
    "share": ("defcheck.cli.results.share", "Make one of your results public, or private again."),
    "show": ("defcheck.cli.results.show", "Show a result."),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    name="results",
    short_help="List, show, share and delete results on a RefStack server.",
)
def command() -> None:
    """List, show, share and delete results on a RefStack server.

    A signed result shows to its owner alone until it is shared. The owner is
    whoever logged in to the server with a browser: give the value of its cookie
    `refstack` in the environment variable DEFCHECK_REFSTACK_SESSION.

    \b
    Example:
      defcheck results list --url https://refstack.example
    """
