"""`defcheck explain`: what a capability or test demands, since when, and what came of it."""

from typing import Any

import click

from defcheck.cli import complete
from defcheck.cli.outputs import form_option
from defcheck.cli.selection import guideline_option, target_option
from defcheck.cli.terms import read, terms_options


@click.command(name="explain", short_help="Explain a capability or test, and its result in a run.")
@click.argument("name")
@guideline_option(
    "Guideline; by default that of the run, else the newest approved one that has NAME."
)
@target_option("Target to judge the run for; by default the run's, else the first that has NAME.")
@click.option(
    "--results",
    "-r",
    shell_complete=complete.results,
    default="",
    metavar="RESULTS",
    help="A run directory or any other results that `defcheck score` takes.",
)
@form_option()
@terms_options
def command(
    name: str, guideline_name: str, target_name: str, results: str, form: str, **options: Any
) -> None:
    """Explain NAME: a capability, a test by name, alias or idempotent id, or the end of a name.

    Shows what it demands, under which names and ids, who flagged it and why, in
    which guidelines it stands since when, and, with --results, what happened
    and how it was matched.

    \b
    Examples:
      defcheck explain compute-servers-create
      defcheck explain test_list_containers_with_marker -g 2020.06 -r defcheck-runs/my-run
    """
    from defcheck.cli.documents import explain
    from defcheck.cli.outputs import emit

    document = explain(name, guideline_name, target_name, results, read(**options))
    emit([(form, None)], document)
