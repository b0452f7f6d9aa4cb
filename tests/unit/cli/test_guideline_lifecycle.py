"""`defcheck guideline lifecycle`."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]
SCHEMA = json.loads(
    (Path(__file__).resolve().parents[3] / "reports/schemas/lifecycle-1.json").read_bytes()
)


def as_json(defcheck: Run, *arguments: str) -> dict[str, object]:
    done = defcheck("guideline", "lifecycle", "--format", "json", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, object] = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


def test_a_day_of_the_programme_has_the_two_latest_and_twelve_months(defcheck: Run) -> None:
    done = defcheck("guideline", "lifecycle", "--on", "2020-08-01")
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert lines[0] == "On 2020-08-01 a product could be licensed against"
    assert lines[1].split(maxsplit=1) == ["guideline", "2019.11 or 2020.06"]
    assert lines[2].split(maxsplit=1) == ["dns", "dns.2019.11 or dns.2020.06"]
    assert "twelve months, until 2021-08-01" in lines[4]
    assert "certified" not in done.stdout


def test_today_nothing_can_be_licensed_any_more(defcheck: Run) -> None:
    done = defcheck("guideline", "lifecycle", "--kind", "guideline")
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert "nothing can be licensed: the programme is over" in lines[0]
    assert "dissolved in 2024" in lines[1]
    assert "retired in September 2025" in lines[1]
    assert "2022.06 and 2022.11, which are not available" in lines[2]
    assert "the last two available: 2019.11 and 2020.06" in lines[2]


def test_before_the_programme_nothing_could(defcheck: Run) -> None:
    done = defcheck("guideline", "lifecycle", "--on", "2014-12-31")
    assert done.stdout.startswith("On 2014-12-31 there was no edition to license against yet.\n")


def test_an_unpublished_day_is_said(defcheck: Run) -> None:
    done = defcheck("guideline", "lifecycle", "--on", "2018-02-15", "--kind", "guideline")
    assert "2017.09 or 2018.02, as far as is known here" in done.stdout
    assert "The day in 2018-02 on which 2018.02 was approved is not published" in done.stdout
    assert "month  only the month is published" in done.stdout


def test_an_add_on_may_have_had_later_editions(defcheck: Run) -> None:
    done = defcheck("guideline", "lifecycle", "--on", "2021-06-01", "--kind", "dns")
    assert "dns.2019.11 or dns.2020.06, as far as is known here" in done.stdout
    assert "Whether dns had editions after dns.2020.06" in done.stdout


def test_capabilities_have_their_whole_way(defcheck: Run) -> None:
    options = ("--on", "2020-08-01", "--kind", "guideline")
    assert "networks-l3-router" not in defcheck("guideline", "lifecycle", *options).stdout
    shown = defcheck("guideline", "lifecycle", *options, "--capabilities").stdout
    (row,) = [line.split() for line in shown.splitlines() if "networks-l3-router" in line]
    assert row[1:] == ["2016.01", "2018.02", "2018-11-01", "2019-10-31", "-"]


@pytest.mark.parametrize("day", ["2014-01-01", "2020-06-30", "2020-08-01", "2024-01-01"])
def test_json_follows_its_schema(defcheck: Run, day: str) -> None:
    found = as_json(defcheck, "--on", day)
    assert found["on"] == day
    assert found["programme_over"] == (day == "2024-01-01")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--on", "yesterday"], ["yesterday is not a date", "YYYY-MM-DD"]),
        (["--on", "2020-02-30"], ["2020-02-30 is not a date"]),
        (["--on", "20200801"], ["20200801 is not a date"]),
        (["--on", "2020-W10-1"], ["not a date"]),
        (["--kind", "nova"], ["Unknown kind of guideline: nova", "guideline, dns, orchestration"]),
        (["--kind", "scs"], ["No edition of scs was approved"]),
    ],
)
def test_wrong_use_is_answered_in_words(
    defcheck: Run, refused: Refused, arguments: list[str], words: list[str]
) -> None:
    refused(defcheck("guideline", "lifecycle", *arguments), 2, *words)
