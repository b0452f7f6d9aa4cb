"""Command lines in documents and scripts, and whether the program takes them."""

import re
import shlex
from collections.abc import Iterator, Sequence

import click

from defcheck.cli.main import cli

STOPS = set("();<>|&")


def blocks(markdown: str) -> Iterator[str]:
    """Yield what stands in the sh blocks of a Markdown document."""
    for block in re.findall(r"^```sh\n(.*?)^```$", markdown, re.MULTILINE | re.DOTALL):
        yield str(block)


def lines(shell: str) -> Iterator[list[str]]:
    """Yield the words after `defcheck` of every command in shell lines, pipes included."""
    for line in shell.replace("\\\n", " ").splitlines():
        if not re.search(r"\bdefcheck\s", line):
            continue
        lexer = shlex.shlex(line, posix=True, punctuation_chars="".join(STOPS))
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if not set(word) <= STOPS:
                words.append(word)
                continue
            if words and words[0].rpartition("/")[2] == "defcheck":
                yield words[1:]
            words = []


def mentioned(prose: str) -> Iterator[list[str]]:
    """Yield the words after `defcheck` of each command in backquotes in running text.

    One that is only named, without arguments, is asked for its help.
    """
    for quoted in re.findall(r"(?<!`)`(defcheck [^`]+)`", prose):
        for words in lines(" ".join(quoted.split())):
            yield words if any(word.startswith("-") for word in words) else [*words, "--help"]


def parse(words: Sequence[str]) -> click.Context:
    """Parse a command line as the program does, without running it.

    Raises `click.UsageError` where a command, option or value does not exist; that
    a named file is not there does not matter.
    """
    command: click.Command = cli
    context = click.Context(cli, info_name="defcheck")
    rest = list(words)
    while isinstance(command, click.Group) and rest and rest[0] != "--help":
        name = rest.pop(0)
        found = command.get_command(context, name)
        if found is None:
            raise click.UsageError(f"No such command: {name}", context)
        command = found
        if isinstance(command, click.Group):
            context = click.Context(command, info_name=name, parent=context)
    if rest[-1:] in (["--help"], ["--version"]):
        return context
    try:
        return command.make_context(command.name, rest, parent=context)
    except click.BadParameter as error:
        if "does not exist" not in error.message:
            raise
        return context
