"""`defcheck tempest list`: the Tempests at hand."""

import json
from typing import TYPE_CHECKING

import click

from defcheck.cli.outputs import form_option

if TYPE_CHECKING:
    from defcheck.report.tempests import Row
    from defcheck.tempest.installed import InstalledTempest


@click.command("list", short_help="List the Tempests at hand.")
@form_option()
def command(form: str) -> None:
    """List the Tempests at hand: the default, then those that you installed.

    \b
    Example:
      defcheck tempest list
    """
    from defcheck.report import tempests as report
    from defcheck.tempest.managed.choice import in_use
    from defcheck.tempest.managed.environment import folder, present

    used = in_use()
    rows = [_default(used)]
    for environment, stamp in present():
        rows.append(
            report.Row(
                name=environment.name,
                version=stamp.version if stamp else environment.name.partition("+")[0],
                complete=stamp is not None,
                in_use=environment.name == used,
                tests=stamp.tests if stamp else None,
                bytes=stamp.bytes if stamp else None,
                python=stamp.python if stamp else "",
                plugins=stamp.plugins if stamp else {},
            )
        )
    if form == "json":
        click.echo(json.dumps(report.list_document(rows, str(folder())), indent=2))
    else:
        for line in report.list_text(rows):
            click.echo(line)
    if used not in {row.name for row in rows if row.complete}:
        click.echo(
            f"Warning: {used}, which is in use, is not installed. "
            "`defcheck tempest use default` goes back to the default.",
            err=True,
        )


def _default(used: str) -> "Row":
    from defcheck.report.tempests import Row
    from defcheck.tempest import installed

    tempest = installed.find()
    plugins = installed.plugins(tempest)
    return Row(
        name=tempest.name,
        version=tempest.version,
        complete=True,
        in_use=used == tempest.name,
        tests=_count(tempest, plugins),
        bytes=None,
        python=tempest.python_version,
        plugins=plugins,
    )


def _count(tempest: "InstalledTempest", plugins: dict[str, str]) -> int | None:
    """Return how many tests the default has, None where it cannot list them."""
    from defcheck.errors import UnusableError
    from defcheck.runner.listing import list_tests
    from defcheck.tempest.managed import known

    if not plugins and tempest.version in known.table().versions:
        return len(known.table().inventory(tempest.version))
    try:
        return len(list_tests(tempest))
    except UnusableError as error:
        click.echo(f"Warning: the default: {error.message}", err=True)
        return None
