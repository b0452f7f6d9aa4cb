"""`defcheck explain`: a capability or a test, and what came of it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]

SCHEMA = Path(__file__).resolve().parents[3] / "reports/schemas/explanation-1.json"


def test_a_test_that_was_skipped(defcheck: Run, shared: Path) -> None:
    source = shared / "results/small-accounts-c2.subunit.gz"
    done = defcheck("explain", "test_list_containers_with_marker", "-r", source, "-t", "storage")
    assert done.returncode == 0
    shown = " ".join(done.stdout.split())
    assert "Capability objectstore-account-list" in shown
    assert "in 2020.06: required for platform, object" in shown
    assert "2017.01 to 2017.09: in objectstore-account-list, required" in shown
    assert "small-accounts-c2.subunit.gz, for target object: skipped" in shown
    assert "Skipped because of bug#2147232." in shown


def test_a_test_whose_class_could_not_be_set_up(defcheck: Run, shared: Path) -> None:
    source = shared / "results/small-one-account-c2.subunit.gz"
    word = "id-638f876d-6a43-482a-bbb3-0840bca101c6"
    done = defcheck("explain", word, "-r", source, "--format", "json")
    document = json.loads(done.stdout)
    jsonschema.validate(document, json.loads(SCHEMA.read_bytes()))
    result = document["capabilities"][0]["tests"][0]["result"]
    assert result["outcome"] == "fixture error"
    assert result["events"] == [
        "setUpClass (tempest.api.object_storage.test_account_services.AccountTest)"
    ]


def test_the_newest_approved_guideline_that_has_it_is_taken(defcheck: Run) -> None:
    assert "in 2020.06: required" in defcheck("explain", "compute-servers-create").stdout
    old = defcheck("explain", "compute-servers")
    assert old.returncode == 0
    assert "in 2015.05: required" in old.stdout


def test_what_it_does_not_know_is_said_in_words(
    defcheck: Run, refused: Refused, tmp_path: Path
) -> None:
    refused(defcheck("explain", "nonsense"), 2, "no capability or test nonsense")
    refused(defcheck("explain", "x", "-g", "1999.01"), 2, "no guideline 1999.01")
    refused(defcheck("explain", "x", "-r", tmp_path / "gone"), 2, "cannot be read")
