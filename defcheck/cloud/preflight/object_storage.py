"""What Swift can do, and whether the users of the tests may use their accounts."""

from collections.abc import Iterator, Sequence

from defcheck.cloud.preflight.finding import Finding, fine, harm, unseen
from defcheck.cloud.preflight.scene import SINGLE, Scene
from defcheck.cloud.survey.facts import Fact, Unseen, seen
from defcheck.cloud.survey.model import ObjectStorage

TOPIC = "object storage"

DIGEST = "object-storage-feature-enabled.tempurl_digest_hashlib"

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


OTHER_ACCOUNTS = (
    r"\.test_container_acl\.|\.test_container_staticweb|\.test_object_temp_url|\.PublicObjectTest"
)
"""Tests that reach an account without its owner's token: only its address says whose it is."""

ADDRESS_ADVICE = (
    "Look at the endpoint of object-store in the catalogue: Swift's ends with "
    "/v1/AUTH_%(project_id)s, that of a RADOS Gateway with /swift/v1/AUTH_%(project_id)s."
)
ROLE_ADVICE = "Give the users a role that may use their account, often member or swiftoperator."


def examine(scene: Scene) -> Iterator[Finding]:
    """Judge Swift; nothing where none of its tests is demanded."""
    swift, tests = scene.survey.object_storage, scene.demand.of_service("object-store")
    if swift is None or not tests:
        return
    yield from _capabilities(scene, swift)
    endpoint = scene.survey.endpoint("object-store")
    if endpoint is not None and seen(endpoint.reached):
        yield _account(scene, swift, tests)
        yield from _address(scene, endpoint.entry.url)


def _capabilities(scene: Scene, swift: ObjectStorage) -> Iterator[Finding]:
    """Judge what /info lists; what it does not list may be there all the same."""
    if isinstance(swift.info, Unseen):
        yield unseen(
            TOPIC, "capabilities", swift.info.why, "Let /info answer, or know what is lacking."
        )
        return
    info = swift.info
    lacking = [name for name in CAPABILITIES if name not in info]
    for name in lacking:
        asked = scene.demand.like(CAPABILITIES[name])
        if asked:
            yield unseen(
                TOPIC,
                f"capability {name}",
                "Swift's /info does not list it, and may have it all the same",
                "The tests tell; a RADOS Gateway does not list all that it has.",
                asked,
            )
    timed = scene.demand.like(CAPABILITIES["tempurl"])
    if timed and not swift.tempurl_digests and DIGEST in scene.guesses:
        yield unseen(
            TOPIC,
            "digest of temporary URLs",
            "Swift's /info does not list which it accepts",
            "A run tries it with a key and an empty container.",
            timed,
        )
    there = ", ".join(name for name in CAPABILITIES if name in info) or "none of the tested"
    yield fine(TOPIC, "capabilities", there)


def _account(scene: Scene, swift: ObjectStorage, tests: Sequence[str]) -> Finding:
    """Judge the accounts of the users that the tests will run as."""
    users = scene.users
    if users.object_accounts:
        refused = {user: one for user, one in users.object_accounts.items() if not seen(one)}
        if not refused:
            return fine(TOPIC, "account", f"{len(users.object_accounts)} users may use theirs")
        user, answer = next(iter(refused.items()))
        more = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
        return _refused(f"{user}{more}", answer, tests)
    who = "this login"
    if not isinstance(swift.account, Unseen):
        return fine(TOPIC, "account", f"{who} may use its account")
    role = scene.option("object-storage", "operator_role")
    others = users.kind not in (SINGLE, "accounts")
    if others and swift.account.refused and role not in scene.survey.identity.roles:
        return unseen(
            TOPIC,
            "account",
            f"{who} may not use its account: {swift.account.why}; "
            f"the users of the tests get the role {role}, which it has not",
            ROLE_ADVICE,
            tests,
        )
    return _refused(who, swift.account, tests)


def _refused(who: str, answer: Fact[object], tests: Sequence[str]) -> Finding:
    """Return what is wrong with an account; `answer` is not a good one."""
    unusable = answer if isinstance(answer, Unseen) else Unseen("")
    if unusable.absent:
        return harm(
            TOPIC,
            "account",
            f"there is no account of {who} where the catalogue says: HTTP {unusable.status}",
            ADDRESS_ADVICE,
            tests,
            hopeless=True,
        )
    if unusable.refused:
        return harm(
            TOPIC,
            "account",
            f"{who} may not use its account: HTTP {unusable.status}",
            ROLE_ADVICE,
            tests,
            hopeless=True,
        )
    advice = "Try again later." if unusable.unavailable else ""
    return unseen(TOPIC, "account", f"{who}: {unusable.why}", advice, tests)


def _address(scene: Scene, url: str) -> Iterator[Finding]:
    """Judge whether the address of an account says whose it is."""
    project = scene.survey.identity.project_id
    if not project or project in url:
        return
    yield harm(
        TOPIC,
        "address of accounts",
        f"{url} does not name the project: other accounts cannot be reached",
        ADDRESS_ADVICE,
        scene.demand.like(OTHER_ACCOUNTS),
    )
