"""`defcheck score`: score results that exist already."""

from pathlib import Path

import click

from defcheck.cli.outputs import EXIT_CODES, emit, parse_outputs


@click.command(name="score", short_help="Score results that exist already against a guideline.")
@click.argument("results")
@click.option(
    "--guideline",
    "-g",
    "guideline_name",
    metavar="ID|PATH",
    help="Guideline; that of the run where RESULTS is a run directory.",
)
@click.option(
    "--target",
    "-t",
    "target_name",
    metavar="TARGET",
    help="platform, compute, storage (or object), dns, …; the run's where RESULTS is one.",
)
@click.option(
    "--stestr-run",
    type=click.IntRange(min=0),
    metavar="N",
    help="Number of the run where RESULTS is a stestr repository; the latest by default.",
)
@click.option(
    "--format",
    "-f",
    "formats",
    multiple=True,
    metavar="FORMAT[:PATH]",
    help="text (default), json or html, to standard output or a new file; may be repeated.",
)
def command(
    results: str,
    guideline_name: str | None,
    target_name: str | None,
    stestr_run: int | None,
    formats: tuple[str, ...],
) -> int:
    """Score RESULTS against a target of a guideline.

    RESULTS is a run directory, a subunit stream (version 1 or 2), a stestr or
    testr repository, a JUnit XML file, a rally verification report (JSON or
    JUnit XML), a RefStack JSON file, or - for standard input. Each may be
    gzipped; what it is tells its content, not its name.

    \b
    Example:
      defcheck score .stestr -g 2020.06 -t platform -f text -f html:report.html
      defcheck score .stestr --stestr-run 3 -g 2020.06 -t platform
      stestr last --subunit | defcheck score - -g 2020.06 -t platform
    """
    from defcheck.cli.documents import score_run, score_source
    from defcheck.runner.directory import is_run_directory

    outputs = parse_outputs(formats)
    if stestr_run is None and is_run_directory(results):
        document = score_run(Path(results), guideline_name or "", target_name or "")
    else:
        document = score_source(results, guideline_name or "", target_name or "", stestr_run)
    emit(outputs, document)
    return int(EXIT_CODES[document["verdict"]])
