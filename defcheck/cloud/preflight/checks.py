"""All checks of a preflight in the order of the report, predicted skips last."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from defcheck.cloud.preflight import access, resources, storage
from defcheck.cloud.preflight.context import (
    FindingState,
    PreflightContext,
    PreflightFinding,
    find_gained_tests,
    ok_finding,
    problem_finding,
    unseen_finding,
)

SKIPS_TOPIC = "tests"

ALLOCATED_CREDENTIALS = re.compile(r" [\w,]+ have allocated all the credentials .*")

SKIPPED = "skipped"
"""The outcome of a test that Tempest skips, as in `PredictedSkip`."""

FORMAT_ENFORCEMENT = "format enforcement"
ENFORCEMENT_OPTION = "image-feature-enabled.image_format_enforcement"

ADVICE_BY_REASON = {
    "ResellerAdmin": "Add an account with the role ResellerAdmin to accounts.yaml.",
    "Identity Admin": "Add an account with the role admin to accounts.yaml.",
    "2nd set": "Add a second account to accounts.yaml.",
    "Insufficient number of users": "Add more accounts to accounts.yaml.",
    "No credentials matching role": "Add accounts with that role to accounts.yaml.",
    "validation tests are disabled": "They log in to servers; set run_validation in "
    "your own tempest.conf if this machine can reach the servers.",
    "Skipped because of bug": "Tempest always skips it, whatever the cloud.",
    "Skipped until bug": "Tempest always skips it, whatever the cloud.",
    FORMAT_ENFORCEMENT: "Glance refuses images whose content does not match their disk_format; "
    "the tests use such images.",
}
"""Advice by a phrase in the reason."""


def check_predicted_skips(context: PreflightContext) -> Iterator[PreflightFinding]:
    """Group the tests that Tempest will skip or cannot set up by reason."""
    if context.predicted is None:
        yield unseen_finding(
            SKIPS_TOPIC, "skips", "Tempest could not be asked, since there is no tempest.conf"
        )
        return
    elsewhere = set(find_gained_tests(context.predicted, context.with_more_users))
    better = context.with_more_users or {}
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for test, fate in context.predicted.items():
        if test not in elsewhere:
            last = better.get(test, fate)  # a cause that more accounts would not fix
            key = fate.outcome, last.outcome, simplify_reason(last.reason)
            reasons.setdefault(key, []).append(test)
    for (outcome, last_outcome, reason), tests in sorted(
        reasons.items(), key=lambda entry: -len(entry[1])
    ):
        if FORMAT_ENFORCEMENT in reason and ENFORCEMENT_OPTION in context.guessed_options:
            may = unseen_finding(
                SKIPS_TOPIC,
                "may skip",
                "Glance may inspect image content; if so, Tempest skips these tests",
                "A run finds out by uploading an image of a few bytes.",
                tests,
            )
            yield replace(may, skips=True)
            continue
        subject = "will skip" if last_outcome == SKIPPED else "cannot run"
        finding = problem_finding(SKIPS_TOPIC, subject, reason, _find_advice(reason), tests)
        # A run with a single account excludes such a test, and no guideline accepts that as a skip.
        yield replace(finding, skips=outcome == SKIPPED)
    rest = len(context.planned.tests) - len(context.predicted)
    yield ok_finding(
        SKIPS_TOPIC, "will run", f"{rest} of {len(context.planned.tests)} required tests"
    )


def simplify_reason(reason: str) -> str:
    """Return a reason without class names, so that equal reasons are grouped."""
    owner, _, why = reason.partition(" skipped because ")
    if why and " " not in owner:
        return why[:1].upper() + why[1:]
    return ALLOCATED_CREDENTIALS.sub("", reason.removeprefix("Invalid Credentials Details: "))


def _find_advice(reason: str) -> str:
    return next((advice for words, advice in ADVICE_BY_REASON.items() if words in reason), "")


CHECKS = (
    access.check_identity,
    access.check_endpoints,
    resources.check_compute,
    resources.check_network,
    storage.check_volumes,
    storage.check_object_storage,
    check_predicted_skips,
)


def run_checks(context: PreflightContext) -> list[PreflightFinding]:
    """Run all checks; return the findings and the required tests that they affect."""
    return [finding for check in CHECKS for finding in check(context)]


def run_cheap_checks(context: PreflightContext) -> list[PreflightFinding]:
    """Run the checks that do not need Tempest."""
    return [
        finding
        for check in CHECKS
        if check is not check_predicted_skips
        for finding in check(context)
    ]


def find_affected_tests(findings: Iterable[PreflightFinding]) -> frozenset[str]:
    """Return the tests that findings affect, each once."""
    return frozenset(
        test
        for finding in findings
        if finding.state is FindingState.PROBLEM
        for test in finding.tests
    )


def blocks_pass(finding: PreflightFinding, context: PreflightContext) -> bool:
    """Return whether a finding blocks a pass: it was not seen, or affects counted tests."""
    if finding.skips and context.skips_allowed:
        return False
    return finding.state is FindingState.NOT_SEEN or bool(
        context.planned.counted.intersection(finding.tests)
    )
