"""--quiet and --verbose, in a pipe and in a real terminal; colours only where they are wanted."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from tests.commandlines import options
from tests.commands import tree
from tests.evidence import make_run
from tests.terminal import COLOR, in_terminal

Run = Callable[..., subprocess.CompletedProcess[str]]
Terminal = Callable[..., tuple[int, str]]

DATA = Path(__file__).resolve().parents[2] / "data"
GOOD, BAD, CUT = (DATA / f"{one}.subunit.gz" for one in ("storage", "quotas-fail", "killed-worker"))
TARGET = ("-g", "2020.06", "-t", "storage")


@pytest.fixture
def terminal(tmp_path: Path, environment: dict[str, str]) -> Terminal:
    """Return a function that runs defcheck in a terminal; keywords are its environment."""
    folder = tmp_path / "work"
    folder.mkdir(exist_ok=True)
    without = {key: value for key, value in environment.items() if key != "NO_COLOR"}

    def run(*arguments: str | Path, **more: str) -> tuple[int, str]:
        words = [sys.executable, "-m", "defcheck", *arguments]
        return in_terminal(words, folder, {**without, **more})

    return run


LINES = [
    (("score", GOOD, *TARGET), 0, "PASS  OpenStack Powered Storage, guideline 2020.06: "),
    (("score", BAD, *TARGET), 1, "FAIL  OpenStack Powered Storage, guideline 2020.06: "),
    (("score", CUT, *TARGET), 3, "INCOMPLETE  OpenStack Powered Storage, guideline 2020.06: "),
    (("gate", GOOD, *TARGET), 0, "GATE OPEN  58 of 58 different tests meet the rule."),
    (("gate", BAD, *TARGET, "--baseline", GOOD), 1, "GATE CLOSED  Of 58 different"),
    (("gate", CUT, *TARGET), 3, "GATE UNCLEAR  The results are incomplete: "),
]


@pytest.mark.parametrize(("words", "code", "line"), LINES)
def test_quiet_is_one_line_and_the_exit_code(
    defcheck: Run, words: tuple[str, ...], code: int, line: str
) -> None:
    done = defcheck(*words, "--quiet")
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.startswith(line)
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize(("words", "code", "line"), LINES[::2])
def test_quiet_is_the_same_in_a_terminal(
    terminal: Terminal, words: tuple[str, ...], code: int, line: str
) -> None:
    found, text = terminal(*words, "-q")
    assert found == code
    assert text.startswith(line)
    assert text.count("\n") == 1
    assert "\x1b" not in text


def test_quiet_keeps_files_and_other_formats_whole(defcheck: Run, tmp_path: Path) -> None:
    usual = defcheck("score", BAD, *TARGET, "-f", "text:usual.txt", "-f", "json")
    quiet = defcheck("score", BAD, *TARGET, "-q", "-f", "text:quiet.txt", "-f", "json")
    assert (usual.stderr, quiet.stderr) == ("Wrote usual.txt\n", "")
    assert quiet.stdout == usual.stdout
    work = tmp_path / "work"
    assert (work / "quiet.txt").read_bytes() == (work / "usual.txt").read_bytes()


def test_quiet_hides_no_error(defcheck: Run, refused: Callable[..., None]) -> None:
    refused(defcheck("score", "gone", *TARGET, "-q"), 2, "gone")


def test_quiet_tells_of_local_flags_that_moved_a_verdict(defcheck: Run, tmp_path: Path) -> None:
    flags = "".join(
        f"  - {{test: tempest.api.object_storage.{name}, date: 2020-01-01, expires: 2999-12-31, "
        "reason: Known., approver: Operations}\n"
        for name in failing(defcheck)
    )
    (tmp_path / "work/overlay.yaml").write_text(f"format: defcheck overlay 1\nflags:\n{flags}")
    done = defcheck("score", BAD, *TARGET, "--overlay", "overlay.yaml", "-q")
    assert done.stdout.startswith("INCOMPLETE with local flags  OpenStack Powered Storage")


def failing(defcheck: Run) -> list[str]:
    import json

    document = json.loads(defcheck("score", BAD, *TARGET, "-f", "json").stdout)
    return [
        test["name"].removeprefix("tempest.api.object_storage.")
        for capability in document["capabilities"]
        for test in capability["tests"]
        if test["judgement"] == "fail"
    ]


CUT_SHORT = re.compile(r"and \d+ more")


@pytest.mark.parametrize(
    "words",
    [
        ("score", BAD, *TARGET),
        ("gate", BAD, *TARGET, "--baseline", GOOD),
        ("compare", GOOD, BAD, *TARGET),
    ],
    ids=["score", "gate", "compare"],
)
def test_verbose_cuts_nothing_short(defcheck: Run, words: tuple[str | Path, ...]) -> None:
    usual, verbose = defcheck(*words), defcheck(*words, "--verbose")
    assert CUT_SHORT.search(usual.stdout)
    assert not CUT_SHORT.search(verbose.stdout)
    assert len(verbose.stdout.splitlines()) > len(usual.stdout.splitlines())
    assert verbose.returncode == usual.returncode
    missing = [line for line in usual.stdout.splitlines() if line not in verbose.stdout]
    assert [line for line in missing if not CUT_SHORT.search(line)] == []


def test_quiet_and_verbose_exclude_each_other(defcheck: Run) -> None:
    for words in (("-q", "-v"), ("--verbose", "--quiet")):
        done = defcheck("score", GOOD, *TARGET, *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert "cannot be combined" in done.stderr


def test_colours_are_for_terminals_alone(defcheck: Run, terminal: Terminal) -> None:
    piped = defcheck("score", BAD, *TARGET).stdout
    assert "\x1b" not in piped
    code, text = terminal("score", BAD, *TARGET)
    assert code == 1
    assert COLOR.search(text)
    assert COLOR.sub("", text) == piped


@pytest.mark.parametrize("environment_of", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_a_terminal_may_want_none(
    defcheck: Run, terminal: Terminal, environment_of: dict[str, str]
) -> None:
    _, text = terminal("score", BAD, *TARGET, **environment_of)
    assert text == defcheck("score", BAD, *TARGET).stdout


def test_an_empty_no_color_is_none(terminal: Terminal) -> None:
    """As no-color.org has it: present and not empty."""
    assert COLOR.search(terminal("score", BAD, *TARGET, NO_COLOR="")[1])


def test_a_quiet_check_of_a_bundle_is_one_line(defcheck: Run, tmp_path: Path) -> None:
    make_run(tmp_path / "run")
    done = defcheck("bundle", tmp_path / "run", "-o", "run.tar", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert defcheck("verify", "run.tar", "-q").stdout == "run.tar is consistent.\n"
    assert defcheck("verify", "run.tar").stdout.count("\n") > 5


SPEAKING = [
    *("run", "resume", "demo", "score", "gate", "report", "compare", "cleanup", "upload"),
    "cloud check",
]
NARRATING = [
    *("lab up", "lab down", "lab clean", "cloud configure", "tempest install", "tempest remove"),
    *("cloud accounts create", "cloud accounts delete", "bundle", "verify", "guideline render"),
]


def test_the_options_are_where_they_make_sense_and_mean_the_same() -> None:
    has: dict[str, set[str]] = {"--quiet": set(), "--verbose": set(), "--no-progress": set()}
    helps: dict[str, set[str]] = {name: set() for name in has}
    for words, command in tree():
        for name in has.keys() & options(command):
            has[name].add(" ".join(words))
            helps[name] |= {
                one.help or ""
                for one in command.params
                if isinstance(one, click.Option) and name in one.opts
            }
    assert has["--quiet"] == {*SPEAKING, *NARRATING}
    assert has["--verbose"] == set(SPEAKING)
    assert has["--no-progress"] == {"run", "resume", "demo"}
    assert all(len(texts) == 1 for texts in helps.values())
