"""The `defcheck guideline` commands that list, show, import and delete guidelines."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from defcheck.cli import completion
from defcheck.cli.options import LazyCommands, LazyGroup, target_option
from defcheck.cli.output import format_option
from defcheck.cli.terminal import print_note, quiet_option

COMMANDS: LazyCommands = {
    "diff": (
        "defcheck.cli.guideline_analysis:diff_guidelines_command",
        "Tell what changed from one guideline to another.",
    ),
    "lifecycle": (
        "defcheck.cli.guideline_analysis:lifecycle_command",
        "Tell what a product could be licensed against on a day.",
    ),
    "render": (
        "defcheck.cli.guideline:render_guideline_command",
        "Write a guideline as a readable document.",
    ),
    "check": (
        "defcheck.cli.guideline_analysis:check_guideline_command",
        "Check guideline files, or hold them to a Tempest.",
    ),
    "forget": (
        "defcheck.cli.guideline:forget_guideline_command",
        "Delete a guideline that you imported.",
    ),
    "import": (
        "defcheck.cli.guideline:import_guideline_command",
        "Take a guideline into your own folder.",
    ),
    "list": ("defcheck.cli.guideline:list_guidelines_command", "List the guidelines at hand."),
    "show": (
        "defcheck.cli.guideline:show_guideline_command",
        "Show a guideline, its targets, capabilities.",
    ),
    "stats": (
        "defcheck.cli.guideline_analysis:stats_command",
        "Count capabilities, tests and flags over the editions.",
    ),
    "tests": ("defcheck.cli.guideline:list_tests_command", "List the tests that a target demands."),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    name="guideline",
    short_help="List and show guidelines and the tests they demand.",
)
def guideline_group() -> None:
    """List and show guidelines and the tests they demand.

    ID is the id of a guideline, bundled or imported, as `list` prints it, or the
    path of a guideline file.

    \b
    Examples:
      defcheck guideline list
      defcheck guideline show 2020.06 --target storage
    """


@click.command("list", short_help="List the guidelines at hand.")
@format_option()
def list_guidelines_command(form: str) -> None:
    """List the guidelines at hand: the bundled ones, then those you imported.

    \b
    Example:
      defcheck guideline list
    """
    from dataclasses import asdict

    from defcheck.guideline import catalog
    from defcheck.util.text import clean_line

    entries = list(catalog.list_bundled())
    for item in catalog.list_user_entries():
        if isinstance(item, catalog.CatalogEntry):
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


@click.command("show", short_help="Show a guideline, its targets, capabilities.")
@click.argument("guideline_id", metavar="ID", shell_complete=completion.complete_guidelines)
@target_option("Show this target only.")
@format_option()
def show_guideline_command(guideline_id: str, target_name: str, form: str) -> None:
    """Show what a guideline is, its targets, and the capabilities of each.

    \b
    Example:
      defcheck guideline show 2020.06 --target storage
    """
    from defcheck.guideline import catalog
    from defcheck.guideline.selection import find_target
    from defcheck.report.models import guideline_overview

    guideline = catalog.load_guideline(guideline_id)
    targets = (find_target(guideline, target_name),) if target_name else guideline.targets
    found = guideline_overview.describe_guideline(
        guideline, targets, catalog.find_origin(guideline)
    )
    if form == "json":
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        click.echo(guideline_overview.render_overview(found), nl=False)


@click.command("tests", short_help="List the tests that a target demands.")
@click.argument("guideline_id", metavar="ID", shell_complete=completion.complete_guidelines)
@target_option("The target; needed where there are several.")
@click.option(
    "--type",
    "types",
    default="required",
    show_default=True,
    metavar="STATUS,…",
    help="Statuses of the capabilities: required, advisory, deprecated, removed.",
)
@click.option("--alias/--no-alias", default=True, show_default=True, help="Aliases too.")
@click.option("--flagged/--no-flagged", default=True, show_default=True, help="Flagged tests too.")
@format_option(
    ["refstack", "names", "load-list", "json"],
    default="names",
    help_text="refstack: as RefStack's server gave it out; load-list: the names of the "
    "Tempest in use without a configuration, for `stestr run --load-list`.",
)
def list_tests_command(
    guideline_id: str, target_name: str, types: str, alias: bool, flagged: bool, form: str
) -> None:
    """List the tests that a target demands.

    \b
    Example:
      defcheck guideline tests 2020.06 --target storage --no-flagged
    """
    from defcheck.errors import InputError
    from defcheck.guideline import catalog, selection
    from defcheck.guideline.selection import find_target, parse_statuses

    guideline = catalog.load_guideline(guideline_id)
    target = find_target(guideline, target_name)
    statuses = parse_statuses(types.split(","))
    if form == "refstack":
        text = selection.format_refstack_list(
            guideline, target, statuses, aliases=alias, flagged=flagged
        )
        click.echo(text, nl=False)
    elif form == "names":
        for name in selection.list_test_names(
            guideline, target, statuses, aliases=alias, flagged=flagged
        ):
            click.echo(name)
    elif form == "json":
        rows = selection.list_test_rows(guideline, target, statuses, aliases=alias, flagged=flagged)
        click.echo(json.dumps(rows, indent=2))
    else:
        if not alias:
            raise InputError(
                "A load list has the names of the Tempest in use, whatever the guideline calls "
                "a test.",
                "Leave --no-alias out, or choose another format.",
            )
        from defcheck.runner.engine.client import list_tests
        from defcheck.tempest.inventory import make_plan
        from defcheck.tempest.managed import environments

        tempest = environments.find_tempest()
        with environments.hold_tempest(tempest):
            inventory = list_tests(tempest)
        plan = make_plan(guideline, target, statuses, inventory, flagged=flagged, tempest=tempest)
        for name in plan.tests:
            click.echo(name)
        for name in plan.absent:
            click.echo(f"Not in this Tempest: {name}", err=True)


@click.command("render", short_help="Write a guideline as a readable document.")
@click.argument("guideline_id", metavar="ID", shell_complete=completion.complete_guidelines)
@target_option("Write this target only.")
@format_option(["html", "markdown", "rst"], default="html", help_text="What to write.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="A new file to write to.  [default: standard output]",
)
@quiet_option
def render_guideline_command(
    guideline_id: str, target_name: str, form: str, output: Path | None
) -> None:
    """Write a guideline as a readable document.

    It has the targets, each component's capabilities by status, their tests
    with ids, aliases and flags, the designated sections, the scoring criteria
    and where all of it comes from. The HTML page needs nothing beside itself.

    \b
    Example:
      defcheck guideline render 2020.06 --format html -o guideline.html
    """
    from defcheck.errors import InputError
    from defcheck.guideline import catalog
    from defcheck.guideline.selection import find_target
    from defcheck.report.formats.guideline import render_guideline
    from defcheck.report.models.guideline import build_guideline_document
    from defcheck.util.files import path_exists, write_new

    if output is not None and path_exists(output):
        raise InputError(f"{output} exists already.", "Name another file, or move that one away.")
    guideline = catalog.load_guideline(guideline_id)
    targets = (find_target(guideline, target_name),) if target_name else guideline.targets
    document = build_guideline_document(guideline, targets, catalog.find_origin(guideline))
    text = render_guideline(form, document)
    if output is None:
        # As bytes: the page says of itself that it is UTF-8, whatever the terminal is.
        click.echo(text.encode(), nl=False)
    else:
        write_new(output, text)
        print_note(f"Wrote {output}")


@click.command("import", short_help="Take a guideline into your own folder.")
@click.argument("source", metavar="PATH|URL")
@click.option("--sha256", metavar="HEX", help="What the file must be; needed for plain http.")
@click.option("--as", "wanted_id", metavar="ID", help="The id it is to have.")
@click.option("--force", is_flag=True, help="Take it in spite of errors, if it loads at all.")
def import_guideline_command(
    source: str, sha256: str | None, wanted_id: str | None, force: bool
) -> None:
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

    from defcheck.errors import InputError
    from defcheck.guideline import importer
    from defcheck.guideline.catalog import ImportRecord
    from defcheck.guideline.lint import findings
    from defcheck.guideline.loader import MAX_BYTES, read_guideline_file
    from defcheck.util import http
    from defcheck.util.text import clean_text

    if sha256 is not None and not re.fullmatch(r"[0-9A-Fa-f]{64}", sha256):
        raise InputError("--sha256 is not 64 hexadecimal digits.", "Copy the whole sum.")
    if http.is_url(source):
        data = http.fetch_file(source, max_bytes=MAX_BYTES, plain_http=sha256 is not None)
    else:
        data = read_guideline_file(Path(source))
        source = str(Path(source).absolute())
    if sha256 is not None:
        importer.verify_sha256(data, sha256, source)
    imported = ImportRecord(
        source=source,
        sha256=hashlib.sha256(data).hexdigest(),
        time=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    try:
        taken = importer.import_guideline(data, imported, wanted_id or "", force=force)
    except importer.InvalidGuidelineError as error:
        for line in findings.render_findings(error.findings):
            click.echo(clean_text(line.replace("\n", " ")))
        raise
    click.echo(taken.message)
    if taken.findings:
        click.echo(
            f"Found in it: {findings.summarise_findings(taken.findings)}; "
            f"see `defcheck guideline check {taken.id}`."
        )


@click.command("forget", short_help="Delete a guideline that you imported.")
@click.argument(
    "guideline_id", metavar="ID", shell_complete=completion.complete_imported_guidelines
)
def forget_guideline_command(guideline_id: str) -> None:
    """Delete a guideline that you imported, and the record of where it came from.

    \b
    Example:
      defcheck guideline forget own-2026
    """
    from defcheck.errors import InputError
    from defcheck.guideline import catalog

    path = catalog.find_user_file(guideline_id)
    if path is None:
        if catalog.find_bundled_entry(guideline_id) is not None:
            raise InputError(
                f"{guideline_id} is bundled with defcheck.", "Only imported ones can be forgotten."
            )
        yours = ", ".join(catalog.list_user_files())
        raise InputError(
            f"There is no guideline {guideline_id} of yours.",
            f"Yours are {yours}." if yours else f"You have none in {catalog.locate_user_folder()}.",
        )
    catalog.remove_guideline(path)
    click.echo(f"Deleted {path}.")
