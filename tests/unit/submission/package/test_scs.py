"""The report for the SCS compliance monitor, read as the monitor reads it."""

import copy
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from defcheck.errors import VERDICT_CODES
from defcheck.submission.bundle import archive
from defcheck.submission.bundle.archive import unpack_archive
from defcheck.submission.package import checks, creation, model
from defcheck.submission.package import scs_report as monitor
from defcheck.submission.package.model import PackageFacts, PackageFindingKind
from defcheck.workflows.submission import make_bundle
from tests.evidence import inventory_names, make_run_of
from tests.unit.results.streams import ended, ran, v2
from tests.unit.submission.package.runs import (
    DETAILED,
    KEYPAIRS,
    LISTED,
    Files,
    complete,
    compute_run,
    edit,
    facts_of,
    package_of,
    scs_run,
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
    text = complete(scs)[model.SCS_REPORT]
    document, old = yaml.safe_load(text), taken(text)
    assert old["results"] == {LISTED: 1, DETAILED: -1}
    assert {name: one["result"] for name, one in document["tests"].items()} == old["results"]
    for key in ("uuid", "subject", "checked_at", "scope"):
        assert document[key] == old[key]
    assert old["subject"] == "example-cloud"
    assert old["scope"] == "50393e6f-2ae1-4c5c-a62c-3b75f2abef3f"


def test_the_time_has_no_zone_as_the_monitor_compares_it(scs: Files) -> None:
    moment = taken(complete(scs)[model.SCS_REPORT])["checked_at"]
    assert moment == datetime(2026, 11, 22, 12, 0, 1)
    assert moment < datetime.now()


def test_a_skip_has_no_result_and_is_told_in_the_log(scs: Files) -> None:
    document = yaml.safe_load(scs[model.SCS_REPORT])
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
    first = yaml.safe_load(scs[model.SCS_REPORT])["uuid"]
    assert (
        monitor.build_scs_report(again)["uuid"] == first != monitor.build_scs_report(other)["uuid"]
    )


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
    text = files[model.SCS_REPORT].decode()
    assert old in text
    files[model.SCS_REPORT] = text.replace(old, new).encode()
    remarks = checks.check_package(files, None)
    assert words in " ".join(one.text for one in remarks if one.kind is PackageFindingKind.WRONG)


@pytest.mark.parametrize(
    ("pattern", "words", "told"),
    [
        ("^tests:\n", "tests:\n  a.b:\n    result: 1\n", "tests.a.b does not occur in the results"),
        (f"^  {DETAILED}:\n    result: -1\n", "", f"tests.{DETAILED} is missing"),
        (f"^        {DETAILED}: -1\n", "", f"results.{DETAILED} is missing"),
        ("^      - 'ERROR: .*\n", "", "stderr is"),
        ("^  sections: null", "  sections: []", "sections is"),
        ("^subject:", "versions: {}\nsubject:", "versions does not occur in the results"),
    ],
)
def test_added_or_removed_scs_result_is_wrong(
    scs: Files, pattern: str, words: str, told: str
) -> None:
    files = complete(scs)
    edit(model.SCS_REPORT, pattern, words)(files)
    remarks = checks.check_package(files, None)
    assert told in " ".join(one.text for one in remarks if one.kind is PackageFindingKind.WRONG)


def invocation(document: dict[str, Any]) -> dict[str, Any]:
    """Return the only invocation of the form before that of 2026."""
    (found,) = document["run"]["invocations"].values()
    return cast("dict[str, Any]", found)


def shown_to_everybody(found: dict[str, Any]) -> list[str]:
    """Return the lines of an invocation that the monitor's public page of a report shows.

    The rule is that of compliance-monitor/monitor.py of 2025.
    """
    return [
        *(line for line in found["stdout"] if line.rsplit(": ")[-1] in ("PASS", "ABORT", "FAIL")),
        *(line for line in found["stderr"] if line[:6] in ("WARNIN", "ERROR:")),
    ]


CUT_OFF = "The results are incomplete: the run is interrupted, not finished."
VARIANTS: dict[str, tuple[dict[str, Any], str, int, dict[str, int]]] = {
    "pass": ({}, "pass", 0, {}),
    "pass with allowed skips": ({"skipped": [KEYPAIRS]}, "pass", 0, {}),
    "fail": ({"failed": [LISTED, DETAILED]}, "fail", 1, {"error": 2}),
    "fail that is incomplete too": (
        {"failed": [LISTED], "missing": [KEYPAIRS], "state": "interrupted"},
        *("fail", 1, {"error": 1, "warning": 1}),
    ),
    "not run": ({"missing": [LISTED]}, "incomplete", 3, {"critical": 1}),
    "broken off": ({"unfinished": [LISTED]}, "incomplete", 3, {"critical": 1, "warning": 1}),
    "all passed, interrupted": (
        {"state": "interrupted"},
        *("incomplete", 3, {"critical": 1, "warning": 1}),
    ),
    "allowed skips, interrupted": (
        {"skipped": [LISTED, DETAILED, KEYPAIRS], "state": "interrupted"},
        *("incomplete", 3, {"critical": 1, "warning": 1}),
    ),
}
"""How a run differs from one in which everything passed; verdict, return code, lines a channel."""


@pytest.mark.parametrize("name", VARIANTS)
def test_the_verdict_stands_in_both_forms_and_only_a_pass_is_rc_0(
    name: str, tmp_path: Path
) -> None:
    changes, verdict, code, channels = VARIANTS[name]
    facts = facts_of(scs_run(tmp_path / "run", **changes))
    text = creation.render_blank_form(model.SCS_REPORT, facts)
    document = yaml.safe_load(text)
    found = invocation(document)
    assert (document["verdict"], found["rc"]) == (verdict, code)
    assert facts.document["verdict"] == verdict
    word = {"pass": "PASS", "fail": "FAIL", "incomplete": "ABORT"}[verdict]
    headline = f"scs-0128 scs-iaas, verdict {verdict}: {word}"
    for lines in (document["log"], found["stdout"]):
        assert lines[:2] == [headline, facts.document["why"]]
        # The first line is the verdict, the second one why, with the first problem.
        assert sum(line.startswith("The results are incomplete: ") for line in lines[2:]) == (
            channels.get("warning", 0)
        )
    assert shown_to_everybody(found)[0] == headline
    none = {"info": 0, "warning": 0, "error": 0, "critical": 0}
    assert {key: found[key] for key in none} == {**none, **channels}
    last = {"pass": [], "fail": ["ERROR"], "incomplete": ["CRITICAL"]}[verdict]
    assert [line.split(":")[0] for line in found["stderr"]] == (
        ["WARNING"] * channels.get("warning", 0) + last
    )
    if changes.get("state"):
        assert CUT_OFF in document["log"]
        assert f"WARNING: {CUT_OFF}" in found["stderr"]


@pytest.mark.parametrize("name", ["pass", "fail", "not run", "all passed, interrupted"])
@pytest.mark.parametrize(
    ("pattern", "words", "told"),
    [
        ("^verdict: .*", "verdict: {verdict}", "verdict is"),
        ("^      rc: .*", "      rc: {code}", ".rc is"),
        ("^- .scs-0128 scs-iaas, verdict .*", "- 'x: PASS'", "log is"),
        ("^      - .scs-0128 scs-iaas, verdict .*", "      - 'x: PASS'", "stdout is"),
        ("^      critical: .*", "      critical: 7", "critical is"),
        ("^verdict: .*\n", "", "verdict is missing"),
        ("^      rc: .*\n", "", ".rc is missing"),
    ],
)
def test_another_verdict_or_rc_than_the_bundle_s_is_wrong(
    name: str, pattern: str, words: str, told: str, packages: dict[str, Files]
) -> None:
    verdict = VARIANTS[name][1]
    other = "fail" if verdict == "pass" else "pass"
    files = complete(packages[name])
    assert not [
        one for one in checks.check_package(files, None) if one.kind is PackageFindingKind.WRONG
    ]
    change = words.format(verdict=other, code=VERDICT_CODES[other].value)
    edit(model.SCS_REPORT, pattern, change)(files)
    wrong = [
        one for one in checks.check_package(files, None) if one.kind is PackageFindingKind.WRONG
    ]
    assert {one.file for one in wrong} == {model.SCS_REPORT}
    assert told in " ".join(one.text for one in wrong)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Files]:
    """Return the package of each variant that a bundle can be made of."""
    folder = tmp_path_factory.mktemp("scs")
    return {
        name: package_of(scs_run(folder / name, **VARIANTS[name][0]))
        for name in ("pass", "fail", "not run", "all passed, interrupted")
    }


def test_a_failure_in_one_of_two_capabilities_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = facts_of(scs_run(tmp_path / "run"))
    capabilities = copy.deepcopy(facts.document["capabilities"])
    (listing,) = [item for item in capabilities if item["tests"][0]["name"] == LISTED]
    again = copy.deepcopy(listing)
    again["tests"] = [{**listing["tests"][0], "outcome": "not run", "judgement": "incomplete"}]
    listing["tests"][0].update(outcome="failed", judgement="fail")
    monkeypatch.setitem(facts.document, "capabilities", [*capabilities, again])
    assert monitor.collect_scs_results(facts)[LISTED] == -1
    listing["tests"][0].update(outcome="passed", judgement="pass")
    assert LISTED not in monitor.collect_scs_results(facts)


def test_whoever_checks_a_package_is_told_that_the_names_in_it_become_public(
    tmp_path: Path,
) -> None:
    cloud = {"name": "mycloud", "auth_url": "https://keystone.example/v3", "region": "r"}
    run = scs_run(tmp_path / "run", cloud={**cloud, "cpid": "x"})
    plain = complete(creation.create_package_files(facts_of(run), make_bundle(run, None)[0]))
    bare = make_bundle(run, None, ["names"])[0]
    facts = PackageFacts.from_bundle(unpack_archive(bare, archive.BUNDLE_FILES))
    redacted = complete(creation.create_package_files(facts, bare))
    for files, told in ((plain, True), (redacted, False)):
        remarks = checks.check_package(files, None)
        assert {one.kind for one in remarks} <= {PackageFindingKind.OK, PackageFindingKind.NOTE}
        assert any(one.text == monitor.PUBLIC_WARNING for one in remarks) == told
        assert (b"mycloud" in files[model.SCS_REPORT]) == told
    text = redacted[model.SCS_REPORT].decode()
    assert yaml.safe_load(text)["run"]["assignment"] == {"os_cloud": "cloud-1"}


def test_the_form_says_what_the_monitor_answers_and_shows(scs: Files) -> None:
    comments = [
        line.removeprefix("# ")
        for line in scs[model.SCS_REPORT].decode().splitlines()
        if line.startswith("#")
    ]
    words = " ".join(comments)
    for said in ("200 with the body `null`", "409", "no test cases", "--redact names"):
        assert said in words


def test_an_unfinished_test_is_broken_off_and_no_pass(tmp_path: Path) -> None:
    first, second = inventory_names(LISTED, DETAILED)
    stream = v2(*ran(first), ended(second, "inprogress"))
    run = make_run_of(tmp_path / "run", stream, "scs-0128", "scs-iaas", workers=2)
    assert monitor.collect_scs_results(facts_of(run)) == {LISTED: 1, DETAILED: 0}
