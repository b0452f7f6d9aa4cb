"""`defcheck report`: reports of a run that exists already, never of an edited verdict."""

import gzip
import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from defcheck.guideline import catalog
from defcheck.runner.record import RunRecord
from defcheck.runner.run_directory import RunDirectory

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture
def run_directory(tmp_path: Path, defcheck: Run) -> Path:
    """Return the directory of a real run that failed, with its verdict."""
    guideline, data = catalog.load_with_bytes("2020.06")
    inventory = gzip.decompress((DATA / "inventory.txt.gz").read_bytes())
    results = gzip.decompress((DATA / "quotas-fail.subunit.gz").read_bytes())
    directory = RunDirectory.create(tmp_path / "run")
    directory.write_inputs(data, "", inventory)
    directory.raw_results.write_bytes(results)
    directory.write_record(
        RunRecord.build(
            defcheck="0",
            tempest="47.0.0",
            python="3.11.7",
            guideline={"id": "2020.06", "sha256": guideline.sha256, "schema": "2.0"},
            target="object",
            statuses=["required"],
            cloud={"name": "c", "auth_url": "http://127.0.0.1/v3", "region": "R", "cpid": "x"},
            credentials="accounts",
            workers=2,
            planned=["a"],
            absent=[],
            inventory_sha256=hashlib.sha256(inventory).hexdigest(),
            started="2031-01-01T00:00:00+00:00",
            state="finished",
            runner_code=0,
            results_sha256=hashlib.sha256(results).hexdigest(),
        )
    )
    assert defcheck("score", directory.path, "-f", f"json:{directory.path}/verdict.json")
    return directory.path


def test_it_writes_every_format_that_is_asked_for(defcheck: Run, run_directory: Path) -> None:
    done = defcheck("report", run_directory, "-f", "junit:j.xml", "-f", "csv:t.csv", "-f", "rst")
    assert done.returncode == 0
    assert done.stdout.startswith("FAIL: OpenStack Powered Storage, guideline 2020.06\n===")
    assert done.stderr.splitlines() == ["Wrote j.xml", "Wrote t.csv"]
    folder = run_directory.parent / "work"
    assert "<failure" in (folder / "j.xml").read_text()
    assert (folder / "t.csv").read_text().count("\n") == 61
    again = defcheck("report", run_directory, "-f", "junit:j.xml")
    assert (again.returncode, "exists already" in again.stderr) == (2, True)


def test_an_edited_verdict_is_not_repeated(defcheck: Run, run_directory: Path) -> None:
    path = run_directory / "verdict.json"
    path.write_text(path.read_text().replace('"verdict": "fail"', '"verdict": "pass"'))
    done = defcheck("report", run_directory)
    assert done.stdout.startswith("FAIL")
    assert f"Warning: {path} says pass, the results say fail." in done.stderr


def test_edited_results_are_refused(defcheck: Run, refused: Refused, run_directory: Path) -> None:
    (run_directory / "results.subunit").write_bytes(b"")
    refused(defcheck("report", run_directory), 2, "not what the run wrote")


def test_other_options_than_those_of_the_run_are_refused(
    defcheck: Run, refused: Refused, run_directory: Path
) -> None:
    refused(defcheck("report", run_directory, "--strict"), 2, "other options: none", "score")
    verdict = json.loads((run_directory / "verdict.json").read_text())
    verdict["policy"]["changes"] = ["strict"]
    (run_directory / "verdict.json").write_text(json.dumps(verdict))
    assert defcheck("report", run_directory, "--strict").returncode == 0


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"policy": 1}', "\x00"])
def test_invalid_verdict_file_is_an_error(defcheck: Run, run_directory: Path, content: str) -> None:
    (run_directory / "verdict.json").write_text(content)
    done = defcheck("report", run_directory)
    assert (done.returncode, done.stdout[:4]) == (0, "FAIL")
    assert "is not a verdict of defcheck" in done.stderr


def test_other_results_are_for_score(defcheck: Run, refused: Refused) -> None:
    refused(defcheck("report", DATA / "quotas.subunit.gz"), 2, "not a run directory", "score")


def test_refstack_json_is_what_an_upload_sends(defcheck: Run, run_directory: Path) -> None:
    done = defcheck("report", run_directory, "-f", "refstack:passed.json")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "Wrote passed.json")
    assert defcheck("upload", run_directory, "-o", "sent.json").returncode == 0
    folder = run_directory.parent / "work"
    assert (folder / "passed.json").read_bytes() == (folder / "sent.json").read_bytes()
    names = {one["name"] for one in json.loads((folder / "sent.json").read_bytes())["results"]}
    verdict = json.loads((run_directory / "verdict.json").read_bytes())
    for test in (test for item in verdict["capabilities"] for test in item["tests"]):
        assert (test["outcome"] == "passed") == names.issuperset(test["found"] or [""])
    printed = defcheck("score", run_directory, "-f", "refstack")
    assert json.loads(printed.stdout) == json.loads((folder / "sent.json").read_bytes())
    assert printed.returncode == 1


def test_no_refstack_json_of_an_unknown_cloud_and_nothing_else_is_written_then(
    defcheck: Run, refused: Refused, run_directory: Path
) -> None:
    formats = ("-f", "csv:tests.csv", "-f", "refstack:passed.json")
    options = ("-g", "2020.06", "-t", "storage", *formats)
    refused(
        defcheck("score", run_directory / "results.subunit", *options), 2, "do not name their cloud"
    )
    assert not list((run_directory.parent / "work").iterdir())


def test_no_refstack_json_of_a_run_that_was_cut_off(
    defcheck: Run, refused: Refused, run_directory: Path
) -> None:
    record = run_directory / "run.json"
    record.write_text(record.read_text().replace('"state": "finished"', '"state": "interrupted"'))
    refused(defcheck("report", run_directory, "-f", "refstack"), 2, "are incomplete", "--partial")
