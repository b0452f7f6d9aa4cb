"""A run shown while it goes on: recorded events, in a pipe and in a real terminal."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal import COLOR, in_terminal, plain

PROJECT = Path(__file__).resolve().parents[3]

SHOW = """\
import sys, time
import click
from defcheck.cli.run_output import RunProgress
from defcheck.cli.terminal import make_status_printer, verbosity_options
from tests.unit.recordings import recorded

@click.command()
@verbosity_options
def show():
    events = recorded("quotas-fail.subunit").events
    with RunProgress(make_status_printer()) as progress:
        progress.say("Warning: this matters")
        progress.planned([event.name for event in events], 2)
        for event in events:
            progress.event(event)
        time.sleep(0.3)  # the bar is drawn ten times a second

show()
"""


def piped(*options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", SHOW, *options],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == ""
    return done.stderr


def shown(*options: str, **environment: str) -> str:
    kept = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    code, text = in_terminal(
        [sys.executable, "-c", SHOW, *options], PROJECT, {**kept, **environment}
    )
    assert code == 0, text
    return text


def test_a_pipe_gets_a_line_for_each_test() -> None:
    text = piped()
    assert "\x1b" not in text
    assert "  Warning: this matters\n" in text
    assert len(re.findall(r"^ *\d+/9 ", text, re.MULTILINE)) == 9
    assert " failed   tempest.api.object_storage.test_container_quotas" in text


def test_verbose_adds_why() -> None:
    usual, verbose = piped().splitlines(), piped("-v").splitlines()
    added = [line for line in verbose if line.startswith(" " * 10)]
    assert len(verbose) == len(usual) + len(added)
    assert added
    assert all(line.strip() for line in added)


def test_no_progress_leaves_what_is_done() -> None:
    lines = piped("--no-progress").splitlines()
    assert [line.split("s  ", 1)[1] for line in lines] == [
        "Warning: this matters",
        f"Running {lines[1].split()[3]} tests with 2 workers",
    ]


def test_quiet_leaves_warnings() -> None:
    (line,) = piped("--quiet").splitlines()
    assert line.endswith("  Warning: this matters")


def test_a_terminal_gets_a_bar_and_it_goes_away() -> None:
    text = shown()
    assert "not passed  " in text
    assert "\x1b[" in text
    assert COLOR.search(text)
    assert " failed   tempest." not in plain(text)
    assert text.rstrip("\n").endswith(("\x1b[2K", "\x1b[?25h"))


def test_verbose_adds_lines_above_the_bar() -> None:
    text = plain(shown("--verbose"))
    assert "not passed  " in text
    assert " failed   tempest.api.object_storage.test_container_quotas" in text


@pytest.mark.parametrize("options", [("--no-progress",), ("--quiet",)])
def test_no_bar_where_none_is_wanted(options: tuple[str, ...]) -> None:
    text = shown(*options)
    assert "\x1b" not in text
    assert "not passed" not in text


def test_a_terminal_that_cannot_move_the_cursor_gets_lines() -> None:
    text = shown(TERM="dumb")
    assert "\x1b" not in text
    assert " failed   tempest.api.object_storage.test_container_quotas" in text


def test_no_color_keeps_the_bar() -> None:
    text = shown(NO_COLOR="1")
    assert "not passed  " in text
    assert not any("3" in code or "9" in code for code in COLOR.findall(text))
