"""Commands on results: `defcheck score`, `report`, `explain`, `compare` and `gate`."""

import json
from pathlib import Path
from typing import Any

import click

from defcheck.cli import completion
from defcheck.cli.options import (
    guideline_option,
    read_scoring_options,
    scoring_options,
    target_option,
)
from defcheck.cli.output import (
    build_wanted_payload,
    format_option,
    formats_option,
    parse_outputs,
    redact_option,
    write_outputs,
)
from defcheck.cli.terminal import detail_options
from defcheck.errors import VERDICT_CODES, ExitCode, InputError


@click.command(name="score", short_help="Score existing results against a guideline.")
@click.argument("results", shell_complete=completion.complete_results)
@guideline_option("Guideline; by default that of the run if RESULTS is a run directory.")
@target_option("platform, compute, storage (or object), dns, …; by default that of the run.")
@click.option(
    "--stestr-run",
    type=click.IntRange(min=0),
    metavar="N",
    help="Number of the run if RESULTS is a stestr repository.  [default: the latest]",
)
@formats_option()
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Score against every guideline and target, and show what this cloud lacks for the next "
    "guideline. There is no single verdict, so the exit code is 0.",
)
@scoring_options
@redact_option
@detail_options
def score_command(
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
    gzipped. The format is recognised by content, not by file name.

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
          date: 2026-11-25           # the first day in force
          expires: 2027-02-28        # the last day in force
          reason: The driver of this cloud loses key pairs.
          approver: Cloud operations
    """
    from defcheck.report.formats.registry import MATRIX_FORMATS
    from defcheck.workflows.verdicts import score_against_all_guidelines, score_and_load

    outputs = parse_outputs(formats, MATRIX_FORMATS if every else None)
    terms = read_scoring_options(**options)
    if every:
        if guideline_name:
            raise InputError(
                "--all scores against every guideline and cannot be combined with --guideline.",
                "Omit one of the two.",
            )
        write_outputs(
            outputs,
            score_against_all_guidelines(results, target_name, terms, stestr_run),
            kinds=kinds,
        )
        return ExitCode.OK
    document, given = score_and_load(results, guideline_name, target_name, terms, stestr_run)
    write_outputs(outputs, document, build_wanted_payload(outputs, given, document), kinds, results)
    return int(VERDICT_CODES[document["verdict"]])


@click.command(name="report", short_help="Write reports of a run, in any format.")
@click.argument("run", type=click.Path(path_type=Path), shell_complete=completion.complete_runs)
@formats_option()
@scoring_options
@redact_option
@detail_options
def report_command(
    run: Path, formats: tuple[str, ...], kinds: tuple[str, ...], **options: Any
) -> int:
    """Write reports of RUN, a run directory, from its raw results.

    The results are scored again, so an edited verdict is never repeated. Give the
    options that the run was scored with. The exit code only says whether the
    reports were written; the exit code of `defcheck score` is the verdict.

    \b
    Examples:
      defcheck report defcheck-runs/my-run -f markdown >> "$GITHUB_STEP_SUMMARY"
      defcheck report defcheck-runs/my-run -f junit:junit.xml -f csv:tests.csv
    """
    from defcheck.runner.run_directory import is_run_directory
    from defcheck.workflows.verdicts import score_and_load

    outputs = parse_outputs(formats)
    if not is_run_directory(str(run)):
        raise InputError(
            f"{run} is not a run directory: it has no run.json.",
            "Score other results with `defcheck score`.",
        )
    document, given = score_and_load(str(run), scoring_options=read_scoring_options(**options))
    _compare_with_stored_verdict(run / "verdict.json", document)
    write_outputs(
        outputs, document, build_wanted_payload(outputs, given, document), kinds, str(run)
    )
    return ExitCode.OK


def _compare_with_stored_verdict(path: Path, document: dict[str, Any]) -> None:
    """Compare with the verdict.json of the run, if it exists."""
    try:
        own = json.loads(path.read_bytes())
        terms = (own["policy"]["changes"], (own["overlay"] or {}).get("sha256"))
        verdict = str(own["verdict"])
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        click.echo(f"Warning: {path} is not a verdict of defcheck.", err=True)
        return
    if terms != (document["policy"]["changes"], (document["overlay"] or {}).get("sha256")):
        changes = [*terms[0], *(["overlay"] if terms[1] else [])]
        raise InputError(
            f"The run was scored with other options: {', '.join(changes) or 'none'}.",
            "Give the same options, or score it again with `defcheck score`.",
        )
    if verdict != document["verdict"]:
        click.echo(
            f"Warning: {path} says {verdict}, the results say {document['verdict']}.", err=True
        )


@click.command(name="explain", short_help="Explain a capability or test, and its result in a run.")
@click.argument("name")
@guideline_option(
    "Guideline; by default that of the run, else the newest approved one that contains NAME."
)
@target_option(
    "Target to score the run for; by default that of the run, else the first that contains NAME."
)
@click.option(
    "--results",
    "-r",
    shell_complete=completion.complete_results,
    default="",
    metavar="RESULTS",
    help="A run directory, or other results that `defcheck score` reads.",
)
@format_option()
@scoring_options
def explain_command(
    name: str, guideline_name: str, target_name: str, results: str, form: str, **options: Any
) -> None:
    """Explain NAME: a capability, or a test by name, alias, idempotent id or end of its name.

    Shows what it requires, its names and ids, who flagged it and why, which
    guidelines contain it and since when. With --results it also shows its result
    and how it was matched.

    \b
    Examples:
      defcheck explain compute-servers-create
      defcheck explain test_list_containers_with_marker -g 2020.06 -r defcheck-runs/my-run
    """
    from defcheck.cli.output import write_outputs
    from defcheck.workflows.verdicts import explain_subject

    document = explain_subject(
        name, guideline_name, target_name, results, read_scoring_options(**options)
    )
    write_outputs([(form, None)], document)


@click.command(name="compare", short_help="Compare runs, clouds or days side by side.")
@click.argument("results", nargs=-1, required=True, shell_complete=completion.complete_results)
@guideline_option(
    "Guideline; by default that of the runs if all are run directories of the same one."
)
@target_option("Its target.")
@click.option(
    "--label",
    "-l",
    "labels",
    multiple=True,
    metavar="TEXT",
    help="A label for each of the results, in order.  [default: cloud and date, or the file]",
)
@formats_option("json, html, markdown or csv")
@scoring_options
@redact_option
@detail_options
def compare_command(
    results: tuple[str, ...],
    guideline_name: str,
    target_name: str,
    labels: tuple[str, ...],
    formats: tuple[str, ...],
    kinds: tuple[str, ...],
    **options: Any,
) -> int:
    """Show several RESULTS side by side, scored against the same target of one guideline.

    RESULTS can be anything that `defcheck score` reads. For two results it also
    shows regressions, fixed, flaky and slower tests from the first to the second.
    The exit code is 0 if the comparison was made; the exit code of `defcheck
    score` is the verdict.

    \b
    Examples:
      defcheck compare runs/monday runs/tuesday
      defcheck compare east west -l East -l West -f text -f html:clouds.html
      defcheck compare a.subunit b.xml -g 2020.06 -t platform -f csv:apart.csv
    """
    from defcheck.report.formats.registry import COMPARISON_FORMATS
    from defcheck.workflows.comparison import compare_results

    outputs = parse_outputs(formats, COMPARISON_FORMATS)
    terms = read_scoring_options(**options)
    write_outputs(
        outputs, compare_results(results, guideline_name, target_name, labels, terms), kinds=kinds
    )
    return ExitCode.OK


GATE_EXIT_CODES = {
    "open": ExitCode.OK,
    "closed": ExitCode.FAIL,
    "unclear": ExitCode.INCOMPLETE,
}


@click.command(name="gate", short_help="Stop a pipeline on regressions against a baseline.")
@click.argument("results", shell_complete=completion.complete_results)
@click.option(
    "--baseline",
    metavar="RESULTS|VERDICT",
    help="The accepted run: a run directory, other results, or a verdict.json.",
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
    help="Known failures: an overlay file; each entry has an approver, a reason and an expiry "
    "date. They never change the verdict.",
)
@click.option(
    "--accept-incomplete",
    is_flag=True,
    help="Accept tests that were skipped, that passed with a failed clean-up, or that the run "
    "excluded with a reason. Never accepts failures, other tests that did not run, or damaged "
    "results.",
)
@guideline_option("Guideline.")
@target_option("Its target.")
@formats_option("json or markdown")
@scoring_options
@redact_option
@detail_options
def gate_command(
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
    """Compare RESULTS with an accepted baseline; open or close the gate of a pipeline.

    \b
    --fail-on   closes the gate for
    fail        a counted test that fails and did not in the baseline
    regression  a counted test that passed in the baseline and now fails or is skipped
    incomplete  all of fail, and a counted test that no longer passes, or is new and has no pass
    advisory    the chosen rules also for tests of advisory capabilities

    Every other test without a pass makes the gate unclear, except tests that had no
    pass in the baseline either, and tests that --known or --accept-incomplete accepts.
    Without --baseline and --known, the gate is open only if every test meets the
    guideline's rule. Damaged results, and results without any passed
    test, make it unclear. Exit codes: 0 open, 1 closed, 3 unclear.

    \b
    Examples:
      defcheck gate runs/today --baseline runs/accepted
      defcheck gate runs/first --accept-incomplete          # no baseline yet
      defcheck gate runs/today --baseline accepted.json --known known.yaml \\
          --fail-on incomplete -f text -f markdown:summary.md
      defcheck report runs/accepted -f json:accepted.json   # creates a baseline file
    """
    from datetime import UTC, datetime

    from defcheck.guideline.overlay import NO_OVERLAY, load_overlay
    from defcheck.report.formats.registry import GATE_FORMATS
    from defcheck.scoring.gate import GateRule
    from defcheck.workflows.comparison import gate_results

    outputs = parse_outputs(formats, GATE_FORMATS)
    if baseline == "":  # probably an unset variable of a pipeline
        raise InputError(
            "--baseline is empty.",
            "Give the accepted run, or omit --baseline to gate without one.",
        )
    document = gate_results(
        results,
        baseline or "",
        [GateRule(rule) for rule in rules] or [GateRule.FAIL, GateRule.REGRESSION],
        load_overlay(known, may_be_empty=True) if known else NO_OVERLAY,
        datetime.now(UTC).date().isoformat(),
        guideline_name,
        target_name,
        read_scoring_options(**options),
        accept_incomplete=accept_incomplete,
    )
    write_outputs(outputs, document, kinds=kinds)
    return int(GATE_EXIT_CODES[document["gate"]])
