"""Check whether volumes and object storage suffice for the planned tests."""

from collections.abc import Iterator, Sequence

from defcheck.cloud.discovery.model import Fact, ObjectStorageFacts, Unavailable, is_available
from defcheck.cloud.preflight import resources
from defcheck.cloud.preflight.context import (
    SINGLE,
    PreflightContext,
    PreflightFinding,
    creates_volumes,
    ok_finding,
    problem_finding,
    unseen_finding,
)

VOLUME_TOPIC = "volume"


def check_volumes(context: PreflightContext) -> Iterator[PreflightFinding]:
    """Check volumes; yield nothing if no test creates any."""
    volume, tests = context.survey.volume, context.planned.select_tests(creates_volumes)
    if volume is None or not tests:
        return
    if isinstance(volume.types, Unavailable):
        yield unseen_finding(VOLUME_TOPIC, "volume types", volume.types.reason)
    elif volume.types:
        names = ", ".join(f"{one.name}{' (default)' * one.default}" for one in volume.types[:4])
        yield ok_finding(VOLUME_TOPIC, "volume types", names)
    else:
        yield problem_finding(
            VOLUME_TOPIC,
            "volume types",
            "the project sees none",
            "Make one public, or set Cinder's default type.",
            tests,
        )
    yield from resources.check_quotas(
        context,
        VOLUME_TOPIC,
        resources.VOLUME_NEEDS,
        resources.QuotaUsage(resources.OWN_PROJECT, volume.limits, volume.limits),
        resources.QuotaUsage(resources.NEW_PROJECT, volume.defaults, {}, is_new=True),
        "volume",
    )


OBJECT_STORAGE_TOPIC = "object storage"

DIGEST_OPTION = "object-storage-feature-enabled.tempurl_digest_hashlib"

CAPABILITY_TESTS = {
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


OTHER_ACCOUNT_TESTS = (
    r"\.test_container_acl\.|\.test_container_staticweb|\.test_object_temp_url|\.PublicObjectTest"
)
"""Tests that access an account without its owner's token: only the address identifies it."""

ADDRESS_ADVICE = (
    "Check the endpoint of object-store in the catalogue: Swift's ends with "
    "/v1/AUTH_%(project_id)s, that of a RADOS Gateway with /swift/v1/AUTH_%(project_id)s."
)
ROLE_ADVICE = "Grant the users a role that may use their account, often member or swiftoperator."


def check_object_storage(context: PreflightContext) -> Iterator[PreflightFinding]:
    """Check Swift; yield nothing if none of its tests is required."""
    swift, tests = context.survey.object_storage, context.planned.tests_of_service("object-store")
    if swift is None or not tests:
        return
    yield from _check_capabilities(context, swift)
    endpoint = context.survey.find_endpoint("object-store")
    if endpoint is not None and is_available(endpoint.reached):
        yield _check_account(context, swift, tests)
        yield from _check_account_address(context, endpoint.entry.url)


def _check_capabilities(
    context: PreflightContext, swift: ObjectStorageFacts
) -> Iterator[PreflightFinding]:
    """Check what /info lists; an unlisted capability may exist nevertheless."""
    if isinstance(swift.info, Unavailable):
        yield unseen_finding(
            OBJECT_STORAGE_TOPIC,
            "capabilities",
            swift.info.reason,
            "Enable /info, or check by hand what Swift supports.",
        )
        return
    info = swift.info
    lacking = [name for name in CAPABILITY_TESTS if name not in info]
    for name in lacking:
        asked = context.planned.match_tests(CAPABILITY_TESTS[name])
        if asked:
            yield unseen_finding(
                OBJECT_STORAGE_TOPIC,
                f"capability {name}",
                "Swift's /info does not list it, but Swift may support it",
                "The tests will show; a RADOS Gateway does not list everything it supports.",
                asked,
            )
    timed = context.planned.match_tests(CAPABILITY_TESTS["tempurl"])
    if timed and not swift.tempurl_digests and DIGEST_OPTION in context.guessed_options:
        yield unseen_finding(
            OBJECT_STORAGE_TOPIC,
            "digest of temporary URLs",
            "Swift's /info does not list which it accepts",
            "A run finds out with a temporary key and an empty container.",
            timed,
        )
    there = (
        ", ".join(name for name in CAPABILITY_TESTS if name in info)
        or "none of those that tests use"
    )
    yield ok_finding(OBJECT_STORAGE_TOPIC, "capabilities", there)


def _check_account(
    context: PreflightContext, swift: ObjectStorageFacts, tests: Sequence[str]
) -> PreflightFinding:
    """Check the Swift accounts of the users that the tests will run as."""
    users = context.users
    if users.object_accounts:
        refused = {
            user: one for user, one in users.object_accounts.items() if not is_available(one)
        }
        if not refused:
            return ok_finding(
                OBJECT_STORAGE_TOPIC,
                "account",
                f"{len(users.object_accounts)} users can use their accounts",
            )
        user, answer = next(iter(refused.items()))
        more = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
        return _describe_refusal(f"{user}{more}", answer, tests)
    who = "this user"
    if not isinstance(swift.account, Unavailable):
        return ok_finding(OBJECT_STORAGE_TOPIC, "account", f"{who} can use its account")
    role = context.get_option("object-storage", "operator_role")
    others = users.kind not in (SINGLE, "accounts")
    if others and swift.account.refused and role not in context.survey.identity.roles:
        return unseen_finding(
            OBJECT_STORAGE_TOPIC,
            "account",
            f"{who} has no access to its account: {swift.account.reason}; "
            f"the users of the tests get the role {role}, which this user does not have",
            ROLE_ADVICE,
            tests,
        )
    return _describe_refusal(who, swift.account, tests)


def _describe_refusal(user: str, answer: Fact[object], tests: Sequence[str]) -> PreflightFinding:
    """Return what is wrong with an account; `answer` is unavailable or a bad status."""
    unusable = answer if isinstance(answer, Unavailable) else Unavailable("")
    if unusable.absent:
        return problem_finding(
            OBJECT_STORAGE_TOPIC,
            "account",
            f"no account of {user} at the address in the catalogue: HTTP {unusable.status}",
            ADDRESS_ADVICE,
            tests,
            prevents_pass=True,
        )
    if unusable.refused:
        return problem_finding(
            OBJECT_STORAGE_TOPIC,
            "account",
            f"no access to the account of {user}: HTTP {unusable.status}",
            ROLE_ADVICE,
            tests,
            prevents_pass=True,
        )
    advice = "Try again later." if unusable.no_answer else ""
    return unseen_finding(
        OBJECT_STORAGE_TOPIC, "account", f"{user}: {unusable.reason}", advice, tests
    )


def _check_account_address(context: PreflightContext, url: str) -> Iterator[PreflightFinding]:
    """Check whether the address of an account identifies its project."""
    project = context.survey.identity.project_id
    if not project or project in url:
        return
    yield problem_finding(
        OBJECT_STORAGE_TOPIC,
        "address of accounts",
        f"{url} does not contain the project: other accounts cannot be addressed",
        ADDRESS_ADVICE,
        context.planned.match_tests(OTHER_ACCOUNT_TESTS),
    )
