"""A page for each command, generated from the command line itself, so that it stays current."""

import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click
from pages import cell, table, write
from sphinx.application import Sphinx

from defcheck.cli.main import COMMANDS, cli

INDEX = """\
# Commands

The output of `defcheck COMMAND --help`, from the same source. `defcheck --debug
COMMAND …` shows tracebacks, `defcheck --version` the version, and `-h` is short
for `--help`.

{table}

```{{toctree}}
:hidden:

{names}
```
"""


def paragraphs(text: str) -> Iterator[str]:
    """Yield a help text as Markdown; blocks that click must not wrap become code.

    A first line such as `Examples:` becomes a paragraph before the code.
    """
    for block in inspect.cleandoc(text).split("\n\n"):
        marked = block.startswith("\b\n")
        lines = block.removeprefix("\b\n").splitlines()
        if not marked:
            yield cell(" ".join(lines))
            continue
        first, _, rest = lines[0].partition(":")
        if first.startswith(("Example", "An ", "Check ")):
            yield f"{cell(first)}:"
            lines = [" " * len(f"{first}:") + rest, *lines[1:]]
        text = textwrap.dedent("\n".join(lines)).strip("\n")
        shell = any(line.startswith(("defcheck ", "tar ")) for line in text.splitlines())
        yield f"```{'sh' if shell else 'text'}\n{text}\n```"


def code(text: str) -> str:
    """Return text as code for a cell of a table."""
    return f"`{text}`".replace("|", "\\|")


def section(command: click.Command, words: list[str]) -> Iterator[str]:
    """Yield the parts of the page of a command and of its subcommands."""
    name = " ".join(words)
    context = click.Context(command, info_name=name, max_content_width=100)
    yield f"{'#' * min(len(words) - 1, 3)} {name}"
    if not isinstance(command, click.Group):
        yield f"```text\n{name} {' '.join(command.collect_usage_pieces(context))}\n```"
    yield from paragraphs(command.help or "")
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            one = command.get_command(context, inner)
            if one is not None:
                yield from section(one, [*words, inner])
        return
    records = [param.get_help_record(context) for param in command.params]
    rows = [(code(one[0]), cell(" ".join(one[1].split()))) for one in records if one and one[1]]
    if rows:
        yield table("option", "meaning", rows=rows)


def write_pages(app: Sphinx) -> None:
    """Write the pages below reference/commands."""
    context = click.Context(cli, info_name="defcheck")
    names = sorted(COMMANDS)
    rows = [(f"[`{name}`]({name}.md)", cell(COMMANDS[name][1])) for name in names]
    listing = table("command", "what it does", rows=rows)
    pages = {"index.md": INDEX.format(table=listing, names="\n".join(names))}
    for name in names:
        command = cli.get_command(context, name)
        if command is not None:
            pages[f"{name}.md"] = "\n\n".join(section(command, ["defcheck", name])) + "\n"
    write(Path(app.srcdir) / "reference/commands", pages)


def setup(app: Sphinx) -> dict[str, bool]:
    """Generate the pages before Sphinx searches its sources."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True}
