"""The `defcheck results` commands: results on a RefStack server."""

import json
from typing import TYPE_CHECKING, Any

import click

from defcheck.cli import completion
from defcheck.cli.options import LazyCommands, LazyGroup
from defcheck.cli.output import format_option
from defcheck.cli.refstack import confirm_deletion, server_options

if TYPE_CHECKING:
    from defcheck.submission.refstack.client import RefStackClient


COMMANDS: LazyCommands = {
    "delete": (
        "defcheck.cli.refstack_results:delete_result_command",
        "Delete one of your results.",
    ),
    "list": (
        "defcheck.cli.refstack_results:list_results_command",
        "List the results that are visible to you.",
    ),
    "share": (
        "defcheck.cli.refstack_results:share_result_command",
        "Make one of your results public, or private again.",
    ),
    "show": ("defcheck.cli.refstack_results:show_result_command", "Show a result."),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    name="results",
    short_help="List, show, share and delete results on a RefStack server.",
)
def results_group() -> None:
    """List, show, share and delete results on a RefStack server.

    Only its owner can see a signed result until it is shared. There are two ways
    to log in as the owner: set the environment variable DEFCHECK_REFSTACK_SESSION
    to the cookie `refstack` of a logged-in browser, or give a registered key
    (--sign) and your OpenID on the server (--openid).

    \b
    Example:
      defcheck results list --url https://refstack.example
    """


@click.command("delete", short_help="Delete one of your results.")
@click.argument("result_id", metavar="ID")
@server_options
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def delete_result_command(result_id: str, client: "RefStackClient", yes: bool) -> None:
    """Delete the result ID, which must be yours. This cannot be undone.

    \b
    Example:
      defcheck results delete c6b8062d-2e0c-4107-8cd0-fc832a7a7ce7 --url https://refstack.example
    """
    confirm_deletion(f"Delete {result_id} on {client.server.url}?", yes=yes)
    client.delete_result(result_id)
    click.echo(f"Deleted {result_id}.")


COLUMNS = "{:36}  {:19}  {:>8}  {:8}  {}"


@click.command("list", short_help="List the results that are visible to you.")
@server_options
@click.option("--cpid", metavar="ID", help="Only results of the cloud with this id.")
@click.option("--since", metavar="DAY", help="Only results from this date or time (UTC) on.")
@click.option("--until", metavar="DAY", help="Only results up to this date or time (UTC).")
@click.option(
    "--mine", is_flag=True, help="Only your own signed results; needs a session or --sign."
)
@format_option()
def list_results_command(
    client: "RefStackClient",
    cpid: str | None,
    since: str | None,
    until: str | None,
    mine: bool,
    form: str,
) -> None:
    """List all results that are visible to you, newest first.

    \b
    Examples:
      defcheck results list --url https://refstack.example --since 2026-11-01
      defcheck results list --url https://refstack.example --cpid 7ab5bae17b2d4bd2 --format json
    """
    from defcheck.errors import InputError
    from defcheck.submission.refstack.authentication import LOGIN_ADVICE
    from defcheck.submission.refstack.result_fields import parse_period

    wanted = {
        **parse_period(since or "", until or ""),
        "cpid": cpid or "",
        "signed": "true" if mine else "",
    }
    if mine and client.authentication is None:
        raise InputError("--mine needs a login.", LOGIN_ADVICE)
    pages = client.iterate_pages({key: value for key, value in wanted.items() if value})
    if form == "json":
        click.echo(json.dumps([item for page in pages for item in page], indent=2))
        return
    count = 0
    for page in pages:
        for item in page:
            if not count:
                click.echo(COLUMNS.format("ID", "UPLOADED (UTC)", "SECONDS", "VERIFIED", "META"))
            count += 1
            click.echo(_format_result(item))
    if not count:
        click.echo("No results.", err=True)


def _format_result(item: dict[str, Any]) -> str:
    from defcheck.submission.refstack.result_fields import describe_metadata, describe_verification
    from defcheck.util.text import clean_line

    return COLUMNS.format(
        clean_line(item["id"], 64),
        clean_line(str(item.get("created_at", "")), 30),
        clean_line(str(item.get("duration_seconds", "")), 12),
        describe_verification(item),
        describe_metadata(item),
    ).rstrip()


@click.command("share", short_help="Make one of your results public, or private again.")
@click.argument("result_id", metavar="ID")
@server_options
@click.option(
    "--guideline",
    metavar="ID",
    shell_complete=completion.complete_guidelines,
    help="Store this guideline with the result, such as 2020.06.",
)
@click.option(
    "--target",
    metavar="NAME",
    shell_complete=completion.complete_targets,
    help="Store this target with the result, such as platform or storage.",
)
@click.option("--undo", is_flag=True, help="Make it private again.")
def share_result_command(
    result_id: str,
    client: "RefStackClient",
    guideline: str | None,
    target: str | None,
    undo: bool,
) -> None:
    """Make the result ID, which must be yours, public or private again.

    Guideline and target are stored as RefStack's pages spell them: 2020.06 as
    2020.06.json, storage as object. Others are rejected.

    \b
    Example:
      defcheck results share c6b8062d-2e0c-4107-8cd0-fc832a7a7ce7 --url https://refstack.example \\
          --guideline 2020.06 --target storage
    """
    from defcheck.errors import InputError
    from defcheck.submission.refstack.result_fields import build_metadata

    metadata = build_metadata(guideline or "", target or "")
    if undo and metadata:
        raise InputError(
            "--undo cannot be combined with --guideline or --target.",
            "Omit --undo, or the other two.",
        )
    if undo:
        was_shared = client.delete_metadata(result_id, "shared")
        click.echo(f"{result_id} is {'no longer shared' if was_shared else 'not shared'}.")
        return
    for key, value in metadata.items():
        client.set_metadata(result_id, key, value)
    client.set_metadata(result_id, "shared", "true")
    stored = "".join(f", {key}={value}" for key, value in metadata.items())
    click.echo(f"{result_id} is shared: everyone can see it{stored}.")


@click.command("show", short_help="Show a result.")
@click.argument("result_id", metavar="ID")
@server_options
@format_option()
def show_result_command(result_id: str, client: "RefStackClient", form: str) -> None:
    """Show the result ID. JSON output is the server's response; `defcheck score` reads it.

    \b
    Example:
      defcheck results show c6b8062d-2e0c-4107-8cd0-fc832a7a7ce7 --url https://refstack.example
    """
    from defcheck.submission.refstack.result_fields import describe_metadata, describe_verification
    from defcheck.util.text import clean_line

    found = client.get_result(result_id)
    if form == "json":
        click.echo(json.dumps(found, indent=2))
        return
    lines = {
        "result": found["id"],
        "uploaded": f"{found.get('created_at')} (UTC)",
        "cloud id": found.get("cpid", ""),
        "duration": f"{found.get('duration_seconds')} s",
        "verified": describe_verification(found),
        "meta": describe_metadata(found),
        "passed": f"{len(found['results'])} tests",
    }
    for name, value in lines.items():
        if value:
            click.echo(f"{name:9} {clean_line(str(value))}")
    for test in sorted(found["results"]):
        click.echo(f"  {clean_line(test, 600)}")
