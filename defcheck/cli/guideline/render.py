"""`defcheck guideline render`: a guideline as a readable document."""

from pathlib import Path

import click

from defcheck.cli import complete
from defcheck.cli.outputs import form_option
from defcheck.cli.selection import target_option
from defcheck.cli.verbosity import note, quiet_option


@click.command("render", short_help="Write a guideline as a readable document.")
@click.argument("guideline_id", metavar="ID", shell_complete=complete.guidelines)
@target_option("Write this target only.")
@form_option(["html", "markdown", "rst"], default="html", shows="What to write.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="A new file to write to.  [default: standard output]",
)
@quiet_option
def command(guideline_id: str, target_name: str, form: str, output: Path | None) -> None:
    """Write a guideline as a readable document.

    It has the targets, each component's capabilities by status, their tests
    with ids, aliases and flags, the designated sections, the scoring criteria
    and where all of it comes from. The HTML page needs nothing beside itself.

    \b
    Example:
      defcheck guideline render 2020.06 --format html -o guideline.html
    """
    from defcheck.errors import InputError
    from defcheck.files import exists, write_new
    from defcheck.guideline import catalog
    from defcheck.guideline.select import find_target
    from defcheck.report.guideline.document import build
    from defcheck.report.guideline.render import render

    if output is not None and exists(output):
        raise InputError(f"{output} exists already.", "Name another file, or move that one away.")
    guideline = catalog.load(guideline_id)
    targets = (find_target(guideline, target_name),) if target_name else guideline.targets
    document = build(guideline, targets, catalog.origin(guideline))
    text = render(form, document)
    if output is None:
        # As bytes: the page says of itself that it is UTF-8, whatever the terminal is.
        click.echo(text.encode(), nl=False)
    else:
        write_new(output, text)
        note(f"Wrote {output}")
