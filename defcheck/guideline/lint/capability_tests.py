"""Lint rules for the tests of a guideline: names, ids, aliases and flags."""

import re
from collections.abc import Iterable, Iterator

from defcheck.guideline.fields import REFERENCE
from defcheck.guideline.lint.findings import LintFinding, Severity, build_finding
from defcheck.guideline.lint.outline import GuidelineOutline, TestOutline
from defcheck.guideline.models import Status
from defcheck.util.files import clip_text
from defcheck.util.text import join_names

WARNING = Severity.WARNING

FLAG_CODES = tuple(f"D40{number}" for number in range(7))
"""Reason codes of flags (DefCore 2016.01 procedure): D400 to D406."""

_CODE = re.compile(r"^\[(D\d{3})\]|^(D\d{3})\b")
_NUMBER = re.compile(r"\b(?:bug|lp|review|change|story|issue)\W{0,3}\d{3,}", re.IGNORECASE)
_SHOWN = 4


def check_tests(outline: GuidelineOutline) -> Iterator[LintFinding]:
    """Yield what is wrong with the tests of a guideline."""
    tests = [test for one in outline.capabilities for test in one.tests]
    yield from _check_ids(tests)
    yield from _check_aliases(tests)
    yield from _check_repeated(outline)
    yield from _check_partial_flags(outline)
    if outline.version != "1.2":
        for test in tests:
            if test.flagged:
                yield from _check_flag(test)


def _check_ids(tests: Iterable[TestOutline]) -> Iterator[LintFinding]:
    names: dict[str, dict[str, TestOutline]] = {}
    ids: dict[str, str] = {}
    for test in tests:
        if not test.uuid:
            continue
        names.setdefault(test.uuid, {}).setdefault(test.name, test)
        if ids.setdefault(test.name, test.uuid) != test.uuid:
            yield build_finding(
                WARNING,
                "id-differs",
                (*test.steps, "idempotent_id"),
                f"is {clip_text(test.uuid)}, in another capability {clip_text(ids[test.name])}",
            )
    for uuid, carriers in names.items():
        first, *others = carriers.values()
        if others:
            shown = join_names((clip_text(test.name, 300) for test in others), _SHOWN)
            yield build_finding(
                WARNING,
                "id-shared",
                (*first.steps, "idempotent_id"),
                f"is {clip_text(uuid)}, the id of {shown} too",
            )


def _check_aliases(tests: Iterable[TestOutline]) -> Iterator[LintFinding]:
    tests = tuple(tests)
    demanded = {test.name for test in tests}
    owners: dict[str, dict[str, None]] = {}
    for test in tests:
        for alias in test.aliases:
            owners.setdefault(alias.name, {})[test.name] = None
    for test in tests:
        seen: set[str] = set()
        for alias in test.aliases:
            shown = clip_text(alias.name, 300)
            sharing = owners[alias.name]
            if alias.name == test.name:
                yield build_finding(
                    WARNING, "alias-self", alias.steps, "is the name of the test itself"
                )
            elif alias.name in demanded:
                yield build_finding(
                    WARNING,
                    "alias-demanded",
                    alias.steps,
                    f"is {shown}, a test that is demanded itself; one result counts for both",
                )
            elif len(sharing) > 1:
                yield build_finding(
                    WARNING,
                    "alias-shared",
                    alias.steps,
                    f"is {shown}, an alias of {_choose_other(sharing, test.name)} too; "
                    "one result counts for all",
                )
            if alias.name in seen:
                yield build_finding(WARNING, "alias-repeated", alias.steps, f"is {shown} again")
            seen.add(alias.name)


def _check_repeated(outline: GuidelineOutline) -> Iterator[LintFinding]:
    """Tell of a test that a list of schema 1.2 has twice, and of flags without a test."""
    for capability in outline.capabilities:
        seen: set[str] = set()
        for test in capability.tests:
            if test.name in seen:
                yield build_finding(
                    WARNING, "test-repeated", test.steps, f"is {clip_text(test.name)} again"
                )
            seen.add(test.name)
        for one in capability.flagged:
            if one.name not in seen:
                yield build_finding(
                    WARNING,
                    "flag-without-test",
                    one.steps,
                    f"is {clip_text(one.name, 300)}, which is not among the capability's tests",
                )


def _check_partial_flags(outline: GuidelineOutline) -> Iterator[LintFinding]:
    required = {
        one.name
        for component in outline.components
        for status, one in component.capabilities
        if status == Status.REQUIRED
    }
    counted: dict[str, str] = {}
    for capability in outline.capabilities:
        if capability.name in required:
            for test in capability.tests:
                if not test.flagged:
                    counted.setdefault(test.name, capability.name)
    for capability in outline.capabilities:
        if capability.name in required:
            for test in capability.tests:
                if test.flagged and test.name in counted:
                    yield build_finding(
                        WARNING,
                        "flagged-in-part",
                        test.steps,
                        "is flagged here, but counts in capability "
                        + clip_text(counted[test.name]),
                    )


def _check_flag(test: TestOutline) -> Iterator[LintFinding]:
    if test.reason is None:
        return
    place = (*test.steps, "flagged", "reason")
    code = _CODE.match(test.reason)
    if code is None:
        yield build_finding(
            WARNING, "flag-code", place, f"has no reason code ({FLAG_CODES[0]} to {FLAG_CODES[-1]})"
        )
    elif (code[1] or code[2]) not in FLAG_CODES:
        yield build_finding(
            WARNING, "flag-code", place, f"has the code {code[1] or code[2]}, which is not known"
        )
    elif not code[1]:
        yield build_finding(
            WARNING, "flag-code", place, f"has the code {code[2]}, but not in brackets"
        )
    said = f"{test.reason} {test.action}"
    if not REFERENCE.search(said) and not _NUMBER.search(said):
        yield build_finding(WARNING, "flag-reference", place, "names no bug or review")


def _choose_other(names: Iterable[str], own: str) -> str:
    """Return the first of at least two names that is not the own one."""
    return clip_text(next(name for name in names if name != own), 300)
