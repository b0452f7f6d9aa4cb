"""What the preflight checks judge, and the findings that they return."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from defcheck.cloud.discovery.cloud_discovery import ProjectQuotas
from defcheck.cloud.discovery.model import CloudDiscovery, Fact


class FindingState(StrEnum):
    """What something in a cloud means for a run."""

    OK = "fine"
    PROBLEM = "harms tests"
    """It will make the named tests fail or skip."""

    NOT_SEEN = "not seen"
    """It could not be seen, although the tests depend on it."""


@dataclass(frozen=True, slots=True)
class PreflightFinding:
    """One thing that was looked at."""

    topic: str
    """Under which heading it stands, such as compute."""

    subject: str
    """What was looked at, such as flavors."""

    state: FindingState
    what: str
    """What was seen, or why it could not be."""

    advice: str = ""
    tests: tuple[str, ...] = ()
    """Names of the demanded tests that will fail or skip, or may where it was not seen; sorted."""

    prevents_pass: bool = False
    """Whether a run proves nothing about those tests until it is mended."""

    is_user_input: bool = False
    """Whether it is a file of the user's that is wrong, not the cloud."""

    skips: bool = False
    """Whether the tests are skipped, which some guidelines allow."""


def ok_finding(topic: str, subject: str, what: str) -> PreflightFinding:
    """Return what is as the tests need it."""
    return PreflightFinding(topic, subject, FindingState.OK, what)


def problem_finding(
    topic: str,
    subject: str,
    what: str,
    advice: str,
    tests: Iterable[str],
    *,
    prevents_pass: bool = False,
    is_user_input: bool = False,
) -> PreflightFinding:
    """Return what is not as tests need it; fine where none of them is demanded."""
    named = tuple(sorted(set(tests)))
    if not named:
        return PreflightFinding(
            topic, subject, FindingState.OK, f"{what}; no demanded test needs it"
        )
    return PreflightFinding(
        topic, subject, FindingState.PROBLEM, what, advice, named, prevents_pass, is_user_input
    )


def unseen_finding(
    topic: str, subject: str, why: str, advice: str = "", tests: Iterable[str] = ()
) -> PreflightFinding:
    """Return what the tests depend on and could not be seen; `tests` may suffer from it."""
    return PreflightFinding(
        topic, subject, FindingState.NOT_SEEN, why, advice, tuple(sorted(tests))
    )


SERVICES_BY_PACKAGE = {
    "tempest.api.compute": ("compute", "image", "network"),
    "tempest.api.identity": ("identity",),
    "tempest.api.image": ("image",),
    "tempest.api.network": ("network",),
    "tempest.api.object_storage": ("object-store",),
    "tempest.api.volume": ("block-storage",),
    "tempest.scenario": ("compute", "image", "network"),
    "designate_tempest_plugin": ("dns",),
    "heat_tempest_plugin": ("orchestration",),
}
"""Where tests stand, and the official types of the services that they talk to."""

TESTS_WITHOUT_SERVERS = re.compile(
    r"\.compute\.(flavors|keypairs|limits|certificates|test_quotas|test_versions|test_extensions"
    r"|servers\.test_availability_zone|security_groups)"
)
"""Compute tests that make no server, and need no image and no network."""

TESTS_WITHOUT_VOLUMES = re.compile(r"\.volume\.test_(availability_zone|extensions|versions)")


def creates_servers(name: str) -> bool:
    """Return whether a test, by its place, makes servers."""
    return (
        name.startswith(("tempest.api.compute.", "tempest.scenario."))
        and TESTS_WITHOUT_SERVERS.search(name) is None
    )


def creates_volumes(name: str) -> bool:
    """Return whether a test, by its place, makes volumes."""
    return name.startswith("tempest.api.compute.volumes.") or (
        name.startswith("tempest.api.volume.") and TESTS_WITHOUT_VOLUMES.search(name) is None
    )


@dataclass(frozen=True, slots=True)
class PlannedTests:
    """The tests that a run would execute."""

    tests: tuple[str, ...]
    """Their names without attributes."""

    counted: frozenset[str]
    """Those on which the verdict depends."""

    def select_tests(self, wanted: Callable[[str], bool]) -> tuple[str, ...]:
        """Return the tests that are wanted."""
        return tuple(test for test in self.tests if wanted(test))

    def match_tests(self, pattern: str) -> tuple[str, ...]:
        """Return the tests in whose names a regular expression is found."""
        found = re.compile(pattern)
        return self.select_tests(lambda test: found.search(test) is not None)

    @property
    def services(self) -> tuple[str, ...]:
        """The official types of the services that are needed, identity first."""
        needed = {service for test in self.tests for service in _services_of_test(test)}
        return ("identity", *sorted(needed - {"identity"}))

    def tests_of_service(self, service: str) -> tuple[str, ...]:
        """Return the tests that cannot do without a service."""
        if service == "identity":
            return self.tests
        return self.select_tests(lambda test: service in _services_of_test(test))


def _services_of_test(test: str) -> tuple[str, ...]:
    for place, services in SERVICES_BY_PACKAGE.items():
        if test.startswith(f"{place}."):
            if "compute" in services and not creates_servers(test):
                return ("compute",)
            return (*services, "block-storage") if creates_volumes(test) else services
    return ()


SINGLE, DYNAMIC, POOL = "single account", "dynamic", "pool"
"""How Tempest gets its users, as `Configuration.credentials` has it."""


@dataclass(frozen=True, slots=True)
class PredictedSkip:
    """What becomes of a test according to Tempest itself."""

    outcome: str
    """skipped or fixture error."""

    reason: str


def find_gained_tests(
    foreseen: Mapping[str, PredictedSkip] | None,
    with_more_users: Mapping[str, PredictedSkip] | None,
) -> list[str]:
    """Return the tests that would run if only there were more accounts."""
    if foreseen is None or with_more_users is None:
        return []
    return [test for test in foreseen if test not in with_more_users]


@dataclass(frozen=True, slots=True)
class UserSetup:
    """Who the tests will run as."""

    kind: str
    problems: tuple[str, ...] = ()
    """What is wrong with an accounts file."""

    projects: Mapping[str, ProjectQuotas] = field(default_factory=dict)
    """The quotas of the projects of an accounts file, by name."""

    object_accounts: Mapping[str, Fact[int]] = field(default_factory=dict)
    """How Swift answers each user of an accounts file at its account: user to HTTP status."""


@dataclass(frozen=True, slots=True)
class PreflightContext:
    """A cloud, what is demanded of it, and how a run would go about it."""

    survey: CloudDiscovery
    planned: PlannedTests
    conf: Mapping[str, Mapping[str, str]]
    """The tempest.conf that a run would use; empty where none could be made."""

    guessed_options: frozenset[str]
    """Options of it, as section.key, whose values the cloud did not tell."""

    users: UserSetup
    now: datetime
    verifies_tls: bool = True
    """Whether certificates are verified."""

    skips_allowed: bool = False
    """Whether a skip stands against nothing, as under SCS-0128."""

    predicted: Mapping[str, PredictedSkip] | None = None
    """By test; None where Tempest was not asked."""

    with_more_users: Mapping[str, PredictedSkip] | None = None
    """The same if there were several accounts; None where there are."""

    def get_option(self, section: str, name: str) -> str:
        """Return a value of tempest.conf, empty where it is not set."""
        return self.conf.get(section, {}).get(name, "")
