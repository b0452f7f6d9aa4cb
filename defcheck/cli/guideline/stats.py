"""`defcheck guideline stats`: capabilities, tests and flags over the editions."""

import json
import os
import sys

import click

from defcheck.cli.outputs import form_option
from defcheck.cli.selection import target_option


@click.command("stats", short_help="Count capabilities, tests and flags over the editions.")
@click.option(
    "--kind",
    default="guideline",
    show_default=True,
    metavar="KIND",
    help="guideline, dns, orchestration, nfv or scs.",
)
@target_option("platform (default of guideline), compute, storage (or object).")
@form_option(["text", "json", "csv", "svg"])
def command(kind: str, target_name: str, form: str) -> None:
    """Count capabilities, tests and flags over the editions of a guideline.

    Flags are meant to shrink; the last lines say whether they did. Drafts are
    left out wherever an edition was approved.

    \b
    Examples:
      defcheck guideline stats --target storage
      defcheck guideline stats --format svg > flags.svg
    """
    from defcheck.guideline.editions import lineage, stats
    from defcheck.guideline.select import find_target
    from defcheck.report.guideline import stats as report

    editions = lineage.editions(kind)
    name = find_target(editions[-1], target_name or stats.DEFAULT_TARGETS.get(kind, "")).name
    found = report.describe(kind, name, stats.tabulate(editions, name))
    if form == "json":
        click.echo(json.dumps(found, indent=2))
    elif form == "csv":
        click.echo(report.csv_text(found), nl=False)
    elif form == "svg":
        from defcheck.report.guideline import chart

        click.echo(chart.render(found).encode())
    else:
        click.echo(report.text(found, ascii_only=_is_plain(report.BLOCKS)), nl=False)


def _is_plain(blocks: str) -> bool:
    """Return whether bars have to be drawn in ASCII."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return True
    try:
        blocks.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False
