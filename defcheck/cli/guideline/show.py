"""`defcheck guideline show`: what a guideline is and demands."""

import json

import click

from defcheck.cli import complete
from defcheck.cli.outputs import form_option
from defcheck.cli.selection import target_option


@click.command("show", short_help="Show a guideline, its targets, capabilities.")
@click.argument("guideline_id", metavar="ID", shell_complete=complete.guidelines)
@target_option("Show this target only.")
@form_option()
def command(guideline_id: str, target_name: str, form: str) -> None:
    """Show what a guideline is, its targets, and the capabilities of each.

    \b
    Example:
      defcheck guideline show 2020.06 --target storage
    """
    from defcheck.guideline import catalog, overview
    from defcheck.guideline.select import find_target

    guideline = catalog.load(guideline_id)
    targets = (find_target(guideline, target_name),) if target_name else guideline.targets
    found = overview.describe(guideline, targets, catalog.origin(guideline))
    if form == "json":
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        click.echo(overview.text(found), nl=False)
