"""`defcheck report`: write reports of a run that exists already."""

import json
from pathlib import Path
from typing import Any

import click

from defcheck.cli import complete
from defcheck.cli.outputs import emit, formats_option, parse_outputs
from defcheck.cli.redaction import redact_option
from defcheck.cli.terms import read, terms_options
from defcheck.cli.verbosity import length_options
from defcheck.errors import ExitCode, InputError


@click.command(name="report", short_help="Write reports of a run, in any format.")
@click.argument("run", type=click.Path(path_type=Path), shell_complete=complete.runs)
@formats_option()
@terms_options
@redact_option
@length_options
def command(run: Path, formats: tuple[str, ...], kinds: tuple[str, ...], **options: Any) -> int:
    """Write reports of RUN, a run directory, from its raw results.

    The results are scored anew, so that a report never repeats a verdict that
    somebody edited; give the options that the run was scored with. The exit
    code says whether the reports were written; `defcheck score` gives that of
    the verdict.

    \b
    Examples:
      defcheck report defcheck-runs/my-run -f markdown >> "$GITHUB_STEP_SUMMARY"
      defcheck report defcheck-runs/my-run -f junit:junit.xml -f csv:tests.csv
    """
    from defcheck.cli.documents import score_given
    from defcheck.cli.passes import wanted_payload
    from defcheck.runner.directory import is_run_directory

    outputs = parse_outputs(formats)
    if not is_run_directory(str(run)):
        raise InputError(
            f"{run} is no run directory: it has no run.json.",
            "Score other results with `defcheck score`.",
        )
    document, given = score_given(str(run), terms=read(**options))
    _hold_to(run / "verdict.json", document)
    emit(outputs, document, wanted_payload(outputs, given, document), kinds, str(run))
    return ExitCode.OK


def _hold_to(path: Path, document: dict[str, Any]) -> None:
    """Compare with the verdict that the run itself was given, where it is there."""
    try:
        own = json.loads(path.read_bytes())
        terms = (own["policy"]["changes"], (own["overlay"] or {}).get("sha256"))
        verdict = str(own["verdict"])
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        click.echo(f"Warning: {path} is no verdict of defcheck's.", err=True)
        return
    if terms != (document["policy"]["changes"], (document["overlay"] or {}).get("sha256")):
        changes = [*terms[0], *(["overlay"] if terms[1] else [])]
        raise InputError(
            f"The run was scored with other options: {', '.join(changes) or 'none'}.",
            "Give the same ones, or score it anew with `defcheck score`.",
        )
    if verdict != document["verdict"]:
        click.echo(
            f"Warning: {path} says {verdict}, the results say {document['verdict']}.", err=True
        )
