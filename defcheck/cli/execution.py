"""Run, score and report: what `run` and `demo` share."""

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from defcheck.cli.documents import score_given
from defcheck.cli.given import Given
from defcheck.cli.outputs import PASSES, TO_TERMINAL, Outputs, emit
from defcheck.cli.passes import wanted_payload
from defcheck.cli.progress import RunProgress
from defcheck.cli.redaction import shown
from defcheck.cli.verbosity import current, note
from defcheck.errors import VERDICT_CODES, ExitCode, InputError
from defcheck.files import write_atomic
from defcheck.guideline import catalog
from defcheck.guideline.matching import parse_name
from defcheck.guideline.model import Guideline
from defcheck.guideline.select import find_target
from defcheck.report import formats
from defcheck.report.clean import clean_line
from defcheck.report.document import Document
from defcheck.report.leftbehind import headline
from defcheck.results.model import Outcome, ResultSet
from defcheck.results.tally import Tally
from defcheck.runner import job
from defcheck.runner.directory import is_run_directory
from defcheck.runner.preparation import Request
from defcheck.scoring.terms import PLAIN, Terms
from defcheck.scoring.verdict import score

REPORTS = {"verdict.json": "json", "report.html": "html"}


def default_output(cloud: str, guideline: str, target: str) -> Path:
    """Return a run directory named after time, cloud, guideline and target."""
    time = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    words = [cloud, Path(guideline).name.removesuffix(".json"), target]
    return Path(
        "defcheck-runs", "-".join([time, *(clean for clean in map(_file_name, words) if clean)])
    )


def _file_name(word: str) -> str:
    return re.sub(r"[^\w.-]+", "-", word)


def run_and_report(
    request: Request,
    say: Callable[[str], None],
    terms: Terms = PLAIN,
    outputs: Outputs = TO_TERMINAL,
) -> int:
    """Run the request, saying what is done, and return the exit code of its verdict.

    The verdict is also written to `outputs`.
    """
    guideline = catalog.load(request.guideline)
    refuse_nothing_counted(guideline, request.target, terms)
    with RunProgress(say) as progress, telling_where(request.output):
        done = job.run(request, progress)
    return report(done, terms, outputs)


@contextmanager
def telling_where(path: Path) -> Iterator[None]:
    """Say, where a run ends at once because it was interrupted again, where it lies."""
    try:
        yield
    except KeyboardInterrupt:
        if is_run_directory(str(path)):
            tell_interrupted(path, "What was done is kept")
        raise


def tell_interrupted(path: Path, what: str) -> None:
    """Write to standard error what of an interrupted run is done, and the two ways from here."""
    run = shlex.quote(str(path))
    click.echo(
        f"{what} in {path}.\n"
        f"  Continue: defcheck resume {run}\n"
        f"  Discard:  defcheck cleanup {run} --yes && rm -r {run}",
        err=True,
    )


def count_ended(planned: Sequence[str], results: ResultSet) -> int:
    """Return how many of the planned tests came to an end, by themselves or by their class."""
    tally = Tally(results)
    left = (Outcome.NOT_RUN, Outcome.UNFINISHED)
    names = {parse_name(test).name for test in planned}
    return sum(tally.finding(name).outcome not in left for name in names)


def report(done: job.Done, terms: Terms, outputs: Outputs = TO_TERMINAL) -> int:
    """Score a run that ended, write and show its reports; return the exit code."""
    path = done.directory.path
    try:
        document, given = score_given(str(path), terms=terms)
    except InputError:
        if not done.interrupted:
            raise
        tell_interrupted(path, "Interrupted before the first test ended; the record is kept")
        return ExitCode.INTERRUPTED
    document = shown(document)
    for name, form in REPORTS.items():
        write_atomic(path / name, formats.render(form, document))
    note("")
    whole = _emit(outputs, document, given, str(path))
    quiet = current().quiet
    before = "" if quiet else "\n"
    left = headline(document, str(path))
    if quiet and left:
        click.echo(f"Warning: {clean_line(left, 600)}", err=True)
    click.echo(
        f"{before}Report: {path / 'report.html'}",
        err=any(name != "text" for name, to in outputs if not to),
    )
    if done.interrupted:
        planned = done.record.planned
        ended = count_ended(planned, given.results)
        tell_interrupted(
            path, f"Interrupted: {ended} of {len(planned)} planned tests ended; they are kept"
        )
        return ExitCode.INTERRUPTED
    code = VERDICT_CODES[document["verdict"]]
    return ExitCode.USAGE if code is ExitCode.OK and not whole else code


def _emit(outputs: Outputs, document: Document, given: Given, run_path: str) -> bool:
    """Write the outputs and return whether that was all of them.

    What RefStack could not take is said, and loses no other output of a long run.
    """
    try:
        passes = wanted_payload(outputs, given, document)
    except InputError as error:
        click.echo(f"Not written: refstack. {error}", err=True)
        others = [output for output in outputs if output[0] != PASSES]
        emit(others, document, run_path=run_path)
        return False
    emit(outputs, document, passes, run_path=run_path)
    return True


def refuse_nothing_counted(guideline: Guideline, target: str, terms: Terms) -> None:
    """Raise `InputError` before a run where the terms leave no test to count after it."""
    score(guideline, find_target(guideline, target), ResultSet((), ""), terms=terms)
