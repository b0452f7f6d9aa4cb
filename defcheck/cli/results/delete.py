"""`defcheck results delete`: delete a result on a RefStack server."""

from typing import TYPE_CHECKING

import click

from defcheck.cli.server import confirm, server_options

if TYPE_CHECKING:
    from defcheck.submit.client import Client


@click.command("delete", short_help="Delete a result of yours.")
@click.argument("result_id", metavar="ID")
@server_options
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(result_id: str, client: "Client", yes: bool) -> None:
    """Delete the result ID, which must be yours. It cannot be brought back.

    \b
    Example:
      defcheck results delete c6b8062d-2e0c-4107-8cd0-fc832a7a7ce7 --url https://refstack.example
    """
    confirm(f"Delete {result_id} on {client.server.url}?", yes=yes)
    client.delete(result_id)
    click.echo(f"Deleted {result_id}.")
