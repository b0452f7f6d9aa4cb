"""What Swift can do, and whether the login may use it."""

from collections.abc import Iterator

from defcheck.cloud.preflight.finding import Finding, fine, harm, unseen
from defcheck.cloud.preflight.scene import SINGLE, Scene
from defcheck.cloud.survey.facts import Unseen

TOPIC = "object storage"

CAPABILITIES = {
    "account_quotas": r"\.test_account_quotas",
    "bulk_upload": r"\.test_account_bulk",
    "container_quotas": r"\.test_container_quotas",
    "crossdomain": r"\.test_crossdomain",
    "formpost": r"\.test_object_formpost",
    "slo": r"\.test_object_slo",
    "staticweb": r"\.test_container_staticweb",
    "tempurl": r"\.test_object_temp_url",
    "versioned_writes": r"\.test_object_version",
}
"""Capabilities in /info that a guideline's tests need, and those tests."""


def examine(scene: Scene) -> Iterator[Finding]:
    """Judge Swift; nothing where none of its tests is demanded."""
    swift, tests = scene.survey.object_storage, scene.demand.of_service("object-store")
    if swift is None or not tests:
        return
    if isinstance(swift.info, Unseen):
        yield unseen(
            TOPIC, "capabilities", swift.info.why, "Let /info answer, or know what is lacking."
        )
    else:
        info = swift.info
        lacking = [name for name in CAPABILITIES if name not in info]
        for name in lacking:
            asked = scene.demand.like(CAPABILITIES[name])
            if asked:
                yield harm(
                    TOPIC,
                    f"capability {name}",
                    "Swift's /info does not list it",
                    "Enable the middleware; its tests fail or are skipped without it.",
                    asked,
                )
        there = ", ".join(name for name in CAPABILITIES if name in info) or "none of the tested"
        yield fine(TOPIC, "capabilities", there)
    if scene.users.kind != SINGLE:
        return
    if isinstance(swift.account, Unseen) and swift.account.unavailable:
        yield unseen(TOPIC, "account", swift.account.why, "Try again later.", tests)
    elif isinstance(swift.account, Unseen):
        yield harm(
            TOPIC,
            "account",
            f"this login may not use its account: {swift.account.why}",
            "Give the user the operator role of Swift, often swiftoperator.",
            tests,
            hopeless=True,
        )
    else:
        yield fine(TOPIC, "account", "this login may use it")
