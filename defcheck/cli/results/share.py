"""`defcheck results share`: let others see a result on a RefStack server."""

from pathlib import Path

import click

from defcheck.cli.server import connect, server_options


@click.command("share", short_help="Let everybody see a result of yours, or no more.")
@click.argument("result_id", metavar="ID")
@server_options
@click.option("--guideline", metavar="FILE", help="Say which guideline it is for: 2020.06.json.")
@click.option("--target", metavar="NAME", help="Say which target it is for: platform, compute, …")
@click.option("--undo", is_flag=True, help="Let nobody else see it any more.")
def command(
    result_id: str,
    url: str,
    cacert: Path | None,
    timeout: int,
    guideline: str | None,
    target: str | None,
    undo: bool,
) -> None:
    """Let everybody see the result ID, which must be yours, or no more.

    \b
    Example:
      defcheck results share c6b8062d-2e0c-4107-8cd0-fc832a7a7ce7 --url https://refstack.example \\
          --guideline 2020.06.json --target platform
    """
    from defcheck.errors import InputError

    said = {key: value for key, value in (("guideline", guideline), ("target", target)) if value}
    if undo and said:
        raise InputError("--undo says nothing of the result.", "Leave the other options out.")
    client = connect(url, cacert, timeout)
    if undo:
        client.delete_meta(result_id, "shared")
        click.echo(f"{result_id} is no longer shared.")
        return
    for key, value in said.items():
        client.set_meta(result_id, key, value)
    client.set_meta(result_id, "shared", "true")
    click.echo(f"{result_id} is shared: everybody can see it.")
