"""`defcheck gate`: stop a pipeline on what is new, and on nothing else."""

from pathlib import Path
from typing import Any

import click

from defcheck.cli import complete
from defcheck.cli.outputs import emit, formats_option, parse_outputs
from defcheck.cli.redaction import redact_option
from defcheck.cli.selection import guideline_option, target_option
from defcheck.cli.terms import read, terms_options
from defcheck.cli.verbosity import length_options
from defcheck.errors import ExitCode, InputError

EXIT_CODES = {
    "open": ExitCode.OK,
    "closed": ExitCode.FAIL,
    "unclear": ExitCode.INCOMPLETE,
}


@click.command(name="gate", short_help="Stop a pipeline on what is new against a baseline.")
@click.argument("results", shell_complete=complete.results)
@click.option(
    "--baseline",
    metavar="RESULTS|VERDICT",
    help="What was accepted: a run directory, other results, or a verdict.json.",
)
@click.option(
    "--fail-on",
    "rules",
    multiple=True,
    type=click.Choice(["fail", "regression", "incomplete", "advisory"]),
    help="What closes the gate; may be repeated.  [default: fail and regression]",
)
@click.option(
    "--known",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Known failures: a file in the form of an overlay, each with approver, reason and day of "
    "expiry. They change no verdict.",
)
@click.option(
    "--accept-incomplete",
    is_flag=True,
    help="Accept tests that were skipped, passed with a failed clean-up, or that the run left "
    "out and says why. Never accepts failures, other tests that did not run, or damaged results.",
)
@guideline_option("Guideline.")
@target_option("Its target.")
@formats_option("json or markdown")
@terms_options
@redact_option
@length_options
def command(
    results: str,
    baseline: str | None,
    rules: tuple[str, ...],
    known: Path | None,
    accept_incomplete: bool,
    guideline_name: str,
    target_name: str,
    formats: tuple[str, ...],
    kinds: tuple[str, ...],
    **options: Any,
) -> int:
    """Say whether RESULTS, a run directory or others, may pass a gate.

    \b
    --fail-on   closes the gate for
    fail        a counted test that fails and did not in the baseline
    regression  a counted test that passed in the baseline and now fails or is skipped
    incomplete  as fail, and a counted test that lost its pass or is new and has none
    advisory    the same for tests of advisory capabilities

    Any other test without a pass leaves the gate unclear, unless it counted in the
    baseline and had no pass there either, or --known or --accept-incomplete accepts
    it. Without --baseline and --known, the gate is open only if every test meets the
    rule of the guideline. Damaged results, and results in which no test passed, leave
    it unclear. Exit codes: 0 open, 1 closed, 3 unclear.

    \b
    Examples:
      defcheck gate runs/today --baseline runs/accepted
      defcheck gate runs/first --accept-incomplete          # no baseline yet
      defcheck gate runs/today --baseline accepted.json --known known.yaml \\
          --fail-on incomplete -f text -f markdown:summary.md
      defcheck report runs/accepted -f json:accepted.json   # makes a baseline file
    """
    from datetime import UTC, datetime

    from defcheck.cli.beside import gate
    from defcheck.guideline.overlay import NO_OVERLAY, load
    from defcheck.report.formats import GATE
    from defcheck.scoring.gate import Rule

    outputs = parse_outputs(formats, GATE)
    if baseline == "":  # as of a variable that a pipeline forgot to set
        raise InputError(
            "--baseline is empty.",
            "Name the accepted run, or leave --baseline out to gate without one.",
        )
    document = gate(
        results,
        baseline or "",
        [Rule(rule) for rule in rules] or [Rule.FAIL, Rule.REGRESSION],
        load(known, may_be_empty=True) if known else NO_OVERLAY,
        datetime.now(UTC).date().isoformat(),
        guideline_name,
        target_name,
        read(**options),
        accept_incomplete=accept_incomplete,
    )
    emit(outputs, document, kinds=kinds)
    return int(EXIT_CODES[document["gate"]])
