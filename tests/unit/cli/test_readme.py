"""README against the program: its table of commands, its command lines, its options."""

import re
from pathlib import Path

import click
import pytest

from defcheck.cli.main import cli
from tests.commandlines import blocks, lines, mentioned, options, parse, refuse_unknown
from tests.commands import tree

README = (Path(__file__).resolve().parents[3] / "README.md").read_text(encoding="utf-8")
SHOWN = [words for block in blocks(README) for words in lines(block)]

FOREIGN = {"--subunit", "--type"}
"""Options of other programs that README shows."""


def table() -> str:
    """Return the table of commands as README has to have it."""
    context = click.Context(cli)
    rows = []
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        inner = (
            sorted(command.list_commands(click.Context(command)))
            if isinstance(command, click.Group)
            else []
        )
        words = " ".join(
            [f"`{name}`", *([", ".join(f"`{one}`" for one in inner)] if inner else [])]
        )
        rows.append(f"| {words} | {command.get_short_help_str(limit=200).rstrip('.')} |")
    return "\n".join(["| command | what it does |", "|---|---|", *rows])


def test_the_table_of_commands_is_the_program_s() -> None:
    assert f"\n{table()}\n" in README, f"README has to have this table:\n{table()}"


@pytest.mark.parametrize("words", SHOWN, ids=" ".join)
def test_the_program_takes_the_line(words: list[str]) -> None:
    parse(words)


def test_many_commands_are_shown() -> None:
    assert len(SHOWN) > 30


def test_what_is_mentioned_exists() -> None:
    found = list(mentioned(README))
    assert found
    for words in found:
        refuse_unknown(words)


def test_options_in_the_text_exist() -> None:
    """Their names are looked for in all commands: the text does not always say whose it is."""
    known = {name for _, command in tree() for name in options(command)}
    prose = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
    named = {
        word
        for quoted in re.findall(r"`([^`]+)`", prose)
        for word in re.findall(r"(?<![\w-])--[a-z][a-z-]*", quoted)
    }
    assert len(named) > 20
    assert named - known - FOREIGN == set()
