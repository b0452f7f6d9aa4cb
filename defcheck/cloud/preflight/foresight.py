"""What Tempest itself says that it will not run."""

import re
from collections.abc import Iterator
from dataclasses import replace

from defcheck.cloud.preflight.finding import Finding, fine, harm, unseen
from defcheck.cloud.preflight.scene import Scene, gained

TOPIC = "tests"

ALLOCATED = re.compile(r" [\w,]+ have allocated all the credentials .*")

SKIPPED = "skipped"
"""The outcome of a test that Tempest skips, as `Foreseen` has it."""

ENFORCEMENT = "format enforcement"
ENFORCING = "image-feature-enabled.image_format_enforcement"

ADVICE = {
    "ResellerAdmin": "Give an account with the role ResellerAdmin in accounts.yaml.",
    "Identity Admin": "Give an account with the role admin in accounts.yaml.",
    "2nd set": "Give a second account in accounts.yaml.",
    "Insufficient number of users": "Give more accounts in accounts.yaml.",
    "No credentials matching role": "Give accounts with that role in accounts.yaml.",
    "validation tests are disabled": "They log in to servers; set run_validation in a "
    "tempest.conf of your own where this machine reaches them.",
    "Skipped because of bug": "Tempest skips it itself, whatever the cloud.",
    "Skipped until bug": "Tempest skips it itself, whatever the cloud.",
    ENFORCEMENT: "Glance refuses images that are not what they say; the tests use such.",
}
"""What to do about a reason, by words in it."""


def examine(scene: Scene) -> Iterator[Finding]:
    """Gather the tests that Tempest will skip or cannot set up, by the reason."""
    if scene.foreseen is None:
        yield unseen(TOPIC, "skips", "there is no tempest.conf with which Tempest could be asked")
        return
    elsewhere = set(gained(scene.foreseen, scene.with_more_users))
    better = scene.with_more_users or {}
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for test, fate in scene.foreseen.items():
        if test not in elsewhere:
            last = better.get(test, fate)  # what more accounts would not fix
            key = fate.outcome, last.outcome, plain_reason(last.reason)
            reasons.setdefault(key, []).append(test)
    for (outcome, last_outcome, reason), tests in sorted(
        reasons.items(), key=lambda entry: -len(entry[1])
    ):
        if ENFORCEMENT in reason and ENFORCING in scene.guesses:
            may = unseen(
                TOPIC,
                "may skip",
                "whether Glance looks into images; where it does, these tests are skipped",
                "A run tries it with an image of a few bytes.",
                tests,
            )
            yield replace(may, skips=True)
            continue
        subject = "will skip" if last_outcome == SKIPPED else "cannot run"
        finding = harm(TOPIC, subject, reason, _advice(reason), tests)
        # A run with one login leaves such a test out, which no guideline allows as a skip.
        yield replace(finding, skips=outcome == SKIPPED)
    rest = len(scene.demand.tests) - len(scene.foreseen)
    yield fine(TOPIC, "will run", f"{rest} of {len(scene.demand.tests)} demanded tests")


def plain_reason(reason: str) -> str:
    """Return a reason without the names of classes, so that equal ones meet."""
    owner, _, why = reason.partition(" skipped because ")
    if why and " " not in owner:
        return why[:1].upper() + why[1:]
    return ALLOCATED.sub("", reason.removeprefix("Invalid Credentials Details: "))


def _advice(reason: str) -> str:
    return next((advice for words, advice in ADVICE.items() if words in reason), "")
