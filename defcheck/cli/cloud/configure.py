"""`defcheck cloud configure`: write a tempest.conf from what a cloud says of itself."""

from pathlib import Path

import click

from defcheck.cli import complete
from defcheck.cli.connecting import cacert_option, connect
from defcheck.cli.narration import narrator
from defcheck.cli.verbosity import quiet_option

CONF = Path("tempest.conf")


@click.command("configure", short_help="Write a tempest.conf for a cloud.")
@click.argument("name", shell_complete=complete.clouds)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write, which must not exist.  [default: tempest.conf]",
)
@click.option("--stdout", is_flag=True, help="Print it instead.")
@click.option(
    "--accounts",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Let the tests run as the users in this accounts.yaml of Tempest's.",
)
@click.option(
    "--template",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A tempest.conf of yours: its lines stay, and its values win over the cloud's.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="Set an option, as compute.image_ref=ID, to what stands after =; may be repeated.",
)
@click.option(
    "--probe",
    is_flag=True,
    help="Try what the cloud does not announce: create a few small things and delete them.",
)
@cacert_option()
@quiet_option
def command(
    name: str,
    output: Path | None,
    stdout: bool,
    accounts: Path | None,
    template: Path | None,
    settings: tuple[str, ...],
    probe: bool,
    cacert: Path | None,
) -> None:
    """Write a tempest.conf for the cloud NAME, which `run --tempest-conf` and Tempest take.

    Above each option stands where its value comes from: announced by the cloud;
    probed; default, Tempest's own, where the cloud does not announce it; guessed;
    or user. Lines of a template get no such mark. Without --probe nothing is
    created in the cloud. With it an image of a few bytes, an empty container, a
    key for temporary URLs and application credentials are created and deleted at
    once. The file holds passwords where the login has them, and only its owner
    can read it. Values with $, quotes or blanks are written so that Tempest reads
    them the same.

    \b
    Examples:
      defcheck cloud configure mycloud
      defcheck cloud configure mycloud --accounts accounts.yaml --set compute.flavor_ref=42 --stdout
    """
    from defcheck.cloud.accounts import entries
    from defcheck.cloud.configuration.make import Wishes, make
    from defcheck.errors import InputError
    from defcheck.files import exists
    from defcheck.tempest.conf_file import render_conf

    if stdout and output is not None:
        raise InputError("--stdout and --output exclude each other.", "Leave one out.")
    path = output or CONF
    beside = path.with_name(f"{path.stem}-accounts.yaml")
    for file in () if stdout else (path, beside):
        if exists(file):
            raise InputError(f"{file} exists already.", "Name another file with -o.")
    say = narrator()
    cloud = connect(name, cacert)
    made = make(cloud, Wishes(accounts, template, settings, probe))
    for remark in (*made.survey.remarks, *made.silent, *made.gaps):
        say(f"Warning: {remark}")
    configuration = made.configuration
    sections = {key: dict(options) for key, options in configuration.sections.items()}
    comments = {key: dict(lines) for key, lines in configuration.comments.items()}
    lock = sections.setdefault("oslo_concurrency", {})
    if not lock.get("lock_path"):
        lock["lock_path"] = str(path.absolute().with_name("tempest-lock"))
        comments["oslo_concurrency"] = {"lock_path": "guessed: beside this file"}
    if configuration.accounts and not stdout:
        _write(beside, entries.render(configuration.accounts))
        sections["auth"]["test_accounts_file"] = str(beside.absolute())
        comments["auth"]["test_accounts_file"] = "announced: the login is all there is"
    text = render_conf(sections, comments, configuration.template)
    if stdout:
        click.echo(text, nl=False)
    else:
        try:
            _write(path, text)
        except BaseException:  # no login lies about, and none is in the way of the next try
            if configuration.accounts:
                beside.unlink()
            raise
        say(f"Wrote {path}" + (f" and {beside}" if configuration.accounts else ""))
    if configuration.accounts and stdout:
        say("Warning: Tempest needs the login in an accounts file as well, which -o writes")
    say(f"Users for the tests: {configuration.credentials}")


def _write(path: Path, text: str) -> None:
    from defcheck.errors import InputError
    from defcheck.files import write_private

    try:
        write_private(path, text)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}.", "Name another file with -o."
        ) from error
