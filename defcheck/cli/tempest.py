"""The `defcheck tempest` commands: install and choose versions of Tempest."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from defcheck.cli import completion
from defcheck.cli.options import LazyCommands, LazyGroup, guideline_option, target_option
from defcheck.cli.output import format_option
from defcheck.cli.terminal import print_note, quiet_option

if TYPE_CHECKING:
    from defcheck.report.models.tempests import TempestListRow
    from defcheck.tempest.installed import InstalledTempest
    from defcheck.tempest.managed.known_tempests import Candidate, TempestOrigin


COMMANDS: LazyCommands = {
    "install": (
        "defcheck.cli.tempest:install_tempest_command",
        "Install a version of Tempest, also with plugins.",
    ),
    "list": ("defcheck.cli.tempest:list_tempests_command", "List the installed Tempests."),
    "recommend": (
        "defcheck.cli.tempest:recommend_tempest_command",
        "Find the Tempest that has most tests of a guideline.",
    ),
    "remove": (
        "defcheck.cli.tempest:remove_tempest_command",
        "Delete a Tempest that you installed.",
    ),
    "use": (
        "defcheck.cli.tempest:use_tempest_command",
        "Set the Tempest that commands use by default.",
    ),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    name="tempest",
    short_help="Install and choose other versions of Tempest.",
)
def tempest_group() -> None:
    """Install and choose other versions of Tempest, for older guidelines and for add-ons.

    Each has its own environment, called VERSION or VERSION+PLUGIN, in
    $DEFCHECK_TEMPESTS, else $XDG_DATA_HOME/defcheck/tempests, else
    ~/.local/share/defcheck/tempests. The Tempest installed with defcheck is called
    default.

    \b
    Examples:
      defcheck tempest recommend --guideline 2015.07 --target platform
      defcheck tempest install 39.0.0
    """


@click.command("install", short_help="Install a version of Tempest, also with plugins.")
@click.argument("version")
@click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="NAME",
    help="Also install this plugin, NAME or NAME==VERSION; may be repeated.",
)
@quiet_option
def install_tempest_command(version: str, plugins: tuple[str, ...]) -> None:
    """Install a version of Tempest from the package index, with uv if available, else pip.

    defcheck lists its tests at once and removes it if that fails.

    \b
    Examples:
      defcheck tempest install 22.1.0
      defcheck tempest install 47.0.0 --plugin heat-tempest-plugin
    """
    from defcheck.cli.terminal import make_status_printer
    from defcheck.tempest.managed import known_tempests
    from defcheck.tempest.managed.environments import resolve_environment
    from defcheck.workflows.tempest_installation import install_tempest

    environment = resolve_environment(version, plugins)
    stamp = install_tempest(environment, make_status_printer())
    if not known_tempests.is_sound(stamp.version):
        click.echo(
            f"Warning: Tempest {stamp.version} was {known_tempests.UNSOUND_REASON}.", err=True
        )
    brought = "".join(f", {name} {number}" for name, number in stamp.plugins.items())
    click.echo(
        f"Tempest {stamp.version}{brought}: {stamp.tests} tests, {stamp.bytes / 2**20:.0f} MiB in "
        f"{environment.folder}\n"
        f"Use it with `defcheck run --tempest {environment.name}`, or always after "
        f"`defcheck tempest use {environment.name}`."
    )


@click.command("list", short_help="List the installed Tempests.")
@format_option()
def list_tempests_command(form: str) -> None:
    """List the installed Tempests: the default, then those that you installed.

    \b
    Example:
      defcheck tempest list
    """
    from defcheck.report.models.tempests import (
        TempestListRow,
        build_tempests_document,
        format_tempest_lines,
    )
    from defcheck.tempest.managed.environments import (
        environments_folder,
        get_tempest_in_use,
        list_environments,
    )

    used = get_tempest_in_use()
    rows = [_describe_default(used)]
    for environment, stamp in list_environments():
        rows.append(
            TempestListRow(
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
        click.echo(json.dumps(build_tempests_document(rows, str(environments_folder())), indent=2))
    else:
        for line in format_tempest_lines(rows):
            click.echo(line)
    if used not in {row.name for row in rows if row.complete}:
        click.echo(
            f"Warning: {used}, which is in use, is not installed. "
            "`defcheck tempest use default` goes back to the default.",
            err=True,
        )


def _describe_default(used: str) -> "TempestListRow":
    from defcheck.report.models.tempests import TempestListRow
    from defcheck.tempest import installed

    tempest = installed.find_default_tempest()
    plugins = installed.list_plugins(tempest)
    return TempestListRow(
        name=tempest.name,
        version=tempest.version,
        complete=True,
        in_use=used == tempest.name,
        tests=_count_default_tests(tempest, plugins),
        bytes=None,
        python=tempest.python_version,
        plugins=plugins,
    )


def _count_default_tests(tempest: "InstalledTempest", plugins: dict[str, str]) -> int | None:
    """Return how many tests the default has, None if it cannot list them."""
    from defcheck.errors import UnusableError
    from defcheck.runner.engine.client import list_tests
    from defcheck.tempest.managed import known_tempests

    if not plugins and tempest.version in known_tempests.load_known_tempests().versions:
        return len(known_tempests.load_known_tempests().list_tests(tempest.version))
    try:
        return len(list_tests(tempest))
    except UnusableError as error:
        click.echo(f"Warning: the default: {error.message}", err=True)
        return None


@click.command("recommend", short_help="Find the Tempest that has most tests of a guideline.")
@guideline_option("Guideline.", name="guideline", required=True)
@target_option("The target.  [default: all of them]", name="target")
@format_option()
def recommend_tempest_command(guideline: str, target: str, form: str) -> None:
    """Find the Tempest that has most of the tests that a guideline's verdict depends on.

    Compares the default, those that you installed, and every version that can be
    installed; defcheck knows their tests without installing them. The missing
    tests of each are listed. Versions written for older Pythons are shown but not
    recommended, because some of their tests fail for reasons other than the cloud.

    \b
    Example:
      defcheck tempest recommend --guideline 2015.07 --target platform
    """
    from defcheck.errors import InputError
    from defcheck.guideline import catalog
    from defcheck.guideline.selection import find_target
    from defcheck.report.models.tempests import (
        build_recommendation_document,
        format_recommendation_lines,
    )
    from defcheck.tempest.managed.known_tempests import recommend_tempest
    from defcheck.util.text import clean_text

    loaded = catalog.load_guideline(guideline)
    chosen = find_target(loaded, target) if target else None
    found = recommend_tempest(loaded, chosen, list(_list_candidates()))
    if not found.counted:
        raise InputError(
            f"Guideline {loaded.id} has no counted test.",
            "Choose another guideline or target.",
        )
    if form == "json":
        click.echo(json.dumps(build_recommendation_document(found), indent=2))
        return
    for line in format_recommendation_lines(found):
        click.echo(clean_text(line))


def _list_candidates() -> "Iterator[Candidate]":
    from defcheck.errors import DefcheckError
    from defcheck.runner.engine.client import list_tests
    from defcheck.tempest import installed
    from defcheck.tempest.inventory import read_inventory
    from defcheck.tempest.managed import environments, known_tempests
    from defcheck.tempest.managed.known_tempests import TempestOrigin

    table = known_tempests.load_known_tempests()
    for version in table.versions:
        yield _make_candidate(version, version, TempestOrigin.KNOWN, table.list_tests(version))
    try:
        tempest = installed.find_default_tempest()
        tests = list_tests(tempest)
        yield _make_candidate(tempest.name, tempest.version, TempestOrigin.DEFAULT, tests)
    except DefcheckError as error:
        click.echo(f"Warning: the default is omitted: {error.message}", err=True)
    for one, stamp in environments.list_environments():
        if stamp is None:
            continue
        try:
            tests = read_inventory(one.inventory)
        except DefcheckError as error:
            click.echo(f"Warning: {one.name} is omitted: {error.message}", err=True)
        else:
            yield _make_candidate(one.name, stamp.version, TempestOrigin.INSTALLED, tests)


def _make_candidate(
    name: str, version: str, origin: "TempestOrigin", tests: tuple[str, ...]
) -> "Candidate":
    from defcheck.tempest.managed import known_tempests
    from defcheck.tempest.managed.known_tempests import Candidate

    return Candidate(name, version, origin, tests, known_tempests.is_sound(version))


@click.command("remove", short_help="Delete a Tempest that you installed.")
@click.argument("name", shell_complete=completion.complete_tempests)
@quiet_option
def remove_tempest_command(name: str) -> None:
    """Delete a Tempest that you installed, and everything installed with it.

    \b
    Example:
      defcheck tempest remove 22.1.0
    """
    from defcheck.tempest.managed.environments import parse_environment_name
    from defcheck.workflows.tempest_installation import remove_tempest

    environment = parse_environment_name(name)
    remove_tempest(environment, print_note)
    click.echo(f"Deleted {environment.folder}.")


@click.command("use", short_help="Set the Tempest that commands use by default.")
@click.argument("name", shell_complete=completion.complete_tempests)
def use_tempest_command(name: str) -> None:
    """Set the Tempest that commands use without --tempest.

    NAME is one that `defcheck tempest list` shows; default is the one installed
    with defcheck.

    \b
    Examples:
      defcheck tempest use 22.1.0
      defcheck tempest use default
    """
    from defcheck.tempest.managed import environments

    tempest = environments.use_tempest(name)
    which = f" ({tempest.version}, installed with defcheck)" if tempest.is_default else ""
    click.echo(f"Now in use: {tempest.name}{which}")
