"""Which tests of a Tempest stand for a test that a guideline demands.

By name, then by alias, then by idempotent id. What stands for a test that is
not there under its name or an alias is decided only where all tests of the
Tempest are known: ids are shared by inherited tests (120 of 1,445 in Tempest
47), so that a passed sibling proves nothing about a test that exists and was
not run.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from defcheck.guideline.model import Guideline, Test, bare_id

_ATTRIBUTES = re.compile(r"\[([^\[\]()]*)\](?= ?\(|\Z)")
_SCENARIO = re.compile(r" ?\(.*\)$", re.DOTALL)
"""With a blank before it where it is a subtest of unittest's: `test_x (i=1)`."""


@dataclass(frozen=True, slots=True)
class TempestTest:
    """A test as a Tempest names it."""

    name: str
    """Dotted name without attributes, with the scenario where it has one."""

    uuid: str = ""
    """Bare idempotent id, or empty."""

    @property
    def method(self) -> str:
        """The test method's own name."""
        return base_name(self.name).rsplit(".", 1)[-1]


@lru_cache(maxsize=4096)
def parse_name(full: str) -> TempestTest:
    """Split `a.b.C.test_x[id-…,smoke](scenario)` into name with scenario and id."""
    attributes = _ATTRIBUTES.search(full)
    if attributes is None:
        return TempestTest(full)
    ids = [word for word in attributes[1].split(",") if word.startswith("id-")]
    name = full[: attributes.start()] + full[attributes.end() :]
    return TempestTest(name, bare_id(ids[0]) if ids else "")


def base_name(name: str) -> str:
    """Return a name without its scenario."""
    return _SCENARIO.sub("", name) if "(" in name else name


class Match(StrEnum):
    """How a demanded test was found."""

    NAME = "name"
    ALIAS = "alias"
    ID = "id"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Resolution:
    """The tests that stand for a demanded test."""

    match: Match
    names: tuple[str, ...] = ()
    """All of them must pass for the demanded test to have passed."""

    siblings: tuple[str, ...] = ()
    """Tests with the same id that do not stand for it; shown, never counted."""


class Index:
    """Tests by name and by id."""

    def __init__(self, tests: Iterable[TempestTest]) -> None:
        self._by_base: dict[str, set[str]] = {}
        self._by_id: dict[str, dict[str, TempestTest]] = {}
        for test in tests:
            self._by_base.setdefault(base_name(test.name), set()).add(test.name)
            if test.uuid:
                self._by_id.setdefault(test.uuid, {})[test.name] = test

    def __contains__(self, name: str) -> bool:
        return name in self._by_base.get(base_name(name), ())

    def under_name(self, name: str) -> tuple[str, ...]:
        """Return the test called `name` and all its scenarios, or the one scenario named."""
        base = base_name(name)
        found = self._by_base.get(base, set())
        return tuple(sorted(found)) if name == base else tuple(found & {name})

    def under_id(self, uuid: str) -> tuple[TempestTest, ...]:
        """Return the tests that carry the bare id, by name."""
        if not uuid:
            return ()
        return tuple(test for _, test in sorted(self._by_id.get(uuid, {}).items()))


def owners(name: str) -> Iterator[str]:
    """Yield the class of a test, then its module and packages, inner first."""
    owner = base_name(name)
    while "." in owner:
        owner = owner.rpartition(".")[0]
        yield owner


@dataclass(frozen=True, slots=True)
class Claims:
    """What a guideline's tests lay claim to, so that none answers for another."""

    answers: Mapping[str, frozenset[str]]
    """Each name that is accepted, with the demanded tests it answers for."""

    shared_ids: frozenset[str]
    """Ids that several demanded tests carry: they tell none of them."""


def claims(guideline: Guideline) -> Claims:
    """Return what the tests of a guideline and of those linked to it lay claim to."""
    answers: dict[str, set[str]] = {}
    carriers: dict[str, set[str]] = {}
    for owner in (guideline, *guideline.linked.values()):
        for capability in owner.capabilities.values():
            for test in capability.tests:
                carriers.setdefault(test.uuid, set()).add(test.name)
                for name in (test.name, *test.aliases):
                    answers.setdefault(name, set()).add(test.name)
    return Claims(
        answers={name: frozenset(tests) for name, tests in answers.items()},
        shared_ids=frozenset(uuid for uuid, names in carriers.items() if len(names) > 1),
    )


def resolve(test: Test, tempest: Index, claimed: Claims) -> Resolution:
    """Find what stands for `test` in a Tempest whose tests are all in `tempest`.

    A test that answers for another demanded test never stands for this one by
    id, and an id that several demanded tests carry finds none. Of several
    tests with the id those with the same method name are taken.
    """
    found = tempest.under_name(test.name)
    if found:
        return Resolution(Match.NAME, found)
    by_alias = tuple(name for alias in test.aliases for name in tempest.under_name(alias))
    if by_alias:
        return Resolution(Match.ALIAS, by_alias)
    sharing = tempest.under_id(test.uuid)
    candidates = [
        other
        for other in sharing
        if claimed.answers.get(base_name(other.name), frozenset()) <= {test.name}
    ]
    if candidates and test.uuid not in claimed.shared_ids:
        method = test.name.rpartition(".")[2]
        chosen = [other for other in candidates if other.method == method] or candidates
        return Resolution(Match.ID, tuple(other.name for other in chosen))
    return Resolution(Match.NONE, siblings=tuple(other.name for other in sharing))


def resolve_reported(test: Test, reported: Index, fixtures: Collection[str]) -> Resolution:
    """Find `test` in results alone, where nothing says what else the Tempest has.

    `fixtures` are the classes and modules whose own set-up or tear-down was
    reported. Only the exact name or an exact alias is taken, as RefStack does;
    of scenarios and further aliases beside it all must pass too.
    """
    scenarios = reported.under_name(test.name)
    if test.name in reported:
        return Resolution(Match.NAME, scenarios)
    known = [
        name
        for name in (test.name, *test.aliases)
        if name in reported or _in_fixture(name, fixtures)
    ]
    if known:
        beside = (name for alias in test.aliases for name in reported.under_name(alias))
        names = tuple(dict.fromkeys((*known, *scenarios, *beside)))
        return Resolution(Match.NAME if test.name in known else Match.ALIAS, names)
    siblings = {other.name for other in reported.under_id(test.uuid)}
    siblings.update(scenarios)
    return Resolution(Match.NONE, siblings=tuple(sorted(siblings)))


def _in_fixture(name: str, fixtures: Collection[str]) -> bool:
    return any(owner in fixtures for owner in owners(name))
