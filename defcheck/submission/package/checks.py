"""Check that a submission package is complete and consistent with its bundle."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from defcheck import __version__
from defcheck.errors import InputError
from defcheck.guideline.fields import is_day
from defcheck.report.formats import registry
from defcheck.report.models.verdict_report import Document
from defcheck.report.verdict_summary import iter_counted_tests
from defcheck.results.models import Outcome
from defcheck.scoring.policy import POLICIES, Judgement
from defcheck.submission.bundle import archive
from defcheck.submission.bundle.archive import unpack_archive
from defcheck.submission.bundle.verification import Proof, verify_bundle
from defcheck.submission.package import creation, forms, model, scs_report
from defcheck.submission.package.model import (
    PackageFacts,
    PackageFinding,
    PackageFindingKind,
    note_finding,
    ok_finding,
    open_finding,
    wrong_finding,
)


def select_requested_flags(form: Any) -> list[dict[str, Any]]:
    """Return the flag requests of a form."""
    return [flag for flag in form["flags"] if flag["request"]]


def judge_with_flags(facts: PackageFacts, requests: list[dict[str, Any]]) -> Judgement:
    """Return the verdict if all requests were granted."""
    tests = {flag["test"] for flag in requests}
    outcomes = [
        Outcome(test["outcome"])
        for _, test in iter_counted_tests(facts.document)
        if test["name"] not in tests
    ]
    judgement = POLICIES[facts.guideline.policy].judge_outcomes(outcomes)
    whole = not facts.document["problems"]
    return judgement if whole or judgement is Judgement.FAIL else Judgement.INCOMPLETE


def render_guideline_flags(facts: PackageFacts, requests: list[dict[str, Any]]) -> bytes:
    """Return the requests as blocks in the guideline's own format, for its file."""
    flags = {flag["test"]: _build_flag(flag) for flag in requests}
    ids = {one.test: one.idempotent_id for one in facts.unpassed_tests}
    capabilities: Document = {}
    for capability, test in iter_counted_tests(facts.document):
        if test["name"] in flags:
            tests = capabilities.setdefault(capability, {"tests": {}})["tests"]
            tests[test["name"]] = {
                "idempotent_id": ids[test["name"]],
                "flagged": flags[test["name"]],
            }
    document = {"guideline": facts.guideline.id, "capabilities": capabilities}
    return registry.render_json(document).encode()


def _build_flag(flag: dict[str, Any]) -> Document:
    reason = f"[{flag['code']}] {flag['reason'].strip()}"
    if flag["bug"]:
        reason += f" {flag['bug'].strip()}"
    return {"date": flag["date"], "reason": reason, "action": flag["action"].strip()}


def check_package(
    files: Mapping[str, bytes],
    allowed_signers: Path | None,
    *,
    sealed: bool = False,
) -> list[PackageFinding]:
    """Return the findings on the files of a package.

    `allowed_signers` has the trusted signers of bundles. Raises `InputError` if a
    form cannot be read.
    """
    filled = {name: forms.read_form(name, files[name]) for name in model.FORMS if name in files}
    found, facts = _check_bundle(files[model.BUNDLE], allowed_signers)
    if facts is None:
        return found + [one for name in filled for one in forms.validate_form(name, filled[name])]
    expected = creation.create_package_files(facts, files[model.BUNDLE])
    found += _check_files(files, expected, facts, sealed)
    asked = {name: filled[name] for name in creation.list_forms(facts) if name in filled}
    said = []
    for name, value in asked.items():
        looked = list(forms.validate_form(name, value))
        held = forms.compare_with_blank(name, forms.read_form(name, expected[name]), value)
        remarks = looked + [one for one in held if one not in looked]
        said += remarks or [ok_finding(name, "is filled in.")]
    if not _has_open_or_wrong(said):
        said += _check_forms(facts, asked)
        if sealed and not _has_open_or_wrong(said):
            said += _check_derived_files(files, facts, asked)
    return found + said


def _has_open_or_wrong(remarks: list[PackageFinding]) -> bool:
    """Return whether the remaining forms cannot be checked."""
    return any(one.kind in (PackageFindingKind.OPEN, PackageFindingKind.WRONG) for one in remarks)


def derive_files(facts: PackageFacts, filled: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files of a sealed package that are generated from its forms."""
    asked = select_requested_flags(filled[model.FLAGS]) if model.FLAGS in filled else []
    return {model.GUIDELINE_FLAGS: render_guideline_flags(facts, asked)} if asked else {}


def complete_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of a complete package, with those generated from its forms."""
    facts = PackageFacts.from_bundle(unpack_archive(files[model.BUNDLE], archive.BUNDLE_FILES))
    names = creation.list_forms(facts)
    filled = {name: forms.read_form(name, files[name]) for name in names}
    kept = (model.BUNDLE, model.REPORT, model.README, *names)
    return {name: files[name] for name in kept} | derive_files(facts, filled)


def _check_bundle(
    data: bytes, allowed_signers: Path | None
) -> tuple[list[PackageFinding], PackageFacts | None]:
    """Return the findings on the bundle, and its facts if it passed all checks."""
    name = model.BUNDLE
    try:
        findings = verify_bundle(data, allowed_signers)
    except InputError as error:
        return [wrong_finding(name, error.message)], None
    bad = [wrong_finding(name, one.text) for one in findings if one.proof is Proof.WRONG]
    if bad:
        return bad, None
    facts = PackageFacts.from_bundle(unpack_archive(data, archive.BUNDLE_FILES))
    count = sum(one.proof is Proof.PROVED for one in findings)
    verdict = facts.document["verdict"]
    return [
        ok_finding(name, f"passes all {count} checks; the verdict is {verdict}."),
        *(
            note_finding(name, f"Not proved: {one.text}")
            for one in findings
            if one.proof is Proof.OPEN
        ),
    ], facts


def _check_files(
    files: Mapping[str, bytes], expected: Mapping[str, bytes], facts: PackageFacts, sealed: bool
) -> Iterator[PackageFinding]:
    """Yield findings on missing files, files of another run, and changed files."""
    for name in sorted(expected.keys() - files.keys()):
        yield open_finding(name, "is missing.")
    for name in (*model.FORMS, model.GUIDELINE_FLAGS):
        if name in files and name not in expected and (name in model.FORMS or not sealed):
            yield wrong_finding(name, "does not belong to a package of this run.")
    for name in (model.REPORT, model.README):
        if name not in files:
            continue
        if files[name] == expected[name]:
            yield ok_finding(name, "is what defcheck generates from the bundle.")
        elif facts.made_by == __version__ or _read_headline(files[name]) != _read_headline(
            expected[name]
        ):
            yield wrong_finding(name, "is not what defcheck generates from the bundle.")
        else:
            yield note_finding(
                name,
                f"Not proved: defcheck {facts.made_by} wrote it, this is {__version__}, so only "
                "its headline was checked.",
            )


def _read_headline(page: bytes) -> list[bytes]:
    """Return the lines of a report or README that state the verdict, for every version."""
    return [
        line.strip()
        for line in page.splitlines()
        if re.match(rb"\s*(<title>|<h1>.*</svg> )?(PASS|FAIL|INCOMPLETE)\b", line)
    ]


def _check_forms(facts: PackageFacts, filled: Mapping[str, Any]) -> Iterator[PackageFinding]:
    """Yield the contradictions in complete forms, and notes for the reader."""
    if model.SECTIONS in filled:
        yield from _check_sections(filled[model.SECTIONS])
    if model.PROPERTIES in filled:
        yield from _check_properties(facts, filled[model.PROPERTIES])
    if model.FLAGS in filled:
        yield from _check_flags(facts, filled[model.FLAGS])
    if model.SCS_REPORT in filled and not facts.names_replaced:
        yield note_finding(model.SCS_REPORT, scs_report.PUBLIC_WARNING)
    if facts.document["verdict"] != "pass" and model.FLAGS not in filled:
        yield note_finding(model.BUNDLE, "The verdict is not a pass.")


def _check_sections(filled: Any) -> Iterator[PackageFinding]:
    for project in filled["projects"]:
        unused = [name for name, used in project.get(forms.QUESTIONS, {}).items() if not used]
        if project["in_use"] and unused:
            yield wrong_finding(
                model.SECTIONS,
                f"projects.{project['project']}: in_use is true, but false for "
                f"{', '.join(unused)}.",
            )
        elif not project["in_use"]:
            yield note_finding(
                model.SECTIONS,
                f"{project['project']}: designated code is not in use, but the guideline requires "
                "it.",
            )


def _check_properties(facts: PackageFacts, filled: Any) -> Iterator[PackageFinding]:
    tests = facts.additional_property_failures
    if tests and not filled["additional_properties"]:
        yield wrong_finding(
            model.PROPERTIES,
            f"additional_properties is false, but {len(tests)} tests in the bundle failed because "
            "of "
            f"additional properties, such as {tests[0]}.",
        )
    elif filled["additional_properties"]:
        yield note_finding(model.PROPERTIES, "API responses have additional properties.")


def _check_flags(facts: PackageFacts, filled: Any) -> Iterator[PackageFinding]:
    asked = select_requested_flags(filled)
    for flag in asked:
        if not is_day(flag["date"]):
            yield wrong_finding(
                model.FLAGS,
                f"flags.{flag['test']}.date is {flag['date']}, which is not a valid date.",
            )
    lacking = len(facts.unpassed_tests)
    words = f"{lacking} required tests have no pass; flags are requested for {len(asked)}."
    if asked:
        words += f" If all were granted, the verdict would be {judge_with_flags(facts, asked)}."
    yield note_finding(model.FLAGS, words)


def _check_derived_files(
    files: Mapping[str, bytes], facts: PackageFacts, filled: Mapping[str, Any]
) -> Iterator[PackageFinding]:
    """Yield whether the generated files match the forms."""
    expected = derive_files(facts, filled)
    name = model.GUIDELINE_FLAGS
    if files.get(name) != expected.get(name):
        yield wrong_finding(name, f"does not match {model.FLAGS}.")
    elif name in expected:
        yield ok_finding(name, f"matches {model.FLAGS}.")
