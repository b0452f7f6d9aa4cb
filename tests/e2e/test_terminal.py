"""How much a real run says: in a pipe and in a real terminal, quietly and at length."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.few import guideline
from tests.e2e.place import DEFCHECK, Place
from tests.terminal import in_terminal, plain

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

RUN = ("run", "-g", "few.json", "-t", "storage", "--cloud")
PASS = (
    "PASS  OpenStack Powered Storage, guideline 2020.06: All 6 counted tests meet the rule.\n"
    "Report: {}/report.html\n"
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Start a lab quietly; end it, whatever happened."""
    place = Place(tmp_path_factory.mktemp("terminal"))
    guideline(place.folder / "few.json")
    try:
        done = place.defcheck("lab", "up", "--quiet")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("Keystone: ")
        assert "Try it" not in done.stdout
        yield place
    finally:
        done = place.defcheck("lab", "clean", "-q")
        assert (done.stdout, done.stderr) == ("", "")


def terminal(place: Place, *words: str | Path) -> tuple[int, str]:
    return in_terminal([*DEFCHECK, *words], place.folder, place.environment)


def test_a_quiet_run_is_its_verdict_and_where_the_report_lies(place: Place) -> None:
    done = place.defcheck(*RUN, "defcheck-lab", "-o", "quiet", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == PASS.format("quiet")
    assert (place.folder / "quiet/verdict.json").exists()


def test_a_quiet_run_is_the_same_in_a_terminal(place: Place) -> None:
    assert terminal(place, *RUN, "defcheck-lab", "-o", "still", "--quiet") == (
        0,
        PASS.format("still"),
    )


def test_a_verbose_run_in_a_terminal_names_tests_and_why(place: Place) -> None:
    code, text = terminal(place, *RUN, "defcheck-lab-member", "-o", "long", "-v")
    shown = plain(text)
    assert code == 3, shown
    assert "\x1b[" in text
    assert re.search(r" \d/\d passed   tempest\.", shown)
    assert "INCOMPLETE  OpenStack Powered Storage" in shown


def test_without_progress_a_run_tells_what_it_does(place: Place) -> None:
    done = place.defcheck(*RUN, "defcheck-lab-member", "-o", "short", "--no-progress")
    assert done.returncode == 3
    assert re.search(r"^ *\d+\.\d s  Running \d tests", done.stderr, re.MULTILINE)
    assert not re.search(r"^ *\d/\d ", done.stderr, re.MULTILINE)


def test_other_commands_are_quiet_too(place: Place) -> None:
    done = place.defcheck("cloud", "check", "defcheck-lab", "-g", "few.json", "-t", "storage", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("defcheck-lab  OpenStack Powered Storage: No blocking issues.\n")
    done = place.defcheck("cloud", "configure", "defcheck-lab", "-o", "own.conf", "-q")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = place.defcheck("cleanup", "quiet", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "No leftovers of this run in defcheck-lab\n"
