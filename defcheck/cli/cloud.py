"""The `defcheck cloud` commands: check a cloud and prepare it for a run."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from defcheck.cli import completion
from defcheck.cli.options import (
    LazyCommands,
    LazyGroup,
    accounts_option,
    cacert_option,
    connect_cloud,
    guideline_option,
    target_option,
)
from defcheck.cli.output import format_option
from defcheck.cli.terminal import detail_options, get_verbosity, make_status_printer, quiet_option

if TYPE_CHECKING:
    from defcheck.runner.preparation import RunRequest


COMMANDS: LazyCommands = {
    "accounts": (
        "defcheck.cli.cloud_accounts:accounts_group",
        "Create, check and delete users for the tests.",
    ),
    "configure": ("defcheck.cli.cloud:configure_command", "Write a tempest.conf for a cloud."),
    "check": (
        "defcheck.cli.cloud:check_cloud_command",
        "Check before a run whether the tests can pass.",
    ),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    name="cloud",
    short_help="Check a cloud and prepare it for a run.",
)
def cloud_group() -> None:
    """Check a cloud and prepare it for a run.

    NAME is the cloud's name in clouds.yaml.

    \b
    Examples:
      defcheck cloud check mycloud --guideline 2020.06 --target platform
      defcheck cloud configure mycloud
    """


FILE_TYPE = click.Path(path_type=Path, dir_okay=False)


@click.command("check", short_help="Check before a run whether the tests can pass.")
@click.argument("name", shell_complete=completion.complete_clouds)
@guideline_option("Guideline.", name="guideline", default="2020.06", show_default=True)
@target_option("platform, compute, storage, …", name="target")
@click.option(
    "--accounts", type=FILE_TYPE, help="The users that run the tests: an accounts.yaml for Tempest."
)
@click.option(
    "--tempest",
    "tempest",
    shell_complete=completion.complete_tempests,
    metavar="NAME",
    default="",
    help="The Tempest that the run will use; see `defcheck tempest list`.",
)
@click.option("--tempest-conf", type=FILE_TYPE, help="The tempest.conf that the run will use.")
@cacert_option()
@click.option(
    "-j", "--workers", type=click.IntRange(1, 256), help="How many tests run in parallel."
)
@format_option()
@detail_options
def check_cloud_command(
    name: str,
    guideline: str,
    target: str,
    accounts: Path | None,
    tempest: str,
    tempest_conf: Path | None,
    cacert: Path | None,
    workers: int | None,
    form: str,
) -> int:
    """Check whether the tests of a target can pass on the cloud NAME; change nothing.

    Each result is fine, a problem that affects tests (which are listed), or
    unknown. The Tempest of the run is asked which tests it will skip with this
    tempest.conf and these users.

    Exit codes: 0 nothing blocks a pass; 3 counted tests will fail or be skipped,
    or something that they depend on is unknown; 4 the cloud cannot be used;
    2 invalid input.

    \b
    Example:
      defcheck cloud check mycloud --guideline 2020.06 --target platform
    """
    from defcheck.cli.run_output import RunProgress
    from defcheck.cli.terminal import make_status_printer
    from defcheck.errors import ExitCode
    from defcheck.lab import paths as lab_paths
    from defcheck.redaction.redactor import PROCESS_SECRETS, redact_document
    from defcheck.report.models.cloud import build_preflight_document
    from defcheck.runner import preflight
    from defcheck.runner.preparation import RunRequest

    request = RunRequest(
        guideline=guideline,
        target=target or _default_target(guideline),
        output=Path(),
        cloud=name,
        tempest=tempest,
        tempest_conf=tempest_conf,
        accounts=accounts,
        workers=workers,
        cacert=cacert,
        probe=False,
        clouds_files=lab_paths.list_clouds_files(),
    )
    with RunProgress(make_status_printer()) as progress:
        found = build_preflight_document(
            preflight.check_cloud(request, progress), _run_command_line(request)
        )
    document = redact_document(found, PROCESS_SECRETS.redact_text)
    _print_preflight(document, form)
    return int(ExitCode.OK if document["clear"] else ExitCode.INCOMPLETE)


def _run_command_line(request: "RunRequest") -> str:
    """Return the command that starts the checked run."""
    words = ["defcheck", "run", "--cloud", request.cloud, "-g", request.guideline]
    given = (
        ("-t", request.target),
        ("--accounts", request.accounts),
        ("--tempest", request.tempest),
        ("--tempest-conf", request.tempest_conf),
        ("--cacert", request.cacert),
        ("-j", request.workers),
    )
    return shlex.join(words + [str(word) for one in given if one[1] for word in one])


def _default_target(guideline: str) -> str:
    """Return the target to use without --target: platform if the guideline has one."""
    from defcheck.guideline import catalog

    targets = [one.name for one in catalog.load_guideline(guideline).targets]
    return "platform" if "platform" in targets else ""


def _print_preflight(document: dict[str, object], form: str) -> None:
    import json

    from defcheck.cli.terminal import describe_terminal
    from defcheck.report.formats import cloud_text

    asked = get_verbosity()
    if form == "json":
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    elif asked.quiet:
        click.echo(cloud_text.summarize_preflight(document))
    else:
        page = cloud_text.render_preflight_text(
            document, verbose=asked.verbose, **describe_terminal(sys.stdout)
        )
        click.echo(page, nl=False)


DEFAULT_CONF_PATH = Path("tempest.conf")


@click.command("configure", short_help="Write a tempest.conf for a cloud.")
@click.argument("name", shell_complete=completion.complete_clouds)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to create; it must not exist.  [default: tempest.conf]",
)
@click.option("--stdout", is_flag=True, help="Print it instead of writing a file.")
@accounts_option
@click.option(
    "--template",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Start from this tempest.conf: its lines stay, and its values override those of the "
    "cloud.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="Set an option to the exact text after =, such as compute.image_ref=ID; may be repeated.",
)
@click.option(
    "--probe",
    is_flag=True,
    help="Probe what the cloud does not announce: create a few small resources and delete them.",
)
@cacert_option()
@quiet_option
def configure_command(
    name: str,
    output: Path | None,
    stdout: bool,
    accounts: Path | None,
    template: Path | None,
    settings: tuple[str, ...],
    probe: bool,
    cacert: Path | None,
) -> None:
    """Write a tempest.conf for the cloud NAME, for `run --tempest-conf` and Tempest.

    A comment above each option says where its value comes from: announced (by the
    cloud), probed, default (Tempest's own, because the cloud does not announce
    it), guessed, or user. Lines of a template get no such comment. Without --probe
    nothing is created in the cloud. With --probe an image of a few bytes, an empty
    container, a key for temporary URLs and application credentials are created and
    deleted at once. The file contains the passwords of the credentials, so only
    its owner can read it. Values with $, quotes or spaces are written so that
    Tempest reads them unchanged.

    \b
    Examples:
      defcheck cloud configure mycloud
      defcheck cloud configure mycloud --accounts accounts.yaml --set compute.flavor_ref=42 --stdout
    """
    from defcheck.cloud.accounts import accounts_file
    from defcheck.cloud.config_builder.builder import ConfigurationRequest, build_configuration
    from defcheck.errors import InputError
    from defcheck.tempest.conf_file import render_conf
    from defcheck.util.files import path_exists

    if stdout and output is not None:
        raise InputError("--stdout and --output cannot be combined.", "Leave one out.")
    path = output or DEFAULT_CONF_PATH
    beside = path.with_name(f"{path.stem}-accounts.yaml")
    for file in () if stdout else (path, beside):
        if path_exists(file):
            raise InputError(f"{file} exists already.", "Name another file with -o.")
    say = make_status_printer()
    cloud = connect_cloud(name, cacert)
    made = build_configuration(cloud, ConfigurationRequest(accounts, template, settings, probe))
    for remark in (*made.discovery.remarks, *made.silent_services, *made.gaps):
        say(f"Warning: {remark}")
    configuration = made.configuration
    sections = {key: dict(options) for key, options in configuration.sections.items()}
    comments = {key: dict(lines) for key, lines in configuration.comments.items()}
    lock = sections.setdefault("oslo_concurrency", {})
    if not lock.get("lock_path"):
        lock["lock_path"] = str(path.absolute().with_name("tempest-lock"))
        comments["oslo_concurrency"] = {"lock_path": "guessed: next to this file"}
    if configuration.accounts and not stdout:
        _write_file(beside, accounts_file.render_accounts_file(configuration.accounts))
        sections["auth"]["test_accounts_file"] = str(beside.absolute())
        comments["auth"]["test_accounts_file"] = "announced: these are the only credentials"
    text = render_conf(sections, comments, configuration.template)
    if stdout:
        click.echo(text, nl=False)
    else:
        try:
            _write_file(path, text)
        except BaseException:  # leave no credentials behind: they would also block the next try
            if configuration.accounts:
                beside.unlink()
            raise
        say(f"Wrote {path}" + (f" and {beside}" if configuration.accounts else ""))
    if configuration.accounts and stdout:
        say("Warning: Tempest also needs the credentials in an accounts file; -o writes one")
    say(f"Users for the tests: {configuration.credentials}")


def _write_file(path: Path, text: str) -> None:
    from defcheck.errors import InputError
    from defcheck.util.files import write_private

    try:
        write_private(path, text)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}.", "Name another file with -o."
        ) from error
