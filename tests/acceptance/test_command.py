"""Help, version and start-up of the installed command."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from defcheck import __version__
from defcheck.cli.main import COMMANDS, cli
from defcheck.cli.options import LazyGroup

HEAVY = (
    "openstack",
    "oslo_config",
    "tempest",
    "jinja2",
    "jsonschema",
    "rich",
    "subunit",
    "testtools",
    "stestr",
)

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_version_is_the_installed_one(defcheck: Run) -> None:
    done = defcheck("--version")
    assert (done.returncode, done.stdout) == (0, f"defcheck {__version__}\n")


def test_help_names_every_command_and_the_exit_codes(defcheck: Run) -> None:
    done = defcheck("--help")
    assert done.returncode == 0
    for name, (_, line) in COMMANDS.items():
        assert name in done.stdout
        assert line.split()[0] in done.stdout
    assert "130 interrupted" in " ".join(done.stdout.split())


def test_the_lines_in_help_are_those_of_the_commands() -> None:
    import click

    assert isinstance(cli, LazyGroup)
    groups: list[LazyGroup] = [cli]
    for group in groups:
        for name, (_, line) in group.lazy.items():
            command = group.get_command(click.Context(group), name)
            assert command is not None
            assert command.get_short_help_str(limit=200).rstrip(".") == line.rstrip(".")
            if isinstance(command, LazyGroup):
                groups.append(command)


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_start_up_imports_nothing_heavy(argument: str) -> None:
    code = (
        "import json, sys\n"
        "from defcheck.cli.main import run\n"
        "try:\n    run([sys.argv[1]])\n"
        "except SystemExit:\n    pass\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, argument],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = json.loads(done.stderr.splitlines()[-1])
    assert "click" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def test_an_unknown_command_is_refused(defcheck: Run) -> None:
    done = defcheck("certify")
    assert done.returncode == 2
    assert "No such command 'certify'" in done.stderr
