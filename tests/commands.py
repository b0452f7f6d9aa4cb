"""Every command that the program has."""

from collections.abc import Iterator

import click

from defcheck.cli.main import cli


def tree() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield the words of every command and group after `defcheck`, the program itself first."""
    found: list[tuple[tuple[str, ...], click.Command]] = [((), cli)]
    for words, command in found:
        yield words, command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                found.append(((*words, name), inner))
