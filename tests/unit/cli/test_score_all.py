"""`defcheck score --all`: the matrix and the look ahead."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]

SCHEMA = Path(__file__).resolve().parents[3] / "reports/schemas/matrix-1.json"


def test_every_guideline_has_its_verdict_and_what_lies_ahead_is_said(
    defcheck: Run, shared: Path
) -> None:
    done = defcheck("score", "--all", shared / "results/full-accounts-c2.subunit.gz")
    assert done.returncode == 0
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line}
    assert "PASS 36/36" in lines["2017.09"]
    assert "INCOMPLETE 268/273" in lines["2020.06"]
    assert "not run 0/10" in lines["dns.2020.06"]
    assert "no verdict" in lines["dns.next"]
    assert "INCOMPLETE 202/258" in lines["scs-0128"]
    assert "Outlook for object: passes 2017.09" in done.stdout
    assert "2018.02, 2020.06, next: 3 required tests in 2 capabilities" in done.stdout


def test_score_all_writes_a_valid_document_and_a_page(
    defcheck: Run, shared: Path, tmp_path: Path
) -> None:
    source = shared / "results/small-dynamic-c2.subunit.gz"
    page = tmp_path / "all.html"
    done = defcheck("score", source, "--all", "-t", "storage", "-f", "json", "-f", f"html:{page}")
    document = json.loads(done.stdout)
    jsonschema.validate(document, json.loads(SCHEMA.read_bytes()))
    assert {row["target"]["name"] for row in document["verdicts"]} == {"object"}
    passed = [row["guideline"] for row in document["verdicts"] if row["verdict"] == "pass"]
    assert "2020.06" in passed
    assert page.read_text().startswith("<!doctype html>")


def test_wrong_use_is_refused(defcheck: Run, refused: Refused, shared: Path) -> None:
    source = shared / "results/small-dynamic-c2.subunit.gz"
    refused(defcheck("score", source, "--all", "-g", "2020.06"), 2, "Omit one of the two")
    refused(
        defcheck("score", source, "--all", "-t", "moon"),
        2,
        "No guideline has a target moon",
        "platform",
    )
    refused(defcheck("score", "gone", "--all"), 2, "gone cannot be read")
