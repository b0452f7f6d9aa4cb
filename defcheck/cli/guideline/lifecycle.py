"""`defcheck guideline lifecycle`: what a product could be licensed against, and when."""

import json
from typing import TYPE_CHECKING

import click

from defcheck.cli.outputs import form_option

if TYPE_CHECKING:
    from datetime import date

    from defcheck.guideline.model import Guideline


@click.command("lifecycle", short_help="Tell what a product could be licensed against on a day.")
@click.option("--on", "on", metavar="YYYY-MM-DD", help="The day.  [default: today]")
@click.option(
    "--kind",
    multiple=True,
    metavar="KIND",
    help="guideline, dns or orchestration; may be repeated.  [default: all of them]",
)
@click.option(
    "--capabilities",
    is_flag=True,
    help="Also each capability's way from advisory to unavoidable (JSON always has it).",
)
@form_option()
def command(on: str | None, kind: tuple[str, ...], capabilities: bool, form: str) -> None:
    """Tell what a product could be licensed against on a day.

    Licences of the OpenStack Powered programme ran for twelve months against
    one of the two latest approved guidelines. The programme is over; this is
    for those who hold a licence, read old ones, or plan a programme like it.

    \b
    Example:
      defcheck guideline lifecycle --on 2020-08-01 --kind guideline --capabilities
    """
    from datetime import UTC, datetime

    from defcheck.guideline.editions import lifecycle, lineage
    from defcheck.guideline.editions.tail import histories
    from defcheck.report.guideline import lifecycle as report

    day = _read_day(on) if on else datetime.now(UTC).astimezone().date()
    chosen = _choose(kind or tuple(lineage.lineages()), named=bool(kind))
    traced = {name: lifecycle.trace(name, editions) for name, editions in chosen.items()}
    found = report.describe(
        [lifecycle.stand(one, day) for one in traced.values()],
        [histories(one, chosen[name]) for name, one in traced.items()],
    )
    if form == "json":
        click.echo(json.dumps(found, indent=2))
    else:
        click.echo(report.text(found, capabilities=capabilities), nl=False)


def _read_day(text: str) -> "date":
    """Return the day written as YYYY-MM-DD."""
    from datetime import date

    from defcheck.errors import InputError

    try:
        day = date.fromisoformat(text)
        if day.isoformat() != text:
            raise ValueError
        return day
    except ValueError:
        raise InputError(
            f"{text} is not a day.", "Write it as YYYY-MM-DD, for example --on 2020-08-01."
        ) from None


def _choose(names: tuple[str, ...], *, named: bool) -> dict[str, tuple["Guideline", ...]]:
    """Return the approved editions by kind; one that was asked for must have some."""
    from defcheck.errors import InputError
    from defcheck.guideline.editions import lineage

    found = {name: lineage.approved(lineage.editions(name)) for name in names}
    for name, editions in found.items():
        if named and not editions:
            raise InputError(
                f"No edition of {name} was ever approved.",
                "Licences ran against approved guidelines only.",
            )
    return {name: editions for name, editions in found.items() if editions}
