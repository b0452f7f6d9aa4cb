"""`defcheck guideline check`, of files and against a Tempest."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]

SCHEMAS = Path(__file__).resolve().parents[3] / "reports" / "schemas"


def valid(text: str, name: str) -> Any:
    """Return decoded JSON that its schema allows."""
    found = json.loads(text)
    schema = json.loads((SCHEMAS / name).read_bytes())
    jsonschema.Draft202012Validator(schema).validate(found)
    return found


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """Return a guideline file with errors, warnings, and a word for the terminal."""
    path = tmp_path / "bad.json"
    document = {
        "metadata": {"id": "other", "schema": "2.0"},
        "platforms": {"Own\u001b[31m": {"components": [{"name": "c"}, {"name": "moon"}]}},
        "components": {"c": {"capabilities": {"required": ["a", "lost"]}}},
        "capabilities": {"a": {"tests": {"m.C.test_x": {"idempotent_id": ""}}}},
    }
    path.write_text(json.dumps(document))
    return path


def test_a_published_guideline_has_warnings_and_is_good(defcheck: Run) -> None:
    done = defcheck("guideline", "check", "2020.06")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("2020.06: ")
    assert "error" not in lines[0]
    assert "  warning unlisted-capability (1)" in lines
    assert "    $.capabilities['images-v2-import'] is listed by no component" in lines


def test_strict_makes_warnings_count(defcheck: Run) -> None:
    assert defcheck("guideline", "check", "2020.06", "--strict").returncode == 1
    assert defcheck("guideline", "check", "nfv.next", "--strict").returncode == 0


def test_all_findings_of_all_files_are_shown(defcheck: Run, bad: Path) -> None:
    done = defcheck("guideline", "check", bad, "nfv.next")
    assert (done.returncode, done.stderr) == (1, "")
    for words in (
        "names lost, which the file does not define",
        "names the component moon, which the file does not define",
        "states the id other, but the file is bad",
        "is empty: the test is found by its name alone",
        "nfv.next: no findings",
    ):
        assert words in done.stdout
    assert "\x1b" not in done.stdout


def test_json_syntax_is_told_with_line_and_column(defcheck: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text('{"metadata": {},\n  "components" {}}')
    done = defcheck("guideline", "check", path)
    assert done.returncode == 1
    assert "at line 2, column 16" in done.stdout


def test_the_json_is_what_its_schema_says(defcheck: Run, bad: Path) -> None:
    done = defcheck("guideline", "check", "2017.01", bad, "./none.json", "--format", "json")
    assert done.returncode == 2
    found = valid(done.stdout, "check-1.json")
    assert [(one["good"], one["errors"]) for one in found["files"]] == [(False, 1), (False, 2)]
    assert [one["name"] for one in found["unreadable"]] == ["./none.json"]
    assert "none.json cannot be read" in done.stderr


def test_an_unknown_id_is_told_and_the_others_are_checked(defcheck: Run, refused: Refused) -> None:
    done = defcheck("guideline", "check", "2031.01", "2020.06")
    assert "2020.06: " in done.stdout
    refused(done, 2, "There is no guideline 2031.01")


def test_a_target_needs_a_tempest(defcheck: Run, refused: Refused) -> None:
    refused(defcheck("guideline", "check", "2020.06", "-t", "storage"), 2, "--tempest")


def test_the_installed_tempest_has_every_counted_test_of_2020_06(defcheck: Run) -> None:
    done = defcheck("guideline", "check", "2020.06", "dns.2020.06", "--tempest")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Guideline 2020.06, against Tempest ")
    assert lines[1] == "  required and not flagged: 273 tests, 273 present"
    assert "  required and not flagged: 10 tests, 10 not installed" in lines
    assert "`pip install designate-tempest-plugin`" in done.stdout
    assert "gone" not in done.stdout.partition("Guideline dns.2020.06")[2]


@pytest.mark.parametrize(("edition", "moved"), [("2016.08", "61 moved"), ("2017.01", "62 moved")])
def test_old_guidelines_are_found_under_new_names(defcheck: Run, edition: str, moved: str) -> None:
    done = defcheck("guideline", "check", edition, "--tempest", "--target", "platform")
    assert done.returncode == 0, done.stdout
    assert moved in done.stdout.splitlines()[1]
    assert "gone" not in done.stdout.splitlines()[1]


def test_another_tempest_comes_from_an_inventory(defcheck: Run, tmp_path: Path) -> None:
    guideline = tmp_path / "own.json"
    document = {
        "metadata": {"id": "own", "schema": "2.0"},
        "platforms": {"Own": {"components": [{"name": "c"}]}},
        "components": {"c": {"capabilities": {"required": ["a"]}}},
        "capabilities": {
            "a": {
                "tests": {
                    "m.C.test_x": {"idempotent_id": "id-1"},
                    "m.C.test_y": {"idempotent_id": "id-2"},
                }
            }
        },
    }
    guideline.write_text(json.dumps(document))
    inventory = tmp_path / "tests.txt"
    inventory.write_text("m.C.test_new[id-1,smoke]\nm.C.test_z[id-3]\n")
    arguments = ("guideline", "check", guideline, "--inventory", inventory)
    done = defcheck(*arguments)
    assert done.returncode == 1
    assert done.stdout.splitlines()[1:] == [
        "  required and not flagged: 2 tests, 1 renamed, 1 gone",
        "  renamed",
        "    m.C.test_x (a)",
        "      is, by id, m.C.test_new",
        "  gone",
        "    m.C.test_y (a)",
    ]
    (one,) = valid(defcheck(*arguments, "--format", "json").stdout, "presence-1.json")["guidelines"]
    assert [test["state"] for test in one["tests"]] == ["renamed", "gone"]
    inventory.write_text("m.C.test_new[id-1]\nm.C.test_y\n")
    assert defcheck(*arguments).returncode == 0
    assert defcheck(*arguments, "--strict").returncode == 1


def test_a_list_of_something_else_is_no_inventory(
    defcheck: Run, refused: Refused, tmp_path: Path
) -> None:
    path = tmp_path / "tests.txt"
    path.write_text("<html>\n")
    refused(defcheck("guideline", "check", "2020.06", "--inventory", path), 2, "Line 1")
