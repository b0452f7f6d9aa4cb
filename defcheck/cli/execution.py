"""Run, score and report: what `run` and `demo` share."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from defcheck.cli.documents import score_one
from defcheck.cli.outputs import EXIT_CODES, TO_TERMINAL, Outputs, emit
from defcheck.cli.progress import RunProgress
from defcheck.errors import ExitCode, InputError
from defcheck.files import write_atomic
from defcheck.guideline import catalog
from defcheck.guideline.select import find_target
from defcheck.report import formats
from defcheck.results.model import ResultSet
from defcheck.runner import job
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
    _refuse_nothing_counted(request, terms)
    with RunProgress(say) as progress:
        done = job.run(request, progress)
    path = done.directory.path
    try:
        document = score_one(str(path), terms=terms)
    except InputError:
        if not done.interrupted:
            raise
        click.echo(f"Interrupted before the first test ended; the record is in {path}.", err=True)
        return ExitCode.INTERRUPTED
    for name, form in REPORTS.items():
        write_atomic(path / name, formats.render(form, document))
    click.echo(err=True)
    emit(outputs, document)
    click.echo(
        f"\nReport: {path / 'report.html'}",
        err=any(name != "text" for name, to in outputs if not to),
    )
    if done.interrupted:
        click.echo(
            f"Interrupted; what was done is in {path}. The tests that were cut off may have left "
            "servers, volumes or containers behind.",
            err=True,
        )
        return ExitCode.INTERRUPTED
    return EXIT_CODES[document["verdict"]]


def _refuse_nothing_counted(request: Request, terms: Terms) -> None:
    """Raise `InputError` before the run where the terms leave no test to count after it."""
    guideline = catalog.load(request.guideline)
    score(guideline, find_target(guideline, request.target), ResultSet((), ""), terms=terms)
