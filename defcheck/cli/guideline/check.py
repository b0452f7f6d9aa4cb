"""`defcheck guideline check`: what is wrong with a guideline, or missing in a Tempest."""

import json
from collections.abc import Iterable
from pathlib import Path

import click

from defcheck.cli import complete
from defcheck.cli.outputs import form_option
from defcheck.cli.selection import target_option


@click.command("check", short_help="Check guideline files, or hold them to a Tempest.")
@click.argument(
    "names", metavar="FILE…", nargs=-1, required=True, shell_complete=complete.guidelines
)
@click.option("--strict", is_flag=True, help="Let warnings count like errors.")
@click.option(
    "--tempest",
    "with_tempest",
    is_flag=True,
    help="Say which tests the Tempest in use has, under which names, instead.",
)
@click.option(
    "--tempest-version",
    metavar="NAME",
    default="",
    help="Take this one of `defcheck tempest list`; implies --tempest.",
)
@click.option(
    "--inventory",
    type=click.Path(path_type=Path),
    help="Take the tests of a Tempest from this file, one full name a line; implies --tempest.",
)
@target_option("With --tempest: the tests of this target only.")
@form_option()
def command(
    names: tuple[str, ...],
    strict: bool,
    with_tempest: bool,
    tempest_version: str,
    inventory: Path | None,
    target_name: str,
    form: str,
) -> int:
    """Check guideline files, each named by its path or by the id of a guideline at hand.

    Every finding is shown: errors, where a file cannot be loaded or demands what
    cannot be met; warnings, where it breaks a rule for guidelines; notes. The
    exit code is 1 where there is an error, 2 where a file cannot be read.

    With --tempest, say of every test that is not in the Tempest under its own
    name whether it was renamed, moved, or is gone. The exit code is then 1 where
    a required test that is not flagged is gone or cannot be told.

    \b
    Examples:
      defcheck guideline check 2020.06 my-guideline.json
      defcheck guideline check 2017.01 --tempest --target platform
    """
    from defcheck.errors import InputError

    if inventory and tempest_version:
        raise InputError("--inventory and --tempest-version exclude each other.", "Give one.")
    if with_tempest or tempest_version or inventory:
        tests, tempest = _tests(inventory, tempest_version)
        return _check_tempest(names, tests, tempest, target_name, form, strict=strict)
    if target_name:
        raise InputError("--target needs --tempest.", "Without it, the whole file is checked.")
    return _check_files(names, form, strict=strict)


def _check_files(names: tuple[str, ...], form: str, *, strict: bool) -> int:
    from defcheck.errors import ExitCode, InputError
    from defcheck.guideline import catalog
    from defcheck.guideline.check.examine import check
    from defcheck.report.guideline import check as report

    checked = []
    unreadable = []
    for name in names:
        try:
            data, where, file_id = catalog.read(name)
        except InputError as error:
            unreadable.append((name, error.message))
            click.echo(f"Error: {error.message}", err=True)
            click.echo(error.advice, err=True)
        else:
            findings = check(data, where, file_id, catalog.known)
            checked.append(report.Checked(name, data, findings))
    if form == "json":
        found = report.document(checked, unreadable, strict=strict)
        click.echo(json.dumps(found, indent=2))
    else:
        _echo_lines(report.text(checked))
    if unreadable:
        return int(ExitCode.USAGE)
    return int(ExitCode.FAIL if any(one.bad(strict=strict) for one in checked) else ExitCode.OK)


def _tests(inventory: Path | None, name: str) -> tuple[tuple[str, ...], str]:
    """Return the tests of a Tempest, and what to call it."""
    from defcheck.tempest.inventory import read_inventory
    from defcheck.tempest.managed import choice
    from defcheck.tempest.workspace import open_workspace

    if inventory:
        return read_inventory(inventory), str(inventory)
    tempest = choice.find(name)
    with choice.held(tempest), open_workspace(tempest) as workspace:
        return workspace.list_tests(), tempest.title


def _check_tempest(
    names: tuple[str, ...],
    tests: tuple[str, ...],
    tempest: str,
    target_name: str,
    form: str,
    *,
    strict: bool,
) -> int:
    from defcheck.errors import ExitCode
    from defcheck.guideline import catalog
    from defcheck.guideline.select import find_target
    from defcheck.tempest import presence

    guidelines = [catalog.load(name) for name in names]
    targets = [find_target(one, target_name) if target_name else None for one in guidelines]
    reports = [
        presence.find_tests(guideline, target, tests, tempest)
        for guideline, target in zip(guidelines, targets, strict=True)
    ]
    if form == "json":
        click.echo(json.dumps(presence.document(reports), indent=2))
    else:
        _echo_lines(line for report in reports for line in presence.text(report))
    return int(ExitCode.OK if all(one.good(strict=strict) for one in reports) else ExitCode.FAIL)


def _echo_lines(lines: Iterable[str]) -> None:
    """Print lines that hold words from files, made safe for a terminal."""
    from defcheck.report.clean import clean

    for line in lines:
        click.echo(clean(line.replace("\n", " ")))
