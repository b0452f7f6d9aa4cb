"""`defcheck results list`: the results on a RefStack server."""

import json
from typing import TYPE_CHECKING, Any

import click

from defcheck.cli.outputs import form_option
from defcheck.cli.server import server_options

if TYPE_CHECKING:
    from defcheck.submit.client import Client

COLUMNS = "{:36}  {:19}  {:>8}  {:8}  {}"


@click.command("list", short_help="List the results that you may see.")
@server_options
@click.option("--cpid", metavar="ID", help="Of the cloud with this id only.")
@click.option("--since", metavar="DAY", help="Not before this day or time (UTC).")
@click.option("--until", metavar="DAY", help="Not after this day or time (UTC).")
@click.option(
    "--mine", is_flag=True, help="Your own signed results only; needs a session or --sign."
)
@form_option()
def command(
    client: "Client",
    cpid: str | None,
    since: str | None,
    until: str | None,
    mine: bool,
    form: str,
) -> None:
    """List the results that you may see, the newest first, to the last page.

    \b
    Examples:
      defcheck results list --url https://refstack.example --since 2026-11-01
      defcheck results list --url https://refstack.example --cpid 7ab5bae17b2d4bd2 --format json
    """
    from defcheck.errors import InputError
    from defcheck.submit.authentication import LOGIN_ADVICE
    from defcheck.submit.moments import parse_period

    wanted = {
        **parse_period(since or "", until or ""),
        "cpid": cpid or "",
        "signed": "true" if mine else "",
    }
    if mine and client.authentication is None:
        raise InputError("--mine needs to know who you are.", LOGIN_ADVICE)
    pages = client.pages({key: value for key, value in wanted.items() if value})
    if form == "json":
        click.echo(json.dumps([item for page in pages for item in page], indent=2))
        return
    count = 0
    for page in pages:
        for item in page:
            if not count:
                click.echo(COLUMNS.format("ID", "UPLOADED (UTC)", "SECONDS", "VERIFIED", "META"))
            count += 1
            click.echo(_row(item))
    if not count:
        click.echo("There are none.", err=True)


def _row(item: dict[str, Any]) -> str:
    from defcheck.report.clean import clean_line
    from defcheck.submit.wording import meta, verified

    return COLUMNS.format(
        clean_line(item["id"], 64),
        clean_line(str(item.get("created_at", "")), 30),
        clean_line(str(item.get("duration_seconds", "")), 12),
        verified(item),
        meta(item),
    ).rstrip()
