"""`defcheck cloud check`: what a run would meet in a cloud, told before it."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from defcheck.cli import complete
from defcheck.cli.connecting import cacert_option
from defcheck.cli.outputs import form_option
from defcheck.cli.selection import guideline_option, target_option
from defcheck.cli.verbosity import current, length_options

if TYPE_CHECKING:
    from defcheck.runner.preparation import Request

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("check", short_help="Tell what a run would meet in a cloud, before it.")
@click.argument("name", shell_complete=complete.clouds)
@guideline_option("Guideline.", name="guideline", default="2020.06", show_default=True)
@target_option("platform, compute, storage, …", name="target")
@click.option("--accounts", type=FILE, help="The users of the tests, in Tempest's accounts.yaml.")
@click.option(
    "--tempest",
    "tempest",
    shell_complete=complete.tempests,
    metavar="NAME",
    default="",
    help="The Tempest that a run will use, one of `defcheck tempest list`.",
)
@click.option("--tempest-conf", type=FILE, help="The tempest.conf that a run will use.")
@cacert_option()
@click.option("-j", "--workers", type=click.IntRange(1, 256), help="For so many tests at a time.")
@form_option()
@length_options
def command(
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
    """Log in to the cloud NAME and look at what the tests of a target need; change nothing.

    Everything that is seen is fine, or harms tests, which are named, or could
    not be seen. Tempest itself is asked which tests it will skip with the
    tempest.conf and users of such a run.

    The exit code is 0 where nothing stands against a pass, 3 where counted
    tests will fail or skip, or something they depend on could not be seen, 4
    where the cloud cannot be used at all, 2 for wrong input.

    \b
    Example:
      defcheck cloud check mycloud --guideline 2020.06 --target platform
    """
    from defcheck.cli.narration import narrator
    from defcheck.cli.progress import RunProgress
    from defcheck.errors import ExitCode
    from defcheck.lab import paths as lab_paths
    from defcheck.redaction.documents import redacted
    from defcheck.report.preflight.document import build
    from defcheck.runner import preflight
    from defcheck.runner.preparation import Request
    from defcheck.secrecy import PROCESS

    request = Request(
        guideline=guideline,
        target=target or _platform(guideline),
        output=Path(),
        cloud=name,
        tempest=tempest,
        tempest_conf=tempest_conf,
        accounts=accounts,
        workers=workers,
        cacert=cacert,
        probe=False,
        clouds_files=lab_paths.clouds_files(),
    )
    with RunProgress(narrator()) as progress:
        found = build(preflight.check(request, progress), _run(request))
    document = redacted(found, PROCESS.text)
    _show(document, form)
    return int(ExitCode.OK if document["clear"] else ExitCode.INCOMPLETE)


def _run(request: "Request") -> str:
    """Return the command for the run that was looked ahead to."""
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


def _platform(guideline: str) -> str:
    """Return the target to take where none is named: platform where the guideline has one."""
    from defcheck.guideline import catalog

    targets = [one.name for one in catalog.load(guideline).targets]
    return "platform" if "platform" in targets else ""


def _show(document: dict[str, object], form: str) -> None:
    import json

    from defcheck.cli.terminal import shape
    from defcheck.report.preflight import text

    asked = current()
    if form == "json":
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    elif asked.quiet:
        click.echo(text.line(document))
    else:
        page = text.render(document, verbose=asked.verbose, **shape(sys.stdout))
        click.echo(page, nl=False)
