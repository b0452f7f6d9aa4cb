"""`defcheck guideline diff`."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]


def test_the_summary_stands_first_and_a_difference_is_no_error(defcheck: Run) -> None:
    done = defcheck("guideline", "diff", "2018.02", "2020.06", "--target", "platform")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("2018.02 to 2020.06: 24 capability statuses changed")
    assert (
        "  platform: 273 tests are counted, 266 were, 10 newly counted, 1 no longer counted, "
        "2 counted under another name" in lines
    )
    assert "  identity-v3-catalog: advisory before, required now (platform)" in lines


def test_no_difference_is_said(defcheck: Run) -> None:
    done = defcheck("guideline", "diff", "2020.06", "2020.06")
    assert done.returncode == 0
    assert done.stdout == "2020.06 to 2020.06: no difference in platform, compute, object.\n"


def test_releases_alone_are_a_difference(defcheck: Run) -> None:
    done = defcheck("guideline", "diff", "2019.11", "2020.06", "-t", "storage")
    assert "releases added: victoria" in done.stdout
    assert "object: 58 tests are counted, 58 were\n" in done.stdout


def test_json_is_for_programs(defcheck: Run) -> None:
    done = defcheck("guideline", "diff", "2017.09", "2018.02", "--format", "json")
    found = json.loads(done.stdout)
    flags = [
        change
        for one in found["capabilities"]
        for change in one["tests_changed"]
        if change["unflagged"]
    ]
    assert len(flags) == 17
    assert flags[0]["before"]["flag"]["code"] == "D400"
    assert flags[0]["before"]["flag"]["date"]


def test_from_a_guideline_to_the_target_of_another_kind(defcheck: Run) -> None:
    done = defcheck("guideline", "diff", "2020.06", "scs-0128", "-t", "compute:scs-iaas")
    assert "compute:scs-iaas: 258 tests are counted, 217 were" in done.stdout
    assert "policy: defcore before, scs now" in done.stdout


def test_a_path_can_be_compared(defcheck: Run, tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text('{"schema": "1.6", "id": "own", "components": {}, "capabilities": {}}')
    done = defcheck("guideline", "diff", path, "2017.09", "-t", "platform")
    assert done.returncode == 0
    assert "platform: 230 tests are counted, 0 were, 230 newly counted" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["2020.06", "2031.01"], ["no guideline 2031.01", "2020.06"]),
        (["2018.02", "2020.06", "-t", "edge"], ["Neither", "edge", "platform, compute, object"]),
        (["2020.06", "scs-0128", "-t", "compute:x"], ["scs-0128 has no target x", "scs-iaas"]),
        (["./none.json", "2020.06"], ["none.json", "cannot be read"]),
    ],
)
def test_what_is_unknown_is_answered_with_what_is_known(
    defcheck: Run, refused: Refused, arguments: list[str], words: list[str]
) -> None:
    refused(defcheck("guideline", "diff", *arguments), 2, *words)
