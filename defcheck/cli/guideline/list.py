"""`defcheck guideline list`: the guidelines at hand."""

import json

import click

from defcheck.cli.outputs import form_option


@click.command("list", short_help="List the guidelines at hand.")
@form_option()
def command(form: str) -> None:
    """List the guidelines at hand: the bundled ones, then those you imported.

    \b
    Example:
      defcheck guideline list
    """
    from dataclasses import asdict

    from defcheck.guideline import catalog
    from defcheck.report.clean import clean_line

    entries = list(catalog.bundled())
    for item in catalog.users():
        if isinstance(item, catalog.Entry):
            entries.append(item)
        else:
            click.echo(f"Warning: {clean_line(item.message)}", err=True)
    if form == "json":
        click.echo(json.dumps([asdict(entry) for entry in entries], indent=2))
        return
    width = max(len(entry.id) for entry in entries)
    click.echo(f"{'ID':{width}}  {'KIND':9}  {'STATUS':10}  {'OWNER':7}  TARGETS")
    for entry in entries:
        targets = clean_line(", ".join(entry.targets))
        status = clean_line(entry.status, 30)
        click.echo(f"{entry.id:{width}}  {entry.kind:9}  {status:10}  {entry.owner:7}  {targets}")
