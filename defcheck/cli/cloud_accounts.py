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


@click.group("accounts", short_help="Create, check and delete users for the tests.")
def accounts_group() -> None:
    """Create, check and delete the users that run the tests.

    They are written to an accounts.yaml for Tempest, for `defcheck run --accounts`.

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
    help="Number of workers; each gets two projects.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("accounts.yaml"),
    show_default=True,
    help="The accounts file to create; it must not exist.",
)
@click.option(
    "--with-admin",
    is_flag=True,
    help="Also create administrators and ResellerAdmins, which some tests need. The file then "
    "gives full control of the cloud.",
)
@cacert_option()
@quiet_option
def create(name: str, workers: int, output: Path, with_admin: bool, cacert: Path | None) -> None:
    """Create projects, users and networks with the administrator credentials NAME.

    Each project gets a member and a reader and, if the cloud has Neutron, a
    network, a subnet and a router. All of them share one random prefix. Each is
    recorded in FILE.made as soon as it is created, so that `delete` can remove
    them even if this command was interrupted.

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
                f"`defcheck cloud accounts delete {output}` deletes what was created.", err=True
            )
        raise
    for remark in made.remarks:
        say(f"Warning: {remark}")
    networks = f", {made.networks} networks" if made.networks else ""
    click.echo(
        f"{made.projects} projects, {made.users} users{networks}, prefix {made.prefix}\n"
        f"Passwords are in {output}; `defcheck cloud accounts delete {output}` deletes them all."
    )


@accounts_group.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--cloud",
    "name",
    shell_complete=completion.complete_clouds,
    metavar="NAME",
    default="",
    help="The cloud.  [default: the one that the file was created on]",
)
@cacert_option()
@quiet_option
@click.pass_context
def delete(ctx: click.Context, file: Path, name: str, cacert: Path | None) -> None:
    """Delete exactly what `create` created for FILE, by id and name. May be repeated.

    Resources that tests left in the projects, such as servers, are listed and
    kept. Such a project stays, with its users and network, until it is empty; the
    exit code is then 4. FILE is deleted with its users, unless it was changed.

    \b
    Example:
      defcheck cloud accounts delete accounts.yaml
    """
    from defcheck.cloud.accounts.removal import remove_accounts
    from defcheck.cloud.accounts.resources import read_accounts_record, record_path

    record = read_accounts_record(record_path(file))
    say = make_status_printer()
    done = remove_accounts(connect_cloud(name or record.cloud, cacert), file, say)
    gone = f", {done.gone} no longer existed" if done.gone else ""
    click.echo(f"{done.removed} of {len(record.resources)} deleted{gone}, prefix {done.prefix}")
    for line in done.kept:
        click.echo(f"Kept: {line}")
    if done.kept:
        click.echo(
            "Delete what is in it as one of its users, then run this command again.", err=True
        )
        ctx.exit(ExitCode.UNUSABLE)


@accounts_group.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--cloud",
    "name",
    shell_complete=completion.complete_clouds,
    metavar="NAME",
    default="",
    help="Log in to this cloud as every user.",
)
@click.option(
    "-j",
    "--workers",
    type=click.IntRange(1, 256),
    help="Number of workers.  [default: as many as the file allows]",
)
@cacert_option()
@format_option()
def check(file: Path, name: str, workers: int | None, cacert: Path | None, form: str) -> int:
    """Check whether Tempest can use FILE; needs no administrator and changes nothing.

    Checks the roles that Tempest needs, a reader in each member's project, the
    order of the entries, that projects differ, and that there are enough of them.
    With --cloud also checks that every user can log in and holds these roles. The
    exit code is 1 if tests would fail.

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
        f"{len(report.logins) - failed} of {len(report.logins)} can log in"
        if report.logins
        else ("logins not tried; use --cloud")
    )
    click.echo(
        f"{len(report.accounts)} accounts, enough for {report.capacity} "
        f"worker{'s' * (report.capacity > 1)}; {logins}"
    )
    for one in report.findings:
        click.echo(PROCESS_SECRETS.redact_text(clean_text(f"{one.level.value:8} {one.text}.")))
    if not report.problems:
        click.echo(f"Usable with {report.workers} worker{'s' * (report.workers > 1)}.")
