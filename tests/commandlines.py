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
    """Yield the words after `defcheck` of every command in shell lines.

    Pipes and lists are taken apart, and what stands in $( ) is a command as well.
    """
    for inner in re.findall(r"\$\(([^()]*)\)", shell):
        yield from lines(inner)
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
    """Yield the words after `defcheck` of each command in backquotes in running text."""
    for quoted in re.findall(r"(?<!`)`(defcheck [^`]+)`", prose):
        yield from lines(" ".join(quoted.split()))


def look_up(words: Sequence[str]) -> tuple[click.Command, list[str]]:
    """Return the command that words name, and the rest; raise `click.UsageError` for none."""
    command: click.Command = cli
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(click.Context(command), rest.pop(0))
        if found is None:
            raise click.UsageError(f"No such command: {' '.join(words)}")
        command = found
    return command, rest


def options(command: click.Command) -> set[str]:
    """Return the names of a command's options."""
    own = command.get_params(click.Context(command))
    return {name for one in own for name in (*one.opts, *one.secondary_opts)}


def refuse_unknown(words: Sequence[str]) -> None:
    """Raise `click.UsageError` where a command or option that is only named does not exist."""
    command, rest = look_up(words)
    for word in rest:
        if word.startswith("-") and word not in options(command):
            raise click.UsageError(f"No such option: {word} of {command.name}")


def parse(words: Sequence[str]) -> click.Context:
    """Parse a command line as the program does, without running it.

    Raises `click.UsageError` where a command, option or value does not exist; that
    a named file is not there does not matter.
    """
    command, rest = look_up(words)
    if rest[-1:] in (["--help"], ["--version"]):
        return click.Context(command)
    if isinstance(command, click.Group):
        raise click.UsageError(f"A group alone does nothing: {' '.join(words)}")
    context = click.Context(cli, info_name="defcheck")
    try:
        return command.make_context(command.name, rest, parent=context)
    except click.BadParameter as error:
        if "does not exist" not in error.message:
            raise
        return context
