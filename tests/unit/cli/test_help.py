"""What `--help` says: every command has an example, and the program takes it."""

import inspect
import re
import subprocess
from collections.abc import Callable

import click
import pytest

from defcheck.cli.main import cli
from tests.commandlines import lines, mentioned, parse, refuse_unknown
from tests.commands import tree

Run = Callable[..., subprocess.CompletedProcess[str]]

COMMANDS = dict(tree())
IDS = [" ".join(words) or "defcheck" for words in COMMANDS]
EXAMPLES = re.compile(r"^Examples?:\n((?: .*\n?)+)", re.MULTILINE)


def examples(command: click.Command) -> list[list[str]]:
    """Return the words of every command that a help text shows as an example."""
    text = inspect.cleandoc(command.help or "")
    return [words for block in EXAMPLES.findall(text) for words in lines(block)]


def test_the_tree_is_whole() -> None:
    assert len(COMMANDS) > 40
    assert ("cloud", "accounts", "create") in COMMANDS


@pytest.mark.parametrize("words", COMMANDS, ids=IDS)
def test_every_command_has_an_example_that_the_program_takes(words: tuple[str, ...]) -> None:
    shown = examples(COMMANDS[words])
    assert any(tuple(one[: len(words)]) == words for one in shown), "no example of its own"
    for one in shown:
        parse(one)


@pytest.mark.parametrize("words", COMMANDS, ids=IDS)
def test_every_option_is_explained(words: tuple[str, ...]) -> None:
    command = COMMANDS[words]
    silent = [
        option.opts[0]
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert silent == []


@pytest.mark.parametrize("words", COMMANDS, ids=IDS)
def test_what_a_help_text_mentions_exists(words: tuple[str, ...]) -> None:
    command = COMMANDS[words]
    prose = [command.help or ""]
    prose += [one.help or "" for one in command.params if isinstance(one, click.Option)]
    for text in prose:
        for one in mentioned(text):
            refuse_unknown(one)


@pytest.mark.parametrize("words", [words for words in COMMANDS if len(words) != 1][:12], ids=str)
def test_the_installed_command_shows_it(defcheck: Run, words: tuple[str, ...]) -> None:
    done = defcheck(*words, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\nExample" in done.stdout.replace("\n  Example", "\nExample")


@pytest.mark.parametrize(
    "wrong",
    [["run"], ["score", "x", "--no-such"], ["lab", "sideways"], ["gate", "x", "--fail-on", "y"]],
)
def test_a_wrong_line_is_noticed(wrong: list[str]) -> None:
    with pytest.raises(click.UsageError):
        parse(wrong)


def test_the_program_itself_says_what_it_is() -> None:
    assert (cli.help or "").startswith("Check whether an OpenStack cloud meets")
