"""`defcheck score`: score results that exist already."""

from typing import Any

import click

from defcheck.cli import complete
from defcheck.cli.outputs import emit, formats_option, parse_outputs
from defcheck.cli.redaction import redact_option
from defcheck.cli.selection import guideline_option, target_option
from defcheck.cli.terms import read, terms_options
from defcheck.cli.verbosity import length_options
from defcheck.errors import VERDICT_CODES, ExitCode, InputError


@click.command(name="score", short_help="Score results that exist already against a guideline.")
@click.argument("results", shell_complete=complete.results)
@guideline_option("Guideline; that of the run where RESULTS is a run directory.")
@target_option("platform, compute, storage (or object), dns, …; the run's where RESULTS is one.")
@click.option(
    "--stestr-run",
    type=click.IntRange(min=0),
    metavar="N",
    help="Number of the run where RESULTS is a stestr repository; the latest by default.",
)
@formats_option()
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Score against every guideline and target, and say what lies between this cloud and the "
    "next guideline; gives no single verdict, so that the exit code is 0.",
)
@terms_options
@redact_option
@length_options
def command(
    results: str,
    guideline_name: str,
    target_name: str,
    stestr_run: int | None,
    formats: tuple[str, ...],
    every: bool,
    kinds: tuple[str, ...],
    **options: Any,
) -> int:
    """Score RESULTS against a target of a guideline.

    RESULTS is a run directory, a subunit stream (version 1 or 2), a stestr or
    testr repository, a JUnit XML file, a rally verification report (JSON or
    JUnit XML), a RefStack JSON file, or - for standard input. Each may be
    gzipped; what it is tells its content, not its name.

    \b
    Examples:
      defcheck score .stestr -g 2020.06 -t platform -f text -f html:report.html
      defcheck score .stestr --stestr-run 3 -g 2020.06 -t platform
      stestr last --subunit | defcheck score - -g 2020.06 -t platform
      defcheck score .stestr --all

    \b
    An overlay, for --overlay:
      format: defcheck overlay 1
      flags:
        - test: tempest.api.compute.servers.test_servers.ServersTestJSON.test_create_specify_keypair
          guideline: "2020.06"       # optional, as are capability and bug
          date: 2026-11-25           # in force from this day on
          expires: 2027-02-28        # to this one
          reason: The driver of this cloud loses key pairs.
          approver: Cloud operations
    """
    from defcheck.cli.documents import score_all, score_given
    from defcheck.cli.passes import wanted_payload
    from defcheck.report.formats import MATRIX

    outputs = parse_outputs(formats, MATRIX if every else None)
    terms = read(**options)
    if every:
        if guideline_name:
            raise InputError(
                "--all scores against every guideline, --guideline against one.",
                "Leave one of the two out.",
            )
        emit(outputs, score_all(results, target_name, terms, stestr_run), kinds=kinds)
        return ExitCode.OK
    document, given = score_given(results, guideline_name, target_name, terms, stestr_run)
    emit(outputs, document, wanted_payload(outputs, given, document), kinds, results)
    return int(VERDICT_CODES[document["verdict"]])
