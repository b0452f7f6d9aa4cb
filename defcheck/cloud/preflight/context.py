"""What the preflight checks judge, and the findings that they return."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from defcheck.cloud.discovery.cloud_discovery import ProjectQuotas
from defcheck.cloud.discovery.model import CloudDiscovery, Fact


class FindingState(StrEnum):
    """What a finding means for a run."""

    OK = "fine"
    PROBLEM = "harms tests"
    """The named tests will fail or be skipped. Published in JSON, so the value stays."""

    NOT_SEEN = "not seen"
    """It could not be seen, although the named tests depend on it."""


@dataclass(frozen=True, slots=True)
class PreflightFinding:
    """The result of one check."""

    topic: str
    """Its heading in the report, such as compute."""

    subject: str
    """What was checked, such as flavors."""

    state: FindingState
    what: str
    """What was seen, or why it could not be."""

    advice: str = ""
    tests: tuple[str, ...] = ()
    """Names of the required tests that will (if not seen: may) fail or be skipped, sorted."""

    prevents_pass: bool = False
    """Whether a run proves nothing about these tests until this is fixed."""

    is_user_input: bool = False
    """Whether a file of the user's is at fault, not the cloud."""

    skips: bool = False
    """Whether the tests are skipped, which some guidelines allow."""


def ok_finding(topic: str, subject: str, what: str) -> PreflightFinding:
    """Return a finding without a problem."""
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
    """Return a problem for `tests`; it is no problem if none of them is required."""
    named = tuple(sorted(set(tests)))
    if not named:
        return PreflightFinding(
            topic, subject, FindingState.OK, f"{what}; no required test needs it"
        )
    return PreflightFinding(
        topic, subject, FindingState.PROBLEM, what, advice, named, prevents_pass, is_user_input
    )


def unseen_finding(
    topic: str, subject: str, why: str, advice: str = "", tests: Iterable[str] = ()
) -> PreflightFinding:
    """Return a finding about what could not be seen, although `tests` depend on it."""
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
"""Prefix of test names to the official types of the services that these tests use."""

TESTS_WITHOUT_SERVERS = re.compile(
    r"\.compute\.(flavors|keypairs|limits|certificates|test_quotas|test_versions|test_extensions"
    r"|servers\.test_availability_zone|security_groups)"
)
"""Compute tests that create no server, and need neither image nor network."""

TESTS_WITHOUT_VOLUMES = re.compile(r"\.volume\.test_(availability_zone|extensions|versions)")


def creates_servers(name: str) -> bool:
    """Return whether a test, by its module, creates servers."""
    return (
        name.startswith(("tempest.api.compute.", "tempest.scenario."))
        and TESTS_WITHOUT_SERVERS.search(name) is None
    )


def creates_volumes(name: str) -> bool:
    """Return whether a test, by its module, creates volumes."""
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
        """Return the tests for which `wanted` is true."""
        return tuple(test for test in self.tests if wanted(test))

    def match_tests(self, pattern: str) -> tuple[str, ...]:
        """Return the tests whose names match a regular expression anywhere."""
        found = re.compile(pattern)
        return self.select_tests(lambda test: found.search(test) is not None)

    @property
    def services(self) -> tuple[str, ...]:
        """The official types of the services that are needed, identity first."""
        needed = {service for test in self.tests for service in _services_of_test(test)}
        return ("identity", *sorted(needed - {"identity"}))

    def tests_of_service(self, service: str) -> tuple[str, ...]:
        """Return the tests that need a service."""
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
"""How Tempest gets its users, as in `TempestConfiguration.credentials`."""


@dataclass(frozen=True, slots=True)
class PredictedSkip:
    """The outcome of a test that Tempest itself predicts."""

    outcome: str
    """skipped or fixture error."""

    reason: str


def find_gained_tests(
    foreseen: Mapping[str, PredictedSkip] | None,
    with_more_users: Mapping[str, PredictedSkip] | None,
) -> list[str]:
    """Return the tests that would run if there were more accounts."""
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
    """User of an accounts file to the HTTP status that Swift returns for its account."""


@dataclass(frozen=True, slots=True)
class PreflightContext:
    """What the preflight judges: the cloud, the planned tests, and the configuration of a run."""

    survey: CloudDiscovery
    planned: PlannedTests
    conf: Mapping[str, Mapping[str, str]]
    """The tempest.conf that a run would use; empty if none could be built."""

    guessed_options: frozenset[str]
    """Its options, as section.key, whose values the cloud did not announce."""

    users: UserSetup
    now: datetime
    verifies_tls: bool = True
    """Whether certificates are verified."""

    skips_allowed: bool = False
    """Whether skips are allowed, as in SCS-0128."""

    predicted: Mapping[str, PredictedSkip] | None = None
    """Predicted skips by test; None if Tempest was not asked."""

    with_more_users: Mapping[str, PredictedSkip] | None = None
    """The predictions with several accounts; None if there are several anyway."""

    def get_option(self, section: str, name: str) -> str:
        """Return a value of tempest.conf, empty if it is not set."""
        return self.conf.get(section, {}).get(name, "")
