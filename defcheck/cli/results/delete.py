"""`defcheck results delete`: delete a result on a RefStack server."""

from pathlib import Path

import click

from defcheck.cli.server import confirm, connect, server_options


@click.command("delete", short_help="Delete a result of yours.")
@click.argument("result_id", metavar="ID")
@server_options
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(result_id: str, url: str, cacert: Path | None, timeout: int, yes: bool) -> None:
    """Delete the result ID, which must be yours. It cannot be brought back.

    \b
    Example:
      defcheck results delete c6b8062d-2e0c-4107-8cd0-fc832a7a7ce7 --url https://refstack.example
    """
    client = connect(url, cacert, timeout)
    confirm(f"Delete {result_id} on {url}?", yes=yes)
    client.delete(result_id)
    click.echo(f"Deleted {result_id}.")
