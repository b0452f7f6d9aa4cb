"""What `check` finds: each rule, and what published guidelines break."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from defcheck.guideline import catalog
from defcheck.guideline.lint.findings import (
    LintFinding,
    Severity,
    format_json_path,
    sort_findings,
    summarise_findings,
)
from defcheck.guideline.lint.linter import MAX_FINDINGS, lint_guideline, load_schema
from defcheck.guideline.loader import SCHEMA_READERS, load_guideline_bytes
from tests.unit.shared import JSON, shared_files

UUID = "6c0a0990-43b6-4529-9b61-5fd8daf7c55c"
OTHER = "7c0a0990-43b6-4529-9b61-5fd8daf7c55c"
PLATFORM = "$.platforms['OpenStack Powered Platform']"
CAPABILITY = "$.capabilities.cap"
TEST = f"{CAPABILITY}.tests['a.b.C.test_x']"


def sound() -> JSON:
    """Return a guideline of schema 2.0 without any finding."""
    return {
        "metadata": {
            "id": "2030.06",
            "schema": "2.0",
            "reference": "https://x.org/2.0.json",
            "source": "https://x.org/2030.06.json",
            "scoring": {
                "cutoff_score": 74,
                "criteria": {"atomic": {"name": "A", "description": "One", "weight": 8}},
            },
            "os_trademark_approval": {
                "target_approval": "2030.06",
                "replaces": "2020.06",
                "releases": ["train"],
                "status": "approved",
            },
        },
        "platforms": {"OpenStack Powered Platform": {"components": [{"name": "compute"}]}},
        "components": {
            "compute": {
                "capabilities": {"required": ["cap"]},
                "designated_sections": {"required": ["nova"]},
            }
        },
        "capabilities": {
            "cap": {
                "achievements": ["atomic"],
                "admin": False,
                "description": "A capability",
                "project": "nova",
                "required_since": "2020.06",
                "tests": {"a.b.C.test_x": {"idempotent_id": f"id-{UUID}"}},
            }
        },
        "designated_sections": {"nova": {"required": {"guidance": "All", "sections": {}}}},
        "test_repositories": {"tempest": {"repository": "https://x.org/t", "reference": "main"}},
    }


def found(made: Any, file_id: str = "2030.06") -> tuple[LintFinding, ...]:
    data = made if isinstance(made, bytes) else json.dumps(made).encode()
    return lint_guideline(data, "a.json", file_id, catalog.find_guideline)


def place(made: JSON, path: str) -> tuple[Any, str]:
    *steps, last = path.split("/")
    inner: Any = made
    for step in steps:
        inner = inner[int(step) if step.isdigit() else step]
    return inner, last


def test_a_sound_guideline_has_no_finding() -> None:
    assert found(sound()) == ()
    assert summarise_findings(()) == "no findings"


T = "capabilities/cap/tests/a.b.C.test_x"
FLAG = {"reason": "[D404] See https://x.org/1", "action": "Wait", "date": "2020-06-30"}

BREAKS: list[tuple[str, Any, str, str, str]] = [
    # path, value (None: taken away), severity, rule, JSON path
    ("metadata/schema", "3.0", "error", "schema-version", "$"),
    ("metadata/id", None, "error", "schema", "$.metadata"),
    ("metadata/id", "2031.01", "warning", "wrong-id", "$.metadata.id"),
    ("metadata/source", "https://x.org/next.json", "warning", "wrong-source", "$.metadata.source"),
    ("metadata/source", None, "warning", "missing-key", "$.metadata"),
    ("metadata/colour", "red", "warning", "unknown-key", "$.metadata.colour"),
    ("metadata/policy", "lenient", "error", "schema", "$.metadata.policy"),
    ("metadata/scoring/cutoff_score", "74", "error", "schema", "$.metadata.scoring.cutoff_score"),
    (
        "metadata/os_trademark_approval/status",
        "good",
        "warning",
        "status",
        "$.metadata.os_trademark_approval.status",
    ),
    (
        "metadata/os_trademark_approval/target_approval",
        "June",
        "warning",
        "edition-form",
        "$.metadata.os_trademark_approval.target_approval",
    ),
    (
        "metadata/os_trademark_approval/replaces",
        "1999.01",
        "note",
        "replaces-unknown",
        "$.metadata.os_trademark_approval.replaces",
    ),
    (
        "metadata/os_trademark_approval/replaces",
        "2030.06",
        "error",
        "replaces-itself",
        "$.metadata.os_trademark_approval.replaces",
    ),
    ("remarks", "x", "error", "unknown-key", "$.remarks"),
    ("platforms", None, "error", "no-targets", "$"),
    ("designated_sections", None, "warning", "missing-key", "$"),
    (
        "designated_sections",
        {},
        "error",
        "undefined-project",
        "$.components.compute.designated_sections.required[0]",
    ),
    (
        "components/compute/designated_sections",
        {"advisory": ["nova"]},
        "warning",
        "section-status",
        "$.components.compute.designated_sections.advisory[0]",
    ),
    (
        "components/compute/capabilities/required",
        ["cap", "lost"],
        "error",
        "undefined-capability",
        "$.components.compute.capabilities.required[1]",
    ),
    (
        "components/compute/capabilities/removed",
        ["lost"],
        "warning",
        "undefined-capability",
        "$.components.compute.capabilities.removed[0]",
    ),
    (
        "components/compute/capabilities/advisory",
        ["cap"],
        "warning",
        "listed-twice",
        "$.components.compute.capabilities.advisory[0]",
    ),
    (
        "components/compute/capabilities/requierd",
        ["cap"],
        "error",
        "unknown-key",
        "$.components.compute.capabilities.requierd",
    ),
    (
        "components/compute/capabilities",
        {"advisory": ["cap"]},
        "error",
        "empty-target",
        f"{PLATFORM}",
    ),
    ("components/spare", {"capabilities": {}}, "warning", "unused-component", "$.components.spare"),
    (
        "components/COMPUTE",
        {"capabilities": {}},
        "error",
        "component-clash",
        "$.components.COMPUTE",
    ),
    (
        "platforms/openstack powered platform",
        {"components": [{"name": "compute"}]},
        "error",
        "target-clash",
        "$.platforms['openstack powered platform']",
    ),
    (
        "platforms/OpenStack Powered Platform/components/0/name",
        "Compute",
        "warning",
        "letter-case",
        f"{PLATFORM}.components[0]",
    ),
    (
        "platforms/OpenStack Powered Platform/components/0/name",
        "moon",
        "error",
        "undefined-component",
        f"{PLATFORM}.components[0]",
    ),
    (
        "platforms/OpenStack Powered Platform/components/0/source",
        "x/1969.07.json",
        "warning",
        "source-unknown",
        f"{PLATFORM}.components[0]",
    ),
    (
        "platforms/OpenStack Powered Platform/components/0",
        {"name": "moon", "source": "x/2020.06.json"},
        "error",
        "undefined-component",
        f"{PLATFORM}.components[0]",
    ),
    (
        "capabilities/spare",
        {"tests": {"a.b.C.test_y": {"idempotent_id": f"id-{OTHER}"}}},
        "warning",
        "unlisted-capability",
        "$.capabilities.spare",
    ),
    ("capabilities/cap/tests", {}, "warning", "no-tests", CAPABILITY),
    ("capabilities/cap/tests", None, "error", "schema", CAPABILITY),
    ("capabilities/cap/project", "trove", "warning", "unknown-project", f"{CAPABILITY}.project"),
    (
        "capabilities/cap/achievements",
        ["brave"],
        "warning",
        "unknown-criterion",
        f"{CAPABILITY}.achievements[0]",
    ),
    (
        "capabilities/cap/acheivements",
        ["atomic"],
        "warning",
        "misspelt-key",
        f"{CAPABILITY}.acheivements",
    ),
    ("capabilities/cap/descriptin", "x", "warning", "misspelt-key", f"{CAPABILITY}.descriptin"),
    (
        "capabilities/cap/required-since",
        "2020.06",
        "warning",
        "misspelt-key",
        f"{CAPABILITY}['required-since']",
    ),
    (
        "capabilities/cap/required_since",
        "ever",
        "warning",
        "edition-form",
        f"{CAPABILITY}.required_since",
    ),
    (
        "capabilities/cap/tests/a.b.NEED_TEST",
        {"idempotent_id": f"id-{OTHER}"},
        "error",
        "test-name",
        f"{CAPABILITY}.tests",
    ),
    (
        "capabilities/cap/tests/a.b.C.test_x[id-1]",
        {"idempotent_id": f"id-{OTHER}"},
        "error",
        "test-name",
        f"{CAPABILITY}.tests",
    ),
    (f"{T}/idempotent_id", None, "warning", "id-missing", TEST),
    (f"{T}/idempotent_id", "", "warning", "id-missing", f"{TEST}.idempotent_id"),
    (f"{T}/idempotent_id", UUID, "warning", "id-prefix", f"{TEST}.idempotent_id"),
    (f"{T}/idempotent_id", f"id-{UUID},smoke", "warning", "id-attributes", f"{TEST}.idempotent_id"),
    (f"{T}/idempotent_id", "id-7", "error", "id-form", f"{TEST}.idempotent_id"),
    (f"{T}/idempotent_id", 7, "error", "schema", f"{TEST}.idempotent_id"),
    (f"{T}/flag", FLAG, "error", "misspelt-flag", f"{TEST}.flag"),
    (f"{T}/alias", [], "error", "unknown-key", f"{TEST}.alias"),
    (f"{T}/aliases", [], "warning", "no-aliases", f"{TEST}.aliases"),
    (f"{T}/aliases", ["old name"], "warning", "alias-name", f"{TEST}.aliases[0]"),
    (f"{T}/aliases", ["a.b.C.test_x"], "warning", "alias-self", f"{TEST}.aliases[0]"),
    (f"{T}/aliases", ["a.b.C.test_w"] * 2, "warning", "alias-repeated", f"{TEST}.aliases[1]"),
    (f"{T}/flagged", {}, "error", "empty-flag", f"{TEST}.flagged"),
    (
        f"{T}/flagged",
        {**FLAG, "date": "2020-13-01"},
        "warning",
        "flag-date",
        f"{TEST}.flagged.date",
    ),
    (
        f"{T}/flagged",
        {"reason": FLAG["reason"], "action": "x"},
        "warning",
        "flag-date",
        f"{TEST}.flagged",
    ),
    (
        f"{T}/flagged",
        {**FLAG, "reason": "D404 See https://x.org/1"},
        "warning",
        "flag-code",
        f"{TEST}.flagged.reason",
    ),
    (
        f"{T}/flagged",
        {**FLAG, "reason": "[D407] See https://x.org/1"},
        "warning",
        "flag-code",
        f"{TEST}.flagged.reason",
    ),
    (
        f"{T}/flagged",
        {**FLAG, "reason": "See https://x.org/1"},
        "warning",
        "flag-code",
        f"{TEST}.flagged.reason",
    ),
    (
        f"{T}/flagged",
        {**FLAG, "reason": "[D404] It is slow"},
        "warning",
        "flag-reference",
        f"{TEST}.flagged.reason",
    ),
    (f"{T}/flagged", FLAG, "warning", "all-flagged", CAPABILITY),
]


@pytest.mark.parametrize(
    ("path", "value", "severity", "rule", "json"),
    BREAKS,
    ids=[f"{one[3]}:{one[0]}" for one in BREAKS],
)
def test_each_rule_is_found_at_its_place(
    path: str, value: Any, severity: str, rule: str, json: str
) -> None:
    made = sound()
    inner, last = place(made, path)
    if value is None:
        del inner[last]
    else:
        inner[int(last) if last.isdigit() else last] = value
    assert (severity, rule, json) in [(one.severity, one.rule, one.path) for one in found(made)]


@pytest.mark.parametrize(
    "said",
    ["bug 1234567", "LP#1234567", "review 98765", "https://x.org/bug"],
)
def test_a_bug_or_review_is_known_in_each_form(said: str) -> None:
    made = sound()
    for key in ("reason", "action"):
        flag = {**FLAG, "reason": "[D404] It is slow", "action": "Wait"}
        flag[key] += f", {said}"
        made["capabilities"]["cap"]["tests"]["a.b.C.test_x"]["flagged"] = flag
        assert "flag-reference" not in {one.rule for one in found(made)}


def second(**body: Any) -> JSON:
    """Return a sound guideline with a second required capability of one test."""
    made = sound()
    made["components"]["compute"]["capabilities"]["required"].append("two")
    made["capabilities"]["two"] = {**made["capabilities"]["cap"], "tests": {**body}}
    return made


@pytest.mark.parametrize(
    ("tests", "rule"),
    [
        ({"a.b.D.test_x": {"idempotent_id": f"id-{UUID}"}}, "id-shared"),
        ({"a.b.C.test_x": {"idempotent_id": f"id-{OTHER}"}}, "id-differs"),
        (
            {"a.b.D.test_x": {"idempotent_id": f"id-{OTHER}", "aliases": ["a.b.C.test_x"]}},
            "alias-demanded",
        ),
        ({"a.b.C.test_x": {"idempotent_id": f"id-{UUID}", "flagged": FLAG}}, "flagged-in-part"),
    ],
)
def test_what_two_capabilities_say_of_a_test(tests: JSON, rule: str) -> None:
    assert rule in {one.rule for one in found(second(**tests))}


def test_one_alias_of_two_tests() -> None:
    made = second(**{"a.b.D.test_y": {"idempotent_id": f"id-{OTHER}", "aliases": ["a.b.O.test_o"]}})
    made["capabilities"]["cap"]["tests"]["a.b.C.test_x"]["aliases"] = ["a.b.O.test_o"]
    shared = [one for one in found(made) if one.rule == "alias-shared"]
    assert [one.path for one in shared] == [
        "$.capabilities.cap.tests['a.b.C.test_x'].aliases[0]",
        "$.capabilities.two.tests['a.b.D.test_y'].aliases[0]",
    ]


def test_the_same_test_in_two_capabilities_is_no_finding() -> None:
    assert found(second(**{"a.b.C.test_x": {"idempotent_id": f"id-{UUID}"}})) == ()


def test_a_file_without_designated_sections_is_told_of_that_once() -> None:
    made = sound()
    del made["designated_sections"]
    del made["components"]["compute"]["designated_sections"]
    assert [one.rule for one in found(made)] == ["missing-key"]


def test_an_empty_target_of_a_draft_is_a_warning() -> None:
    made = sound()
    made["metadata"]["os_trademark_approval"]["status"] = "draft"
    made["components"]["compute"]["capabilities"] = {"advisory": ["cap"]}
    (one,) = found(made)
    assert (one.severity, one.rule) == (Severity.WARNING, "empty-target")


def test_a_required_capability_of_another_guideline_is_required() -> None:
    made = sound()
    made["components"]["compute"]["capabilities"] = {"advisory": ["cap"]}
    made["platforms"]["OpenStack Powered Platform"]["components"].append(
        {"name": "OS_powered_compute", "source": "https://x.org/2017.09.json"}
    )
    assert found(made) == ()


@pytest.mark.parametrize(
    ("data", "rule", "words"),
    [
        (b'{"a": 1,\n "b" 2}', "json", "at line 2, column 6"),
        (b"", "json", "at line 1, column 1"),
        (b"\xff\xfe\xfd", "json", "UTF-8"),
        (b'{"a":' * 100_000, "nesting", "deeper than 50"),
        (b"[" * 400 + b"]" * 400, "nesting", "deeper than 50"),
        (b"[]", "schema", "must be an object"),
        (b"7", "schema", "must be an object"),
        (b"null", "schema", "must be an object"),
        (b"{}", "schema-version", "none"),
        (b'{"metadata": []}', "schema-version", "none"),
    ],
)
def test_what_is_no_guideline_at_all(data: bytes, rule: str, words: str) -> None:
    (one,) = found(data)
    assert (one.severity, one.rule) == (Severity.ERROR, rule)
    assert words in one.message


def test_every_key_that_stands_twice_is_found_at_its_place() -> None:
    text = json.dumps(sound()).replace('"admin": false', '"admin": true, "admin": false')
    text = text.replace('"nova": {', '"nova": {}, "nova": {')
    twice = [one.path for one in found(text.encode()) if one.rule == "duplicate-key"]
    assert twice == ["$.capabilities.cap.admin", "$.designated_sections.nova"]


def test_what_the_loader_refuses_is_an_error_whatever_else_is_found() -> None:
    made = sound()
    made["capabilities"]["cap"]["tests"] = {"a." * 600 + "test_x": {"idempotent_id": f"id-{UUID}"}}
    (one,) = found(made)
    assert (one.severity, one.rule) == (Severity.ERROR, "unloadable")


def test_a_file_that_breaks_its_schema_everywhere_is_not_told_of_without_end() -> None:
    made = sound()
    made["remarks"] = 1
    made.update({str(number): 1 for number in range(MAX_FINDINGS + 5)})
    findings = found(made)
    assert "too-many" in {one.rule for one in findings}
    assert len(findings) < MAX_FINDINGS + 10


def test_findings_are_sorted_the_worst_first_and_come_once() -> None:
    three = [
        LintFinding(Severity.NOTE, "a", "$", "x"),
        LintFinding(Severity.ERROR, "b", "$.b", "x"),
        LintFinding(Severity.ERROR, "b", "$.a", "x"),
    ]
    assert sort_findings(three + three) == (three[2], three[1], three[0])
    assert summarise_findings(sort_findings(three)) == "2 errors, 1 note"


def test_json_paths_are_quoted_where_they_must_be() -> None:
    assert format_json_path(()) == "$"
    assert format_json_path(("a", 3, "b-c", "it's", "")) == "$.a[3]['b-c']['it\\'s']['']"


@pytest.mark.parametrize("version", SCHEMA_READERS)
def test_each_schema_is_a_schema_and_names_severities_we_know(version: str) -> None:
    schema = load_schema(version)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    text = json.dumps(schema)
    for severity in Counter(part.split('"')[0] for part in text.split('"x-severity": "')[1:]):
        assert Severity(severity) in (Severity.ERROR, Severity.WARNING)
    names = schema["$defs"]
    assert all(f'"#/$defs/{name}"' in text for name in names)


@pytest.mark.parametrize("version", ["1.3", "1.4", "1.5", "1.6"])
def test_a_sound_guideline_of_schema_1(version: str) -> None:
    test: JSON = {"idempotent_id": f"id-{UUID}"}
    made: JSON = {
        "id": "2015.06",
        "schema": version,
        "reference": "x",
        "source": "https://x.org/",
        "status": "approved",
        "replaces": "2015.05",
        "releases": ["kilo"],
        "platform": {"required": ["c"], "advisory": [], "deprecated": [], "removed": []},
        "components": {"c": {"required": ["cap"], "advisory": [], "deprecated": [], "removed": []}},
        "capabilities": {
            "cap": {
                "achievements": [],
                "admin": False,
                "description": "x",
                "project": "nova",
                "required-since": "2015.05",
                "tests": {"a.b.C.test_x": test},
            }
        },
        "designated-sections": {"required": {"nova": {"guidance": "x", "sections": {}}}},
        "criteria": {},
        "test-repositories": {"tempest": {"git-sha": "1", "url": "https://x.org"}},
    }
    if version != "1.3":
        made["target_approval"] = "2015-06-30"
        test["aliases"] = ["a.b.C.test_w"]
    assert found(made, "2015.06") == ()
    test["flag"] = FLAG
    del made["components"]["c"]["removed"]
    rules = {(one.severity.value, one.rule) for one in found(made, "2015.06")}
    assert rules == {("error", "misspelt-flag"), ("warning", "missing-key")}


def test_schema_1_2_lists_its_tests() -> None:
    made = json.loads(catalog.load_with_bytes("2015.05")[1])
    made["capabilities"]["compute-auth"]["flagged"].append("a.b.C.test_gone")
    made["capabilities"]["compute-auth"]["tests"] *= 2
    rules = {one.rule for one in found(made, "2015.05")}
    assert {"flag-without-test", "test-repeated"} <= rules
    made["capabilities"]["compute-auth"]["tests"] = {}
    assert "schema" in {one.rule for one in found(made, "2015.05")}


HEAT = ("2018.02", "2018.11", "2019.06", "2019.11", "2020.06")
ERRORS = {"2017.01": 1, **{f"orchestration.{edition}": 1 for edition in HEAT}}
"""Published guidelines with a test that no Tempest can have."""


@pytest.mark.parametrize("entry", catalog.list_bundled(), ids=lambda one: str(one.id))
def test_a_bundled_guideline_has_no_error_but_those_that_were_published(
    entry: catalog.CatalogEntry,
) -> None:
    data, where, file_id = catalog.read_guideline_bytes(entry.id)
    errors = [
        one
        for one in lint_guideline(data, where, file_id, catalog.find_guideline)
        if one.severity == "error"
    ]
    assert {one.rule for one in errors} <= {"test-name"}
    assert len(errors) == ERRORS.get(entry.id, 0)


@pytest.mark.parametrize("path", shared_files("interop/[gav]*/*.json"))
def test_a_published_guideline_has_no_error_but_those_that_are_known(path: Path) -> None:
    findings = lint_guideline(path.read_bytes(), path.name, path.stem, catalog.find_guideline)
    errors = [one for one in findings if one.severity is Severity.ERROR]
    assert {one.rule for one in errors} <= {"test-name"}
    assert len(errors) == ERRORS.get(path.stem, 0)
    load_guideline_bytes(path.read_bytes(), path.name)


def test_224_of_307_published_flags_lack_their_code_in_brackets() -> None:
    paths = [one.values[0] for one in shared_files("interop/guidelines/20*.json")]
    if not paths[0].is_file():
        pytest.skip("../shared/interop is not at hand")
    counts: Counter[str] = Counter()
    for path in paths:
        data = path.read_bytes()
        counts["flags"] += data.count(b'"flagged": {')
        findings = lint_guideline(data, path.name, path.stem, catalog.find_guideline)
        counts["lacking"] += sum(one.rule == "flag-code" for one in findings)
    assert (counts["lacking"], counts["flags"]) == (224, 307)


def test_quirks_of_published_files_by_their_names() -> None:
    def rules(name: str) -> Counter[str]:
        data, where, file_id = catalog.read_guideline_bytes(name)
        return Counter(
            one.rule for one in lint_guideline(data, where, file_id, catalog.find_guideline)
        )

    assert rules("2016.01")["id-attributes"] == 29
    assert rules("2016.01")["id-shared"] == 5
    assert rules("2018.02")["undefined-capability"] == 2
    assert rules("orchestration.2018.02")["wrong-id"] == 1
    assert rules("orchestration.2018.02")["id-prefix"] == 60
    assert rules("dns.next")["empty-target"] == 1
    assert rules("2017.01")["id-missing"] == 1
    assert rules("nfv.next").total() == 0


def test_the_schemas_lie_beside_the_guidelines_and_are_no_guidelines() -> None:
    assert not {"1.2", "2.0"} & {entry.id for entry in catalog.list_bundled()}
    digests = {
        hashlib.sha256(json.dumps(load_schema(one)).encode()).hexdigest() for one in SCHEMA_READERS
    }
    assert len(digests) == len(SCHEMA_READERS)
