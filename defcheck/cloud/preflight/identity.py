"""The login, its roles, the cloud's clock and the users of the tests."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from defcheck.cloud.configuration.probe import keystone_v3
from defcheck.cloud.preflight.finding import Finding, fine, harm, unseen
from defcheck.cloud.preflight.scene import SINGLE, Scene, gained
from defcheck.cloud.survey.facts import Unseen
from defcheck.cloud.tempestconf import without_login

TOPIC = "identity"

TIMED = r"\.test_object_(temp_url|expiry|formpost)|\.test_object_temp_url"
"""Tests that tell Swift times of this machine's clock."""

SKEW_SECONDS = 5.0
"""Tests of expiry let objects live for some seconds only."""

TOKEN_SKEW_SECONDS = 300.0
"""Fernet tokens of a clock that differs more are often refused."""

USERS = {
    "dynamic": "Tempest makes and deletes them for each class",
    "pool": "made for the run and deleted after it, this login being an administrator",
    "accounts": "those of the accounts file",
    "single account": "this login alone, one test at a time",
    "as configured": "those that tempest.conf names",
}


def examine(scene: Scene) -> Iterator[Finding]:
    """Say who logs in, with which rights, and whether the clocks agree."""
    who = scene.survey.identity
    until = f", token until {who.expires:%Y-%m-%d %H:%M} UTC" if who.expires else ""
    yield fine(TOPIC, "login", f"user {who.user_name} in project {who.project_name}{until}")
    yield fine(TOPIC, "roles", ", ".join(sorted(who.roles)) or "none")
    if who.regions:
        named = scene.survey.region or "none chosen"
        yield fine(TOPIC, "region", f"{named}, of {', '.join(who.regions)}")
    for remark in scene.survey.remarks:
        yield fine(TOPIC, "settings", remark)
    yield from _keystone(scene)
    yield _clock(scene)
    yield from _users(scene)


def _keystone(scene: Scene) -> Iterator[Finding]:
    """Yield what is wrong with the address at which Tempest itself will log in."""
    address = scene.conf.get("identity", {}).get("uri_v3", "")
    if address and not urlsplit(address).path.rstrip("/").endswith("/v3"):
        yield harm(
            TOPIC,
            "address",
            f"[identity] uri_v3 is {without_login(address)}, and Tempest uses it as it stands",
            f"Let it end with /v3, as --set identity.uri_v3={keystone_v3(without_login(address))} "
            "does.",
            scene.demand.tests,
            hopeless=True,
            given=True,
        )


def _clock(scene: Scene) -> Finding:
    skew = scene.survey.identity.skew
    if isinstance(skew, Unseen):
        return unseen(TOPIC, "clock", skew.why)
    ahead = (
        f"the cloud's is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} this machine's"
    )
    if abs(skew) > TOKEN_SKEW_SECONDS:
        return harm(TOPIC, "clock", ahead, "Set the clock by NTP.", scene.demand.tests)
    if abs(skew) > SKEW_SECONDS:
        return harm(TOPIC, "clock", ahead, "Set the clock by NTP.", scene.demand.like(TIMED))
    return fine(TOPIC, "clock", "agrees with this machine's to the second")


def _users(scene: Scene) -> Iterator[Finding]:
    users = scene.users
    for problem in users.problems:
        yield harm(
            "users",
            "accounts file",
            problem,
            "`defcheck cloud accounts check FILE` shows all that is wrong.",
            scene.demand.tests,
            hopeless=True,
            given=True,
        )
    if not users.problems:
        yield fine("users", "tests run as", USERS.get(users.kind, users.kind))
    if users.kind == SINGLE or scene.with_more_users is not None:
        yield harm(
            "users",
            "second account",
            "there is none, and tests that need another user or project cannot run",
            "Give users in accounts.yaml with --accounts; an administrator makes them with "
            "`defcheck cloud accounts create`.",
            gained(scene.foreseen, scene.with_more_users),
        )
