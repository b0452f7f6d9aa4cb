"""Results made ready to be held against any guideline."""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from defcheck.guideline.matching import (
    Claims,
    Index,
    Match,
    Resolution,
    TempestTest,
    owners,
    resolve,
    resolve_reported,
)
from defcheck.guideline.model import Test
from defcheck.results.model import Outcome, ResultSet
from defcheck.results.tally import Finding, Tally, worst
from defcheck.scoring.reruns import Reruns, choose


class Evidence:
    """Finds what became of a demanded test, whatever it is called in the results.

    `inventory` is every test of the Tempest that made the results, where that
    is known; without it no test is matched by its id or by scenarios alone.
    `withheld` says why some tests, by name, were left out of the run.
    """

    def __init__(
        self,
        results: ResultSet,
        inventory: Collection[TempestTest] = (),
        withheld: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.format = results.format
        self._withheld = withheld
        self._tally = Tally(results)
        problems = [*results.problems, *self._tally.problems]
        unknown = _unknown(self._tally, inventory)
        if unknown:
            inventory = ()
            named = ", ".join(unknown[:3])
            problems.append(f"the inventory of the Tempest lacks what ran, as {named}")
        self._problems = tuple(problems)
        self._tempest_is_known = bool(unknown or inventory)
        self._tempest = Index(inventory) if inventory else None

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the results cannot be trusted to be whole."""
        return self.problems_beside(())

    def problems_beside(self, known_tests: Iterable[str]) -> tuple[str, ...]:
        """Return why the results cannot be trusted to be whole.

        Where no inventory tells what is a test, `known_tests` of a guideline do.
        """
        if self._tempest_is_known:
            return self._problems
        return (*self._problems, *self._tally.failures.describe_unrecognised(known_tests))

    @property
    def knows_tempest(self) -> bool:
        """Whether all tests of the Tempest that ran are known."""
        return self._tempest is not None

    @property
    def passed_names(self) -> frozenset[str]:
        """Names with at least one pass: what RefStack would have been sent."""
        return self._tally.passed_names

    def resolve(self, test: Test, claimed: Claims) -> Resolution:
        """Match in the Tempest that ran where it is known, else in the results alone."""
        if self._tempest is not None:
            return resolve(test, self._tempest, claimed)
        return resolve_reported(test, self._tally.index, self._tally.owners)

    def example_of_unknown_names(self, known: Collection[str]) -> str:
        """Return a name in the results where none of them is among `known`, else nothing.

        An event of a class or module that a known test is in counts as known.
        Nothing is returned where an inventory tells what every test is called.
        """
        if self._tempest_is_known:
            return ""
        if any(self._tally.index.under_name(name) for name in known):
            return ""
        owned = {owner for name in known for owner in owners(name)}
        if owned & self._tally.owners or owned & self._tally.fixture_owners:
            return ""
        return min(self._tally.names, default="")

    def why_not_run(self, resolution: Resolution) -> str:
        """Return why the tests that stand for a demanded one were left out, else nothing."""
        return next(
            (self._withheld[name] for name in resolution.names if name in self._withheld), ""
        )

    def attempts(self, resolution: Resolution) -> tuple[Finding, ...]:
        """Return every result of the tests that stand for a demanded one."""
        return tuple(one for name in resolution.names for one in self._tally.attempts(name))

    def finding(self, resolution: Resolution, reruns: Reruns = Reruns.WORST) -> Finding:
        """Return what became of the tests that stand for a demanded one."""
        if resolution.match is Match.NONE:
            return Finding(Outcome.NOT_RUN if self._tempest is None else Outcome.ABSENT)
        findings = [choose(self._tally.attempts(name), reruns) for name in resolution.names]
        if resolution.match is Match.ID and len({finding.outcome for finding in findings}) > 1:
            # Tests that share the id disagree: which of them is meant is unknown.
            return Finding(Outcome.NOT_RUN)
        return worst(findings)


def _unknown(tally: Tally, inventory: Collection[TempestTest]) -> list[str]:
    """Return the tests, classes and modules that were reported and an inventory lacks."""
    if not inventory:
        return []
    names = {test.name for test in inventory}
    known_owners = {owner for name in names for owner in owners(name)}
    return sorted(tally.names - names - known_owners) + sorted(tally.fixture_owners - known_owners)
