"""The report for the SCS compliance monitor, read as the monitor reads it."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from defcheck.submit.package import check, content
from defcheck.submit.package import scs as monitor
from defcheck.submit.package.remarks import Kind
from tests.evidence import inventory_names, make_run_of
from tests.unit.results.streams import ended, ran, v2
from tests.unit.submit.package.runs import (
    DETAILED,
    KEYPAIRS,
    LISTED,
    Files,
    complete,
    compute_run,
    edit,
    facts_of,
    score,
)


def taken(text: bytes) -> dict[str, Any]:
    """Return what the monitor stores of a report in the form before that of 2026.

    The keys are those that it reads (compliance-monitor/monitor.py of 2025).
    """
    (document,) = yaml.safe_load_all(text)
    json.dumps(document, default=lambda value: str(value) if isinstance(value, date) else None)
    assert isinstance(document["checked_at"], datetime)
    return {
        "uuid": document["run"]["uuid"],
        "subject": document["subject"],
        "checked_at": document["checked_at"],
        "scope": document["spec"]["uuid"],
        "results": {
            name: result
            for invocation in document["run"]["invocations"].values()
            for name, result in invocation["results"].items()
        },
    }


def test_both_forms_of_the_report_say_the_same(scs: Files) -> None:
    text = complete(scs)[content.SCS_REPORT]
    document, old = yaml.safe_load(text), taken(text)
    assert old["results"] == {LISTED: 1, DETAILED: -1}
    assert {name: one["result"] for name, one in document["tests"].items()} == old["results"]
    for key in ("uuid", "subject", "checked_at", "scope"):
        assert document[key] == old[key]
    assert old["subject"] == "example-cloud"
    assert old["scope"] == "50393e6f-2ae1-4c5c-a62c-3b75f2abef3f"


def test_the_time_has_no_zone_as_the_monitor_compares_it(scs: Files) -> None:
    moment = taken(complete(scs)[content.SCS_REPORT])["checked_at"]
    assert moment == datetime(2026, 11, 22, 12, 0, 1)
    assert moment < datetime.now()


def test_a_skip_has_no_result_and_is_told_in_the_log(scs: Files) -> None:
    document = yaml.safe_load(scs[content.SCS_REPORT])
    assert KEYPAIRS not in document["tests"]
    assert f"{KEYPAIRS}: skipped, Not here." in document["log"]
    assert f"{LISTED}: PASS" in document["log"]
    assert f"{DETAILED}: FAIL" in document["log"]
    assert any(line.endswith(": not run") for line in document["log"])


def test_the_same_results_are_one_report_and_others_another(tmp_path: Path, scs: Files) -> None:
    again = facts_of(compute_run(tmp_path / "again", "scs-0128", "scs-iaas"))
    other = facts_of(
        compute_run(tmp_path / "other", "scs-0128", "scs-iaas", traceback="Traceback\nOther: x")
    )
    first = yaml.safe_load(scs[content.SCS_REPORT])["uuid"]
    assert monitor.report(again)["uuid"] == first != monitor.report(other)["uuid"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("result: -1", "result: 1", "tests."),
        (": -1\n", ": 1\n", "results."),
        ("FAIL'", "PASS'", "log is"),
        ("subject: example-cloud", "subject: my cloud", "without blanks"),
        ("subject: example-cloud", "subject: 1", "put it in quotes"),
        ("checked_at: 2026-11-22", "checked_at: 2026-11-23", "checked_at is"),
        ("scope: 5", "scope: 6", "scope is"),
    ],
)
def test_what_contradicts_the_bundle(scs: Files, old: str, new: str, words: str) -> None:
    files = complete(scs)
    text = files[content.SCS_REPORT].decode()
    assert old in text
    files[content.SCS_REPORT] = text.replace(old, new).encode()
    remarks = check.check(files, None, score)
    assert words in " ".join(one.text for one in remarks if one.kind is Kind.WRONG)


@pytest.mark.parametrize(
    ("pattern", "words", "told"),
    [
        ("^tests:\n", "tests:\n  a.b:\n    result: 1\n", "tests.a.b is in no result"),
        (f"^  {DETAILED}:\n    result: -1\n", "", f"tests.{DETAILED} is missing"),
        (f"^        {DETAILED}: -1\n", "", f"results.{DETAILED} is missing"),
        (r"^      stderr: \[\]", "      stderr: [x]", "stderr is"),
        ("^  sections: null", "  sections: []", "sections is"),
        ("^subject:", "versions: {}\nsubject:", "versions is in no result"),
    ],
)
def test_a_result_more_or_less(scs: Files, pattern: str, words: str, told: str) -> None:
    files = complete(scs)
    edit(content.SCS_REPORT, pattern, words)(files)
    remarks = check.check(files, None, score)
    assert told in " ".join(one.text for one in remarks if one.kind is Kind.WRONG)


def test_an_unfinished_test_is_broken_off_and_no_pass(tmp_path: Path) -> None:

    first, second = inventory_names(LISTED, DETAILED)
    stream = v2(*ran(first), ended(second, "inprogress"))
    run = make_run_of(tmp_path / "run", stream, "scs-0128", "scs-iaas", workers=2)
    assert monitor.results(facts_of(run)) == {LISTED: 1, DETAILED: 0}
