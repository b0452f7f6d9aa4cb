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

    A signed result shows to its owner alone until it is shared. Prove that you
    are the owner in one of two ways: with the cookie `refstack` of a browser that
    is logged in there, in the environment variable DEFCHECK_REFSTACK_SESSION; or
    with a registered key (--sign) and your OpenID on the server (--openid).

    \b
    Example:
      defcheck results list --url https://refstack.example
    """
