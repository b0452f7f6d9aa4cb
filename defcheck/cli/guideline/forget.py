"""`defcheck guideline forget`: delete a guideline from the user's own folder."""

import click

from defcheck.cli import complete


@click.command("forget", short_help="Delete a guideline that you imported.")
@click.argument("guideline_id", metavar="ID", shell_complete=complete.imported)
def command(guideline_id: str) -> None:
    """Delete a guideline that you imported, and the record of where it came from.

    \b
    Example:
      defcheck guideline forget own-2026
    """
    from defcheck.errors import InputError
    from defcheck.guideline import catalog, userfolder

    path = userfolder.find(guideline_id)
    if path is None:
        if catalog.bundled_entry(guideline_id) is not None:
            raise InputError(
                f"{guideline_id} is bundled with defcheck.", "Only imported ones can be forgotten."
            )
        yours = ", ".join(userfolder.paths())
        raise InputError(
            f"There is no guideline {guideline_id} of yours.",
            f"Yours are {yours}." if yours else f"You have none in {userfolder.folder()}.",
        )
    userfolder.remove(path)
    click.echo(f"Deleted {path}.")
