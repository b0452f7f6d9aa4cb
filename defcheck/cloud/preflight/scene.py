"""All that a preflight judges: pure data, gathered before."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from defcheck.cloud.preflight.demand import Demand
from defcheck.cloud.survey.facts import Fact
from defcheck.cloud.survey.model import Survey
from defcheck.cloud.survey.projects import ProjectQuotas

SINGLE, DYNAMIC, POOL = "single account", "dynamic", "pool"
"""How Tempest gets its users, as `Configuration.credentials` has it."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What becomes of a test according to Tempest itself."""

    outcome: str
    """skipped or fixture error."""

    reason: str


def gained(
    foreseen: Mapping[str, Foreseen] | None, with_more_users: Mapping[str, Foreseen] | None
) -> list[str]:
    """Return the tests that would run if only there were more accounts."""
    if foreseen is None or with_more_users is None:
        return []
    return [test for test in foreseen if test not in with_more_users]


@dataclass(frozen=True, slots=True)
class Users:
    """Who the tests will run as."""

    kind: str
    problems: tuple[str, ...] = ()
    """What is wrong with an accounts file."""

    projects: Mapping[str, ProjectQuotas] = field(default_factory=dict)
    """The quotas of the projects of an accounts file, by name."""

    object_accounts: Mapping[str, Fact[int]] = field(default_factory=dict)
    """How Swift answers each user of an accounts file at its account: user to HTTP status."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A cloud, what is demanded of it, and how a run would go about it."""

    survey: Survey
    demand: Demand
    conf: Mapping[str, Mapping[str, str]]
    """The tempest.conf that a run would use; empty where none could be made."""

    guesses: frozenset[str]
    """Options of it, as section.key, whose values the cloud did not tell."""

    users: Users
    now: datetime
    verified: bool = True
    """Whether certificates are verified."""

    skips_allowed: bool = False
    """Whether a skip stands against nothing, as under SCS-0128."""

    foreseen: Mapping[str, Foreseen] | None = None
    """By test; None where Tempest was not asked."""

    with_more_users: Mapping[str, Foreseen] | None = None
    """The same if there were several accounts; None where there are."""

    def option(self, section: str, name: str) -> str:
        """Return a value of tempest.conf, empty where it is not set."""
        return self.conf.get(section, {}).get(name, "")
