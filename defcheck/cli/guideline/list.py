"""`defcheck guideline list`: the guidelines at hand."""

import json

import click


@click.command("list", short_help="List the bundled guidelines.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def command(form: str) -> None:
    """List the bundled guidelines.

    \b
    Example:
      defcheck guideline list
    """
    from dataclasses import asdict

    from defcheck.guideline import catalog

    entries = catalog.entries()
    if form == "json":
        click.echo(json.dumps([asdict(entry) for entry in entries], indent=2))
        return
    width = max(len(entry.id) for entry in entries)
    click.echo(f"{'ID':{width}}  {'KIND':9}  {'STATUS':10}  TARGETS")
    for entry in entries:
        click.echo(
            f"{entry.id:{width}}  {entry.kind:9}  {entry.status:10}  {', '.join(entry.targets)}"
        )
