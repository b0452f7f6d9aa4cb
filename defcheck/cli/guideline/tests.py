"""`defcheck guideline tests`: the tests that a target demands, as a list."""

import json

import click

from defcheck.cli import complete
from defcheck.cli.outputs import form_option
from defcheck.cli.selection import target_option


@click.command("tests", short_help="List the tests that a target demands.")
@click.argument("guideline_id", metavar="ID", shell_complete=complete.guidelines)
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
@form_option(
    ["refstack", "names", "load-list", "json"],
    default="names",
    shows="refstack: as RefStack's server gave it out; load-list: the names of the "
    "Tempest in use without a configuration, for `stestr run --load-list`.",
)
def command(
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
                "A load list has the names of the Tempest in use, whatever the guideline calls "
                "a test.",
                "Leave --no-alias out, or choose another format.",
            )
        from defcheck.tempest.managed import choice
        from defcheck.tempest.plan import make_plan
        from defcheck.tempest.workspace import open_workspace

        tempest = choice.find()
        with choice.held(tempest), open_workspace(tempest) as workspace:
            inventory = workspace.list_tests()
        plan = make_plan(guideline, target, statuses, inventory, flagged=flagged, tempest=tempest)
        for name in plan.tests:
            click.echo(name)
        for name in plan.absent:
            click.echo(f"Not in this Tempest: {name}", err=True)
