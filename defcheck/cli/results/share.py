"""`defcheck results share`: let others see a result on a RefStack server."""

from typing import TYPE_CHECKING

import click

from defcheck.cli import complete
from defcheck.cli.server import server_options

if TYPE_CHECKING:
    from defcheck.submit.client import Client


@click.command("share", short_help="Make one of your results public, or private again.")
@click.argument("result_id", metavar="ID")
@server_options
@click.option(
    "--guideline",
    metavar="ID",
    shell_complete=complete.guidelines,
    help="Store which guideline it is for, such as 2020.06.",
)
@click.option(
    "--target",
    metavar="NAME",
    shell_complete=complete.targets,
    help="Store which target it is for, such as platform or storage.",
)
@click.option("--undo", is_flag=True, help="Make it private again.")
def command(
    result_id: str,
    client: "Client",
    guideline: str | None,
    target: str | None,
    undo: bool,
) -> None:
    """Make the result ID, which must be yours, public or private again.

    Guideline and target are stored as RefStack's pages know them: 2020.06 as
    2020.06.json, storage as object. What RefStack does not know is refused.

    \b
    Example:
      defcheck results share c6b8062d-2e0c-4107-8cd0-fc832a7a7ce7 --url https://refstack.example \\
          --guideline 2020.06 --target storage
    """
    from defcheck.errors import InputError
    from defcheck.submit.metadata import build_metadata

    metadata = build_metadata(guideline or "", target or "")
    if undo and metadata:
        raise InputError(
            "--undo cannot be combined with --guideline or --target.",
            "Leave --undo out, or the other two.",
        )
    if undo:
        was_shared = client.delete_meta(result_id, "shared")
        click.echo(f"{result_id} is {'no longer shared' if was_shared else 'not shared'}.")
        return
    for key, value in metadata.items():
        client.set_meta(result_id, key, value)
    client.set_meta(result_id, "shared", "true")
    stored = "".join(f", {key}={value}" for key, value in metadata.items())
    click.echo(f"{result_id} is shared: everybody can see it{stored}.")
