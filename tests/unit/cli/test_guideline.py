"""`defcheck guideline list | show | tests`."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]


def test_list_names_every_bundled_guideline(defcheck: Run) -> None:
    done = defcheck("guideline", "list")
    ids = [line.split()[0] for line in done.stdout.splitlines()[1:]]
    assert done.returncode == 0
    assert len(ids) == 28
    assert {"2015.03", "2020.06", "next", "dns.2018.02", "nfv.next", "scs-0128"} <= set(ids)


def test_list_as_json_says_where_each_was_published(defcheck: Run) -> None:
    entries = json.loads(defcheck("guideline", "list", "--format", "json").stdout)
    assert all(entry["origin"]["commit"] and entry["origin"]["sha256"] for entry in entries)


def test_show_tells_targets_capabilities_and_flags(defcheck: Run) -> None:
    done = defcheck("guideline", "show", "2020.06")
    assert done.returncode == 0
    assert "required: 78 capabilities, 284 tests, 11 flagged" in done.stdout
    assert "compute-servers-lock" in done.stdout


def test_show_says_when_a_file_states_a_wrong_id(defcheck: Run) -> None:
    done = defcheck("guideline", "show", "orchestration.2018.02")
    assert "the file itself states the id orchestration.next" in done.stdout


def test_refstack_format_is_byte_equal_to_what_the_server_gave_out(
    defcheck: Run, shared: Path
) -> None:
    lists = sorted((shared / "refstack/testlists").glob("*.txt"))
    assert len(lists) == 6
    for path in lists:
        name, target, types, alias, flag = path.stem.split("__")
        done = defcheck(
            *("guideline", "tests", name, "--target", target, "--type", types),
            "--alias" if alias == "alias-t" else "--no-alias",
            "--flagged" if flag == "flag-t" else "--no-flagged",
            *("--format", "refstack"),
        )
        assert done.returncode == 0
        assert done.stdout.encode() == path.read_bytes(), path.name


def test_an_empty_test_list_is_empty(defcheck: Run) -> None:
    done = defcheck("guideline", "tests", "dns.next", "--format", "refstack")
    assert (done.returncode, done.stdout) == (0, "")


def test_load_list_has_the_names_of_the_installed_tempest(defcheck: Run) -> None:
    done = defcheck("guideline", "tests", "2020.06", "-t", "storage", "--format", "load-list")
    names = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert len(names) >= 50
    assert all("[id-" in name for name in names)


def test_json_rows_hold_capability_and_flag(defcheck: Run) -> None:
    done = defcheck("guideline", "tests", "2020.06", "-t", "compute", "--format", "json")
    rows = json.loads(done.stdout)
    assert sum(row["flagged"] for row in rows) == 11
    assert {row["status"] for row in rows} == {"required"}


def test_a_guideline_file_is_named_by_its_path(defcheck: Run, tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    document = {
        "metadata": {"id": "own", "schema": "2.0"},
        "platforms": {"Own Cloud": {"components": [{"name": "c"}]}},
        "components": {"c": {"capabilities": {"required": ["a"]}}},
        "capabilities": {"a": {"tests": {"m.C.test_x": {"idempotent_id": "id-1"}}}},
    }
    path.write_text(json.dumps(document))
    done = defcheck("guideline", "tests", path)
    assert (done.returncode, done.stdout) == (0, "m.C.test_x\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "2031.01"], ["no guideline 2031.01", "2020.06", "scs-0128"]),
        (["tests", "2020.06", "-t", "edge"], ["no target edge", "platform, compute, object"]),
        (["tests", "2020.06"], ["several targets", "--target", "platform"]),
        (
            ["tests", "2020.06", "-t", "object", "--type", "must"],
            ["Unknown status: must", "required, advisory, deprecated, removed"],
        ),
        (["show", "./missing.json"], ["missing.json", "cannot be read"]),
    ],
)
def test_what_is_unknown_is_answered_with_what_is_known(
    defcheck: Run, refused: Refused, arguments: list[str], words: list[str]
) -> None:
    refused(defcheck("guideline", *arguments), 2, *words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", ["not JSON"]),
        ("[]", ["a list, not a JSON object"]),
        ("\x00\x01", ["not JSON"]),
        ('{"schema": "7.0"}', ["schema version 7.0", "1.2, 1.3"]),
        ("{}", ["schema version none"]),
        (
            '{"schema": "1.6", "id": "x", "platform": {"required": ["compute"]}}',
            ["names the component compute", "does not define"],
        ),
        (
            '{"schema": "1.6", "id": "x", "components": {"c": {"required": ["a"]}}}',
            ["component c", "required capability a", "does not define"],
        ),
        (
            '{"schema": "1.6", "id": "x", "capabilities": {"a": {"tests": 3}}}',
            ["capabilities.a.tests must be an object, not a number"],
        ),
    ],
)
def test_a_bad_guideline_file_is_refused_in_words(
    defcheck: Run, refused: Refused, tmp_path: Path, content: str, words: list[str]
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content)
    refused(defcheck("guideline", "show", path), 2, "bad.json", *words)
