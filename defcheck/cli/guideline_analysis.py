"""The `defcheck guideline` commands that check and compare guidelines."""

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from defcheck.cli import completion
from defcheck.cli.options import target_option
from defcheck.cli.output import format_option

if TYPE_CHECKING:
    from datetime import date

    from defcheck.guideline.models import Guideline


@click.command("check", short_help="Check guideline files, or hold them to a Tempest.")
@click.argument(
    "names", metavar="FILE…", nargs=-1, required=True, shell_complete=completion.complete_guidelines
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
@format_option()
def check_guideline_command(
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
        tests, tempest = _list_tempest_tests(inventory, tempest_version)
        return _check_against_tempest(names, tests, tempest, target_name, form, strict=strict)
    if target_name:
        raise InputError("--target needs --tempest.", "Without it, the whole file is checked.")
    return _check_files(names, form, strict=strict)


def _check_files(names: tuple[str, ...], form: str, *, strict: bool) -> int:
    from defcheck.errors import ExitCode, InputError
    from defcheck.guideline import catalog
    from defcheck.guideline.lint.linter import lint_guideline
    from defcheck.report.models import guideline as report

    checked = []
    unreadable = []
    for name in names:
        try:
            data, where, file_id = catalog.read_guideline_bytes(name)
        except InputError as error:
            unreadable.append((name, error.message))
            click.echo(f"Error: {error.message}", err=True)
            click.echo(error.advice, err=True)
        else:
            findings = lint_guideline(data, where, file_id, catalog.find_guideline)
            checked.append(report.CheckedGuideline(name, data, findings))
    if form == "json":
        found = report.build_check_document(checked, unreadable, strict=strict)
        click.echo(json.dumps(found, indent=2))
    else:
        _echo_lines(report.format_check_lines(checked))
    if unreadable:
        return int(ExitCode.USAGE)
    return int(
        ExitCode.FAIL if any(one.has_problems(strict=strict) for one in checked) else ExitCode.OK
    )


def _list_tempest_tests(inventory: Path | None, name: str) -> tuple[tuple[str, ...], str]:
    """Return the tests of a Tempest, and what to call it."""
    from defcheck.runner.engine.client import list_tests
    from defcheck.tempest.inventory import read_inventory
    from defcheck.tempest.managed import environments

    if inventory:
        return read_inventory(inventory), str(inventory)
    tempest = environments.find_tempest(name)
    with environments.hold_tempest(tempest):
        return list_tests(tempest), tempest.title


def _check_against_tempest(
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
    from defcheck.guideline.selection import find_target
    from defcheck.tempest.inventory import build_presence_document, find_tests, render_presence_text

    guidelines = [catalog.load_guideline(name) for name in names]
    targets = [find_target(one, target_name) if target_name else None for one in guidelines]
    reports = [
        find_tests(guideline, target, tests, tempest)
        for guideline, target in zip(guidelines, targets, strict=True)
    ]
    if form == "json":
        click.echo(json.dumps(build_presence_document(reports), indent=2))
    else:
        _echo_lines(line for report in reports for line in render_presence_text(report))
    return int(
        ExitCode.OK if all(one.is_complete(strict=strict) for one in reports) else ExitCode.FAIL
    )


def _echo_lines(lines: Iterable[str]) -> None:
    """Print lines that hold words from files, made safe for a terminal."""
    from defcheck.util.text import clean_text

    for line in lines:
        click.echo(clean_text(line.replace("\n", " ")))


@click.command("diff", short_help="Tell what changed from one guideline to another.")
@click.argument("before", metavar="OLD", shell_complete=completion.complete_guidelines)
@click.argument("after", metavar="NEW", shell_complete=completion.complete_guidelines)
@target_option(
    "Compare this target only; where the newer guideline has another one instead, both.",
    metavar="TARGET[:NEW]",
)
@format_option()
def diff_guidelines_command(before: str, after: str, target_name: str, form: str) -> None:
    """Tell what changed from the guideline OLD to NEW, and which tests count now.

    OLD and NEW are ids of bundled guidelines or paths of guideline files, of
    any schema versions. A test counts when it is required and not flagged.
    A difference is no error: the exit code is 0.

    \b
    Examples:
      defcheck guideline diff 2018.02 2020.06 --target platform
      defcheck guideline diff 2020.06 scs-0128 --target compute:scs-iaas
    """
    from defcheck.guideline import catalog
    from defcheck.guideline.history.diff import compare_guidelines
    from defcheck.report.formats.guideline import render_diff_text
    from defcheck.report.models.guideline import build_diff_document

    old, _, new = target_name.partition(":")
    found = build_diff_document(
        compare_guidelines(catalog.load_guideline(before), catalog.load_guideline(after), old, new)
    )
    if form == "json":
        click.echo(json.dumps(found, indent=2))
    else:
        click.echo(render_diff_text(found), nl=False)


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
@format_option()
def lifecycle_command(on: str | None, kind: tuple[str, ...], capabilities: bool, form: str) -> None:
    """Tell what a product could be licensed against on a day.

    Licences of the OpenStack Powered programme ran for twelve months against
    one of the two latest approved guidelines. The programme is over; this is
    for those who hold a licence, read old ones, or plan a programme like it.

    \b
    Example:
      defcheck guideline lifecycle --on 2020-08-01 --kind guideline --capabilities
    """
    from datetime import UTC, datetime

    from defcheck.guideline.history import lifecycle
    from defcheck.guideline.history.editions import list_lineages
    from defcheck.guideline.history.lifecycle import trace_capabilities
    from defcheck.report.models import guideline_history as report

    day = _read_day(on) if on else datetime.now(UTC).astimezone().date()
    chosen = _choose_editions(kind or tuple(list_lineages()), named=bool(kind))
    traced = {name: lifecycle.trace_lineage(name, editions) for name, editions in chosen.items()}
    found = report.build_lifecycle_document(
        [lifecycle.find_licensable_editions(one, day) for one in traced.values()],
        [trace_capabilities(one, chosen[name]) for name, one in traced.items()],
    )
    if form == "json":
        click.echo(json.dumps(found, indent=2))
    else:
        click.echo(report.render_lifecycle_text(found, capabilities=capabilities), nl=False)


def _read_day(text: str) -> "date":
    """Return the day written as YYYY-MM-DD."""
    from defcheck.errors import InputError
    from defcheck.guideline.fields import parse_day

    try:
        return parse_day(text)
    except ValueError:
        raise InputError(
            f"{text} is not a day.", "Write it as YYYY-MM-DD, for example --on 2020-08-01."
        ) from None


def _choose_editions(names: tuple[str, ...], *, named: bool) -> dict[str, tuple["Guideline", ...]]:
    """Return the approved editions by kind; one that was asked for must have some."""
    from defcheck.errors import InputError
    from defcheck.guideline.history.editions import load_editions, select_approved

    found = {name: select_approved(load_editions(name)) for name in names}
    for name, editions in found.items():
        if named and not editions:
            raise InputError(
                f"No edition of {name} was ever approved.",
                "Licences ran against approved guidelines only.",
            )
    return {name: editions for name, editions in found.items() if editions}


@click.command("stats", short_help="Count capabilities, tests and flags over the editions.")
@click.option(
    "--kind",
    default="guideline",
    show_default=True,
    metavar="KIND",
    help="guideline, dns, orchestration, nfv or scs.",
)
@target_option("platform (default of guideline), compute, storage (or object).")
@format_option(["text", "json", "csv", "svg"])
def stats_command(kind: str, target_name: str, form: str) -> None:
    """Count capabilities, tests and flags over the editions of a guideline.

    Flags are meant to shrink; the last lines say whether they did. Drafts are
    left out wherever an edition was approved.

    \b
    Examples:
      defcheck guideline stats --target storage
      defcheck guideline stats --format svg > flags.svg
    """
    from defcheck.guideline.history import stats
    from defcheck.guideline.history.editions import load_editions
    from defcheck.guideline.selection import find_target
    from defcheck.report.models import guideline_history as report

    editions = load_editions(kind)
    name = find_target(editions[-1], target_name or stats.DEFAULT_TARGETS.get(kind, "")).name
    found = report.build_stats_document(kind, name, stats.tabulate_editions(editions, name))
    if form == "json":
        click.echo(json.dumps(found, indent=2))
    elif form == "csv":
        click.echo(report.render_stats_csv(found), nl=False)
    elif form == "svg":
        from defcheck.report.formats import guideline

        click.echo(guideline.render_stats_chart(found).encode())
    else:
        click.echo(
            report.render_stats_text(found, ascii_only=_needs_ascii(report.BAR_BLOCKS)), nl=False
        )


def _needs_ascii(blocks: str) -> bool:
    """Return whether bars have to be drawn in ASCII."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return True
    try:
        blocks.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False
