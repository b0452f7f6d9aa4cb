"""Which tests failed while some were run, so that they can be run again."""

from collections.abc import Sequence

from defcheck.guideline.matching import owners, parse_name
from defcheck.results.fixtures import fixture_of
from defcheck.results.model import Event, Outcome


class Failures:
    """Collects the failed ones of the tests that are being run."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._tests = tests
        self._failed: set[str] = set()

    def event(self, event: Event) -> None:
        """Take the end of a test, or of a fixture, which speaks for the tests of its class."""
        if event.outcome is not Outcome.FAILED:
            return
        fixture = fixture_of(event)
        if fixture is None:
            self._failed.add(event.name)
        else:
            self._failed |= {
                test for test in self._tests if fixture.owner in owners(parse_name(test).name)
            }

    @property
    def tests(self) -> list[str]:
        """The tests that failed, in the order in which they were given."""
        return [test for test in self._tests if test in self._failed]
