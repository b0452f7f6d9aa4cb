"""`defcheck tempest recommend`: the Tempest that has most tests of a guideline."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from defcheck.cli.outputs import form_option
from defcheck.cli.selection import guideline_option, target_option

if TYPE_CHECKING:
    from defcheck.tempest.managed.recommend import Candidate, Origin


@click.command("recommend", short_help="Say which Tempest has most tests of a guideline.")
@guideline_option("Guideline.", name="guideline", required=True)
@target_option("The target.  [default: all of them]", name="target")
@form_option()
def command(guideline: str, target: str, form: str) -> None:
    """Say which Tempest has most of the tests that a guideline's verdict depends on.

    Looked at are the default, those that you installed, and every version that
    can be installed, whose tests defcheck knows without installing them. What
    each lacks is named. Old ones, written for older Pythons, are shown but not
    recommended: tests fail in them that do not fail in the cloud.

    \b
    Example:
      defcheck tempest recommend --guideline 2015.07 --target platform
    """
    from defcheck.errors import InputError
    from defcheck.guideline import catalog
    from defcheck.guideline.select import find_target
    from defcheck.report import tempests as report
    from defcheck.report.clean import clean
    from defcheck.tempest.managed.recommend import recommend

    loaded = catalog.load(guideline)
    chosen = find_target(loaded, target) if target else None
    found = recommend(loaded, chosen, list(_candidates()))
    if not found.counted:
        raise InputError(
            f"Guideline {loaded.id} demands no test that counts.",
            "Choose another guideline or target.",
        )
    if form == "json":
        click.echo(json.dumps(report.document(found), indent=2))
        return
    for line in report.text(found):
        click.echo(clean(line))


def _candidates() -> "Iterator[Candidate]":
    from defcheck.errors import DefcheckError
    from defcheck.runner.listing import list_tests
    from defcheck.tempest import installed
    from defcheck.tempest.inventory import read_inventory
    from defcheck.tempest.managed import environment, known
    from defcheck.tempest.managed.recommend import Origin

    table = known.table()
    for version in table.versions:
        yield _candidate(version, version, Origin.KNOWN, table.inventory(version))
    try:
        tempest = installed.find()
        tests = list_tests(tempest)
        yield _candidate(tempest.name, tempest.version, Origin.DEFAULT, tests)
    except DefcheckError as error:
        click.echo(f"Warning: the default is left out: {error.message}", err=True)
    for one, stamp in environment.present():
        if stamp is None:
            continue
        try:
            tests = read_inventory(one.inventory)
        except DefcheckError as error:
            click.echo(f"Warning: {one.name} is left out: {error.message}", err=True)
        else:
            yield _candidate(one.name, stamp.version, Origin.INSTALLED, tests)


def _candidate(name: str, version: str, origin: "Origin", tests: tuple[str, ...]) -> "Candidate":
    from defcheck.tempest.managed import known
    from defcheck.tempest.managed.recommend import Candidate

    return Candidate(name, version, origin, tests, known.is_sound(version))
