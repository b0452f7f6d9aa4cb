"""`defcheck compare`: runs, clouds or days side by side."""

from typing import Any

import click

from defcheck.cli import complete
from defcheck.cli.outputs import emit, formats_option, parse_outputs
from defcheck.cli.redaction import redact_option
from defcheck.cli.selection import guideline_option, target_option
from defcheck.cli.terms import read, terms_options
from defcheck.cli.verbosity import length_options
from defcheck.errors import ExitCode


@click.command(name="compare", short_help="Compare runs, clouds or days side by side.")
@click.argument("results", nargs=-1, required=True, shell_complete=complete.results)
@guideline_option("Guideline; that of the runs where all are run directories of the same one.")
@target_option("Its target.")
@click.option(
    "--label",
    "-l",
    "labels",
    multiple=True,
    metavar="TEXT",
    help="What to call each of the results, in their order; else cloud and day, or the file.",
)
@formats_option("json, html, markdown or csv")
@terms_options
@redact_option
@length_options
def command(
    results: tuple[str, ...],
    guideline_name: str,
    target_name: str,
    labels: tuple[str, ...],
    formats: tuple[str, ...],
    kinds: tuple[str, ...],
    **options: Any,
) -> int:
    """Show several RESULTS side by side, scored against the same target of one guideline.

    RESULTS are what `defcheck score` reads. Of two, it also tells what broke,
    what was mended, what is flaky, and what became slower from the first to the
    second. The exit code is 0 when the comparison was made; `defcheck score`
    gives that of a verdict.

    \b
    Examples:
      defcheck compare runs/monday runs/tuesday
      defcheck compare east west -l East -l West -f text -f html:clouds.html
      defcheck compare a.subunit b.xml -g 2020.06 -t platform -f csv:apart.csv
    """
    from defcheck.cli.beside import compare
    from defcheck.report.formats import COMPARISON

    outputs = parse_outputs(formats, COMPARISON)
    terms = read(**options)
    emit(outputs, compare(results, guideline_name, target_name, labels, terms), kinds=kinds)
    return ExitCode.OK
