"""`defcheck guideline diff`: what changed from one guideline to another."""

import json

import click

from defcheck.cli import complete
from defcheck.cli.outputs import form_option
from defcheck.cli.selection import target_option


@click.command("diff", short_help="Tell what changed from one guideline to another.")
@click.argument("before", metavar="OLD", shell_complete=complete.guidelines)
@click.argument("after", metavar="NEW", shell_complete=complete.guidelines)
@target_option(
    "Compare this target only; where the newer guideline has another one instead, both.",
    metavar="TARGET[:NEW]",
)
@form_option()
def command(before: str, after: str, target_name: str, form: str) -> None:
    """Tell what changed from the guideline OLD to NEW, and which tests count now.

    OLD and NEW are ids of bundled guidelines or paths of guideline files, of
    any schema versions. A test counts when it is required and not flagged.
    A difference is no error: the exit code is 0.

    \b
    Examples:
      defcheck guideline diff 2018.02 2020.06 --target platform
      defcheck guideline diff 2020.06 scs-0128 --target compute:scs-iaas
    """
    from defcheck.guideline import catalog
    from defcheck.guideline.editions.diff import compare
    from defcheck.report.guideline import diff, diff_text

    old, _, new = target_name.partition(":")
    found = diff.describe(compare(catalog.load(before), catalog.load(after), old, new))
    if form == "json":
        click.echo(json.dumps(found, indent=2))
    else:
        click.echo(diff_text.render(found), nl=False)
