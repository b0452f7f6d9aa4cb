"""`defcheck cloud accounts`: create, check and delete the users that tests run as."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from defcheck.cli import completion
from defcheck.cli.options import cacert_option, connect_cloud
from defcheck.cli.output import format_option
from defcheck.cli.terminal import make_status_printer, quiet_option
from defcheck.errors import ExitCode
from defcheck.redaction.redactor import PROCESS_SECRETS, redact_document

if TYPE_CHECKING:
    from defcheck.cloud.accounts import AccountsReport


@click.group("accounts", short_help="Make, check and remove users for the tests.")
def accounts_group() -> None:
    """Make, check and remove the users that tests run as.

    They stand in an accounts.yaml of Tempest's, for `defcheck run --accounts`.

    \b
    Example:
      defcheck cloud accounts create mycloud -n 4 -o accounts.yaml
      defcheck run --cloud mycloud --accounts accounts.yaml -g 2020.06 -t platform
      defcheck cloud accounts delete accounts.yaml
    """


@accounts_group.command()
@click.argument("name", shell_complete=completion.complete_clouds)
@click.option(
    "-n",
    "--workers",
    type=click.IntRange(1, 64),
    required=True,
    help="For how many workers: two projects each.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("accounts.yaml"),
    show_default=True,
    help="The accounts file, which must not exist.",
)
@click.option(
    "--with-admin",
    is_flag=True,
    help="Also make administrators and ResellerAdmins, which some tests need. Whoever has the "
    "file then has the cloud.",
)
@cacert_option()
@quiet_option
def create(name: str, workers: int, output: Path, with_admin: bool, cacert: Path | None) -> None:
    """Make projects, users and networks once, with the admin login NAME.

    In each project a member and a reader, with Neutron also a network, a subnet
    and a router. All of it has one random prefix, and is recorded beside the
    file, in FILE.made, as soon as it is made, so that `delete` can remove it
    even where this was cut off.

    \b
    Example:
      defcheck cloud accounts create mycloud -n 4 -o accounts.yaml
    """
    from defcheck.cloud.accounts.creation import create_accounts
    from defcheck.cloud.accounts.resources import record_path

    say = make_status_printer()
    cloud = connect_cloud(name, cacert)
    try:
        made = create_accounts(cloud, output, workers, with_admin=with_admin, report=say)
    except KeyboardInterrupt:
        if record_path(output).exists():
            click.echo(
                f"`defcheck cloud accounts delete {output}` removes what was made.", err=True
            )
        raise
    for remark in made.remarks:
        say(f"Warning: {remark}")
    networks = f", {made.networks} networks" if made.networks else ""
    click.echo(
        f"{made.projects} projects, {made.users} users{networks}, prefix {made.prefix}\n"
        f"Passwords are in {output}; `defcheck cloud accounts delete {output}` removes them all."
    )


@accounts_group.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--cloud",
    "name",
    shell_complete=completion.complete_clouds,
    metavar="NAME",
    default="",
    help="By default the one that made it.",
)
@cacert_option()
@quiet_option
@click.pass_context
def delete(ctx: click.Context, file: Path, name: str, cacert: Path | None) -> None:
    """Remove exactly what `create` made for FILE, by id and name; it can be repeated.

    What tests left in the projects, such as servers, is listed and not
    touched; such a project stays, with its users and network, until it is
    empty. The exit code is then 4. FILE is deleted with its users, unless it
    was changed.

    \b
    Example:
      defcheck cloud accounts delete accounts.yaml
    """
    from defcheck.cloud.accounts.removal import remove_accounts
    from defcheck.cloud.accounts.resources import read_accounts_record, record_path

    record = read_accounts_record(record_path(file))
    say = make_status_printer()
    done = remove_accounts(connect_cloud(name or record.cloud, cacert), file, say)
    gone = f", {done.gone} were gone" if done.gone else ""
    click.echo(f"{done.removed} of {len(record.resources)} removed{gone}, prefix {done.prefix}")
    for line in done.kept:
        click.echo(f"Kept: {line}")
    if done.kept:
        click.echo("Remove what is in it as one of its users, then repeat this.", err=True)
        ctx.exit(ExitCode.UNUSABLE)


@accounts_group.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--cloud",
    "name",
    shell_complete=completion.complete_clouds,
    metavar="NAME",
    default="",
    help="Log in as every user to this cloud.",
)
@click.option(
    "-j",
    "--workers",
    type=click.IntRange(1, 256),
    help="For how many workers, by default as many as the file allows.",
)
@cacert_option()
@format_option()
def check(file: Path, name: str, workers: int | None, cacert: Path | None, form: str) -> int:
    """Check FILE as Tempest will use it; needs no admin and changes nothing.

    Roles that Tempest asks for, a reader in each member's project, the order
    of entries, distinct projects, enough of them; with --cloud every login,
    and the roles that each user really holds. The exit code is 1 where tests
    would fail.

    \b
    Example:
      defcheck cloud accounts check accounts.yaml --cloud mycloud -j 4
    """
    from defcheck.cloud.accounts import check_accounts_file

    report = check_accounts_file(file, connect_cloud(name, cacert) if name else None, workers)
    if form == "json":
        click.echo(
            json.dumps(
                redact_document(report.build_document(), PROCESS_SECRETS.redact_text), indent=2
            )
        )
    else:
        _print_report(report)
    return int(ExitCode.FAIL if report.problems else ExitCode.OK)


def _print_report(report: "AccountsReport") -> None:
    from defcheck.util.text import clean_text

    failed = sum(bool(one.error) for one in report.logins)
    logins = (
        f"{len(report.logins) - failed} of {len(report.logins)} log in"
        if report.logins
        else ("no login tried, which --cloud does")
    )
    click.echo(
        f"{len(report.accounts)} accounts, enough for {report.capacity} "
        f"worker{'s' * (report.capacity > 1)}; {logins}"
    )
    for one in report.findings:
        click.echo(PROCESS_SECRETS.redact_text(clean_text(f"{one.level.value:8} {one.text}.")))
    if not report.problems:
        click.echo(f"Usable with {report.workers} worker{'s' * (report.workers > 1)}.")
