"""What docs/ shows is what the command line takes."""

import re
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from defcheck.cli.main import COMMANDS, cli

PROJECT = Path(__file__).resolve().parents[3]
DOCS = PROJECT / "docs"
GENERATED = {"commands", "schemas", "generated", "_build"}
PAGES = sorted(
    path for path in DOCS.rglob("*.md") if not GENERATED & set(path.relative_to(DOCS).parts)
)
OPERATORS = {"|", "||", "&&", ";", ">", ">>", "<", "<<"}


def shell_lines(text: str) -> Iterator[str]:
    for block in re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield from block.replace("\\\n", " ").splitlines()


def calls(line: str) -> Iterator[list[str]]:
    """Yield the arguments of each defcheck that a line of shell starts."""
    words = shlex.split(line, comments=True)
    starts = [
        number
        for number, word in enumerate(words)
        if word in ("defcheck", ".venv/bin/defcheck")
        and (number == 0 or words[number - 1] in OPERATORS)
    ]
    for start in starts:
        ends = [number for number, word in enumerate(words) if word in OPERATORS and number > start]
        yield words[start + 1 : min(ends, default=len(words))]


def parse(arguments: list[str]) -> click.Context:
    """Parse as the command line does, and run nothing."""
    command: click.Command = cli
    name = "defcheck"
    context = click.Context(cli, info_name=name)
    while isinstance(command, click.Group):
        assert arguments, f"{name} needs a command"
        found = command.get_command(context, arguments[0])
        assert found is not None, f"{name} has no command {arguments[0]}"
        command, name, arguments = found, f"{name} {arguments[0]}", arguments[1:]
    return command.make_context(name, list(arguments))


def documented() -> list[tuple[str, str]]:
    texts = {str(path.relative_to(DOCS)): path.read_text(encoding="utf-8") for path in PAGES}
    return [(page, line) for page, text in texts.items() for line in shell_lines(text)]


@pytest.mark.parametrize(("page", "line"), documented())
def test_every_command_line_is_one(page: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(click.Path, "convert", lambda _self, value, _param, _ctx: value)
    for arguments in calls(line):
        parse(arguments)


def test_there_are_command_lines_to_look_at_and_wrong_ones_are_noticed() -> None:
    assert sum(len(list(calls(line))) for _, line in documented()) > 50
    assert list(calls("cat x | defcheck score - -f json > y && defcheck demo  # a pass")) == [
        ["score", "-", "-f", "json"],
        ["demo"],
    ]
    for wrong in ("score", "score x --nothing", "run -g 1 -j 0", "gate x --fail-on never"):
        with pytest.raises(click.UsageError):
            parse(wrong.split())
    with pytest.raises(AssertionError, match="no command certify"):
        parse(["cloud", "certify"])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_in_prose_exists(path: Path) -> None:
    for word in re.findall(r"`defcheck ([a-z]+)", path.read_text(encoding="utf-8")):
        assert word in COMMANDS


def test_every_environment_variable_is_told_of() -> None:
    sources = (path.read_text(encoding="utf-8") for path in (PROJECT / "defcheck").rglob("*.py"))
    known = {name for text in sources for name in re.findall(r"DEFCHECK_[A-Z_]+[A-Z]", text)}
    told = (DOCS / "reference/environment.md").read_text(encoding="utf-8")
    between_our_own_processes = {*("DEFCHECK_ASKED", "DEFCHECK_COMPLETE", "DEFCHECK_LAB_SERVICE")}
    assert len(known) > 6
    assert {name for name in known if f"`{name}`" not in told} == between_our_own_processes


check_output = runpy.run_path(str(DOCS / "check_output.py"))["main"]


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example.org/x.js"></script>',
        '<link rel="stylesheet" href="//fonts.example.org/x.css">',
        '<img src="HTTP://example.org/x.png">',
        "<style>@import 'https://example.org/x.css';</style>",
        '<p style="background: url(//example.org/x.png)">',
    ],
)
def test_a_page_that_loads_from_elsewhere_is_noticed(tmp_path: Path, text: str) -> None:
    (tmp_path / "index.html").write_text(text)
    with pytest.raises(SystemExit, match=r"index\.html: "):
        check_output(tmp_path)


def test_links_and_files_beside_a_page_are_fine(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="has no pages"):
        check_output(tmp_path)
    (tmp_path / "index.html").write_text(
        '<a href="https://example.org">x</a><img src="x.png"><link href="x.css">'
    )
    check_output(tmp_path)
