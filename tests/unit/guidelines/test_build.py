"""`guidelines/build.py` makes the committed files again, and refuses bad input."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from builder.edition import build, main
from builder.tables import Words

WHOLE_RULE_BOOK = {("flags", "codes", "D402"), ("flags", "codes", "D403")}
"""Reason codes that the rules know and no published flag bears."""


@pytest.fixture
def broken(originals: Path, tmp_path: Path) -> Path:
    """Return a copy of the originals, to be broken."""
    return Path(shutil.copytree(originals, tmp_path / "originals"))


def change(path: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    """Edit a JSON file in place."""
    document = json.loads(path.read_bytes())
    edit(document)
    path.write_text(json.dumps(document))


def refuse(originals: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Build from bad originals; return the one line that it says, having written nothing."""
    into = tmp_path / "into"
    assert main([str(originals), "--into", str(into)]) == 2
    assert not into.exists()
    streams = capsys.readouterr()
    assert streams.out == ""
    assert len(streams.err.splitlines()) == 1
    assert "Traceback" not in streams.err
    return streams.err


def json_files(folder: Path) -> dict[str, bytes]:
    """Return the built files under a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*.json")
        if path.parent.name not in ("words", "schemas")
    }


def test_building_again_gives_the_committed_files(
    originals: Path, bundled: Path, tmp_path: Path
) -> None:
    assert main([str(originals), "--into", str(tmp_path)]) == 0
    assert json_files(tmp_path) == json_files(bundled)
    assert len(json_files(tmp_path)) == 29
    assert not list(tmp_path.rglob("*.tmp"))


def test_it_runs_as_a_file(originals: Path, bundled: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", str(bundled / "build.py"), str(originals)]
    done = subprocess.run(
        [*command, "--into", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "index.json").read_bytes() == (bundled / "index.json").read_bytes()


def test_every_word_is_used(originals: Path) -> None:
    words = Words()
    build(originals, words)
    assert entry_paths(words) - words.used - WHOLE_RULE_BOOK == set()


def entry_paths(words: Words) -> set[tuple[str, ...]]:
    """Return the path of every entry of the tables, as `Words.used` has it."""
    tables = words.tables
    paths: set[tuple[str, ...]] = {
        (table, name)
        for table in ("capabilities", "criteria", "repositories", "targets")
        for name in tables[table]
    }
    paths |= {("flags", "codes", code) for code in tables["flags"]["codes"]}
    for table in ("details", "actions"):
        paths |= {("flags", table, str(number)) for number in range(len(tables["flags"][table]))}
    for table in ("areas", "projects"):
        paths |= {("scs", table, name) for name in tables["scs"][table]}
    for project, sections in tables["sections"].items():
        for name, fields in sections.items():
            paths |= {("sections", project, name, field) for field in fields}
    for project, statuses in tables["projects"].items():
        for status, variants in statuses.items():
            numbers = range(len(variants))
            paths |= {("projects", project, status, str(number)) for number in numbers}
    return paths


def test_a_missing_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no folder" in refuse(tmp_path / "nowhere", tmp_path, capsys)


@pytest.mark.parametrize(
    "name",
    [
        "guidelines/2015.03.json",
        "add-ons/dns.2018.02.json",
        "verticals/nfv.next.json",
        "scs-0128/tempest-tests-non-admin.lst",
    ],
)
def test_a_missing_file_is_refused(
    name: str, broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (broken / name).unlink()
    assert name in refuse(broken, tmp_path, capsys)


def test_a_guideline_that_is_not_listed_is_refused(
    broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(broken / "guidelines/2020.06.json", broken / "guidelines/2022.11.json")
    assert "2022.11.json" in refuse(broken, tmp_path, capsys)


def test_all_names_without_words_are_told_at_once(
    broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["capabilities"]["compute-teleport"] = {"description": "Beam a server", "tests": {}}
        document["criteria"]["lucky"] = {"name": "Lucky", "weight": 1, "Description": "Luck"}

    change(broken / "guidelines/2016.08.json", edit)
    error = refuse(broken, tmp_path, capsys)
    assert "capabilities compute-teleport" in error
    assert "criteria lucky" in error


@pytest.mark.parametrize(
    ("reason", "action", "complaint"),
    [
        ("The moon is full.", "Drop it in future.", "The moon is full."),
        ("D400 The moon is full.", "Wait for the morning.", "Wait for the morning."),
        ("D499 The moon is full.", "Drop it in future.", "flags codes D499"),
    ],
)
def test_a_flag_without_words_is_refused(
    reason: str,
    action: str,
    complaint: str,
    broken: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def edit(document: dict[str, Any]) -> None:
        test = next(iter(document["capabilities"]["compute-servers-lock"]["tests"].values()))
        test["flagged"] = {"date": "2020-01-01", "reason": reason, "action": action}

    change(broken / "guidelines/2020.06.json", edit)
    assert complaint in refuse(broken, tmp_path, capsys)


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (lambda document: document.update(remarks="Hello"), "remarks"),
        (lambda document: document["metadata"].update(source="See our big web site now"), "prose"),
        (lambda document: document.update(capabilities=["x"]), "not shaped like a guideline"),
        (lambda document: document["metadata"].update(schema="9.9"), "9.9"),
        (
            lambda document: document["designated_sections"].update(
                trove={
                    "required": {
                        "guidance": "All of it",
                        "sections": {},
                    }
                }
            ),
            "projects trove required",
        ),
        (
            lambda document: document["designated_sections"]["nova"]["required"]["sections"].update(
                cells={"designated": True, "description": "Cells"}
            ),
            "sections nova cells",
        ),
    ],
    ids=["field", "prose", "shape", "schema", "project", "section"],
)
def test_what_it_does_not_know_is_refused(
    edit: Callable[[dict[str, Any]], None],
    complaint: str,
    broken: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    change(broken / "guidelines/2020.06.json", edit)
    assert complaint in refuse(broken, tmp_path, capsys)


def test_what_is_not_json_is_refused(
    broken: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (broken / "guidelines/next.json").write_bytes(b"\xff{")
    assert "next.json is not JSON" in refuse(broken, tmp_path, capsys)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("tempest.api.compute.test_versions.TestVersions.test_x", "Need name[id]"),
        ("tempest.api.compute.test_versions.TestVersions.test_x[]", "Need name[id]"),
        ("tempest.api.moon.Test.test_x[id-6c0a0990-43b6-4529-9b61-5fd8daf7c551]", "scs areas"),
        (
            "tempest.api.compute.test_versions.TestVersions.test_list_api_versions"
            "[id-6c0a0990-43b6-4529-9b61-5fd8daf7c55c,smoke]",
            "twice",
        ),
    ],
)
def test_a_strange_line_in_the_scs_list_is_refused(
    line: str,
    complaint: str,
    broken: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with (broken / "scs-0128/tempest-tests-non-admin.lst").open("a") as file:
        file.write(f"{line}\n")
    assert complaint in refuse(broken, tmp_path, capsys)


def test_a_folder_that_cannot_be_written_stays_as_it_was(
    originals: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scs").write_text("in the way")
    (tmp_path / "2015.03.json").write_text("old")
    assert main([str(originals), "--into", str(tmp_path)]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert (tmp_path / "2015.03.json").read_text() == "old"
    left = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert left == ["2015.03.json", "scs"]
