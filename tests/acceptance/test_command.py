"""Help, version and start-up of the installed command."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from defcheck import __version__
from defcheck.cli.lazy import LazyGroup
from defcheck.cli.main import COMMANDS, cli

PROJECT = Path(__file__).resolve().parents[2]
HEAVY = ("openstack", "tempest", "jinja2", "jsonschema", "rich", "subunit", "testtools", "stestr")

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


def test_every_command_has_help_with_an_example(defcheck: Run) -> None:
    for words in all_commands():
        done = defcheck(*words, "--help")
        assert done.returncode == 0, words
        assert "Example" in done.stdout or len(words) == 1, words


def all_commands() -> list[tuple[str, ...]]:
    """Return every command and subcommand."""
    import click

    found: list[tuple[str, ...]] = []
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        found.append((name,))
        if isinstance(command, click.Group):
            found += [(name, inner) for inner in command.list_commands(context)]
    return found


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


def readme_lines() -> list[list[str]]:
    """Return the words of every defcheck command that the README shows."""
    text = (PROJECT / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line.split()[1:] for line in lines if line.startswith("defcheck ")]


def test_commands_and_options_in_the_readme_exist(defcheck: Run) -> None:
    known = set(all_commands())
    assert len(readme_lines()) >= 6
    for words in readme_lines():
        command = tuple(words[:2]) if tuple(words[:2]) in known else tuple(words[:1])
        assert command in known, words
        help_text = defcheck(*command, "--help").stdout
        for option in (word for word in words if word.startswith("--")):
            assert option in help_text, (words, option)
