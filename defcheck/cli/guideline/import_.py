"""`defcheck guideline import`: take a guideline into the user's own folder."""

from datetime import UTC, datetime
from pathlib import Path

import click


@click.command("import", short_help="Take a guideline into your own folder.")
@click.argument("source", metavar="PATH|URL")
@click.option("--sha256", metavar="HEX", help="What the file must be; needed for plain http.")
@click.option("--as", "wanted_id", metavar="ID", help="The id it is to have.")
@click.option("--force", is_flag=True, help="Take it in spite of errors, if it loads at all.")
def command(source: str, sha256: str | None, wanted_id: str | None, force: bool) -> None:
    """Take a guideline into your own folder, so that every command knows it by its id.

    The file is checked first, and never replaces another. The folder is
    $DEFCHECK_GUIDELINES, else defcheck/guidelines in $XDG_DATA_HOME, else in
    ~/.local/share. Where the file came from is kept beside it.

    \b
    Examples:
      defcheck guideline import ~/Downloads/2022.11.json
      defcheck guideline import https://example.org/own.json --as own-2026
    """
    import hashlib
    import re

    from defcheck import download
    from defcheck.errors import InputError
    from defcheck.guideline import importing
    from defcheck.guideline.check import finding
    from defcheck.guideline.load import MAX_BYTES, read_file
    from defcheck.guideline.userfolder import Imported
    from defcheck.report.clean import clean

    if sha256 is not None and not re.fullmatch(r"[0-9A-Fa-f]{64}", sha256):
        raise InputError("--sha256 is not 64 hexadecimal digits.", "Copy the whole sum.")
    if download.is_url(source):
        data = download.fetch(source, max_bytes=MAX_BYTES, plain_http=sha256 is not None)
    else:
        data = read_file(Path(source))
        source = str(Path(source).absolute())
    if sha256 is not None:
        importing.refuse_other(data, sha256, source)
    imported = Imported(
        source=source,
        sha256=hashlib.sha256(data).hexdigest(),
        time=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    try:
        taken = importing.take(data, imported, wanted_id or "", force=force)
    except importing.UnsoundError as error:
        for line in finding.lines(error.findings):
            click.echo(clean(line.replace("\n", " ")))
        raise
    click.echo(taken.done)
    if taken.findings:
        click.echo(
            f"Found in it: {finding.summary(taken.findings)}; "
            f"see `defcheck guideline check {taken.id}`."
        )
