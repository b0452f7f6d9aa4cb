"""`defcheck guideline`: list and show guidelines and the tests they demand."""

import json

import click


@click.group(name="guideline", short_help="List and show guidelines and the tests they demand.")
def command() -> None:
    """List and show guidelines and the tests they demand.

    ID is the id of a bundled guideline, as `list` prints it, or the path of a
    guideline file.
    """


@command.command("list")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def list_command(form: str) -> None:
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


@command.command("show")
@click.argument("guideline_id", metavar="ID")
@click.option("--target", "-t", "target_name", help="Show this target only.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def show_command(guideline_id: str, target_name: str | None, form: str) -> None:
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


@command.command("tests")
@click.argument("guideline_id", metavar="ID")
@click.option(
    "--target", "-t", "target_name", default="", help="The target; needed where there are several."
)
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
@click.option(
    "--format",
    "form",
    type=click.Choice(["refstack", "names", "load-list", "json"]),
    default="names",
    show_default=True,
    help="refstack: as RefStack's server gave it out; load-list: the names of the installed "
    "Tempest without a configuration, for `stestr run --load-list`.",
)
def tests_command(
    guideline_id: str, target_name: str, types: str, alias: bool, flagged: bool, form: str
) -> None:
    """List the tests that a target demands.

    \b
    Example:
      defcheck guideline tests 2020.06 --target storage --no-flagged
    """
    from defcheck.errors import InputError
    from defcheck.guideline import catalog, testlist
    from defcheck.guideline.select import find_target, parse_statuses

    guideline = catalog.load(guideline_id)
    target = find_target(guideline, target_name)
    statuses = parse_statuses(types.split(","))
    if form == "refstack":
        text = testlist.refstack_text(guideline, target, statuses, aliases=alias, flagged=flagged)
        click.echo(text, nl=False)
    elif form == "names":
        for name in testlist.names(guideline, target, statuses, aliases=alias, flagged=flagged):
            click.echo(name)
    elif form == "json":
        rows = testlist.rows(guideline, target, statuses, aliases=alias, flagged=flagged)
        click.echo(json.dumps(rows, indent=2))
    else:
        if not alias:
            raise InputError(
                "A load list has the names of the installed Tempest, whatever the guideline calls "
                "a test.",
                "Leave --no-alias out, or choose another format.",
            )
        from defcheck.tempest import installed
        from defcheck.tempest.plan import make_plan
        from defcheck.tempest.workspace import open_workspace

        with open_workspace(installed.find()) as workspace:
            inventory = workspace.list_tests()
        plan = make_plan(guideline, target, statuses, inventory, flagged=flagged)
        for name in plan.tests:
            click.echo(name)
        for name in plan.absent:
            click.echo(f"Not in this Tempest: {name}", err=True)
