"""`defcheck results show`: one result on a RefStack server."""

import json
from typing import TYPE_CHECKING

import click

from defcheck.cli.outputs import form_option
from defcheck.cli.server import server_options

if TYPE_CHECKING:
    from defcheck.submit.client import Client


@click.command("show", short_help="Show a result.")
@click.argument("result_id", metavar="ID")
@server_options
@form_option()
def command(result_id: str, client: "Client", form: str) -> None:
    """Show the result ID. As JSON it is what the server says, and `defcheck score` reads it.

    \b
    Example:
      defcheck results show c6b8062d-2e0c-4107-8cd0-fc832a7a7ce7 --url https://refstack.example
    """
    from defcheck.report.clean import clean_line
    from defcheck.submit.wording import meta, verified

    found = client.show(result_id)
    if form == "json":
        click.echo(json.dumps(found, indent=2))
        return
    lines = {
        "result": found["id"],
        "uploaded": f"{found.get('created_at')} (UTC)",
        "cloud id": found.get("cpid", ""),
        "duration": f"{found.get('duration_seconds')} s",
        "verified": verified(found),
        "meta": meta(found),
        "passed": f"{len(found['results'])} tests",
    }
    for name, value in lines.items():
        if value:
            click.echo(f"{name:9} {clean_line(str(value))}")
    for test in sorted(found["results"]):
        click.echo(f"  {clean_line(test, 600)}")
