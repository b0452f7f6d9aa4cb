"""The passed tests of results as RefStack takes them, for `upload` and `-f refstack`."""

from contextlib import suppress
from pathlib import Path

import click

from defcheck.cli.given import Given
from defcheck.cli.outputs import PASSES, Outputs
from defcheck.cli.verbosity import current
from defcheck.errors import DefcheckError, InputError
from defcheck.report.clean import clean_line
from defcheck.report.document import Document
from defcheck.runner.directory import RunDirectory
from defcheck.submit import payload

MOST_NAMED = 3
"""Passes that are left out and named, unless --verbose is said."""


def wanted_payload(outputs: Outputs, given: Given, document: Document) -> bytes:
    """Return what is to be written as `refstack`, nothing where no output is that.

    `document` is the verdict on the results. Raises `InputError` where RefStack
    could not take the results.
    """
    if PASSES not in dict(outputs):
        return b""
    found = payload_of(given).body
    if document["refstack"] is None:
        _warn_of_guideline(document["guideline"]["id"])
    return found


def warn_of_own_guideline(run: Path, given: Given) -> None:
    """Say on standard error where RefStack never had the guideline of a run."""
    if given.record is None:
        return
    # An upload holds no guideline: a damaged copy of it is no reason to send nothing.
    with suppress(DefcheckError):
        guideline = RunDirectory(run).read_guideline(given.record)
        if not guideline.known_to_refstack:
            _warn_of_guideline(guideline.id)


def _warn_of_guideline(guideline_id: str) -> None:
    click.echo(
        f"RefStack never had guideline {clean_line(guideline_id)}: its server takes the passed "
        "tests and gives no answer on that guideline.",
        err=True,
    )


def payload_of(
    given: Given, cpid: str = "", cloud: str = "", partial: bool = False
) -> payload.Payload:
    """Return the upload of results, saying on standard error which passes it leaves out.

    `cpid` is the cloud's id, `cloud` the name of one to ask for it. Raises
    `InputError` for results that are not whole, unless `partial`, and where
    RefStack could not take them.
    """
    problems = given.evidence.problems
    if problems and not partial:
        more = f", and {len(problems) - 1} more such" if len(problems) > 1 else ""
        raise InputError(
            f"The results are not whole: {clean_line(problems[0])}{more}.",
            "Run the tests again, or say --partial to `defcheck upload`, which then takes what "
            "passed nevertheless.",
        )
    selection = payload.select(given.results)
    if selection.left_out:
        most = None if current().verbose else MOST_NAMED
        named = ", ".join(clean_line(one) for one in selection.left_out[:most])
        more = ", …" if most and len(selection.left_out) > most else ""
        click.echo(
            f"Not for RefStack: {len(selection.left_out)} passed but also failed, was skipped, or "
            f"its clean-up failed: {named}{more}",
            err=True,
        )
    seconds = given.record.seconds if given.record else None
    if seconds is None:
        seconds = payload.measured_seconds(given.results)
    return payload.build(cpid or _cpid(given, cloud), seconds, selection)


def _cpid(given: Given, cloud: str) -> str:
    """Return the cloud's id as the run says or the cloud itself."""
    known = (given.record.cloud["cpid"] if given.record else "") or given.results.cpid
    if cloud:
        from defcheck.cloud.connection import connect as log_in
        from defcheck.lab import paths

        found = log_in(cloud, paths.clouds_files()).cpid
        if known and known != found:
            raise InputError(
                f"The run was made on the cloud with the id {known}, {cloud} has {found}.",
                "Leave --cloud out, or say which id is right with --cpid.",
            )
        return found
    if not known:
        raise InputError(
            "Nothing in the results says which cloud they are of.",
            "Name the cloud to `defcheck upload` with --cloud, or give its id with --cpid.",
        )
    return known
