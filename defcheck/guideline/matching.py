"""Match tests by name, alias or id: a guideline's with a Tempest's or a user's.

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

from defcheck.errors import InputError
from defcheck.guideline.models import Capability, Guideline, Test, bare_id
from defcheck.util.files import clip_text
from defcheck.util.text import join_names

_ATTRIBUTES = re.compile(r"\[([^\[\]()]*)\](?= ?\(|\Z)")


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
        return strip_scenario(self.name).rsplit(".", 1)[-1]


@lru_cache(maxsize=4096)
def parse_test_name(full: str) -> TempestTest:
    """Split `a.b.C.test_x[id-…,smoke](scenario)` into name with scenario and id."""
    attributes = _ATTRIBUTES.search(full)
    if attributes is None:
        return TempestTest(full)
    ids = [word for word in attributes[1].split(",") if word.startswith("id-")]
    name = full[: attributes.start()] + full[attributes.end() :]
    return TempestTest(name, bare_id(ids[0]) if ids else "")


def strip_scenario(name: str) -> str:
    """Return a name without its scenario, or a subtest's blank and parameters: `test_x (i=1)`."""
    begin = name.find("(") if name.endswith(")") else -1
    if begin < 0:
        return name
    return name[:begin].removesuffix(" ")


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


class TempestTestIndex:
    """Tests by name and by id."""

    def __init__(self, tests: Iterable[TempestTest]) -> None:
        self._by_base: dict[str, set[str]] = {}
        self._by_id: dict[str, dict[str, TempestTest]] = {}
        for test in tests:
            self._by_base.setdefault(strip_scenario(test.name), set()).add(test.name)
            if test.uuid:
                self._by_id.setdefault(test.uuid, {})[test.name] = test

    def __contains__(self, name: str) -> bool:
        return name in self._by_base.get(strip_scenario(name), ())

    def find_by_name(self, name: str) -> tuple[str, ...]:
        """Return the test called `name` and all its scenarios, or the one scenario named."""
        base = strip_scenario(name)
        found = self._by_base.get(base, set())
        return tuple(sorted(found)) if name == base else tuple(found & {name})

    def find_by_id(self, uuid: str) -> tuple[TempestTest, ...]:
        """Return the tests that carry the bare id, by name."""
        if not uuid:
            return ()
        return tuple(test for _, test in sorted(self._by_id.get(uuid, {}).items()))


def list_owners(name: str) -> Iterator[str]:
    """Yield the class of a test, then its module and packages, inner first."""
    owner = strip_scenario(name)
    while "." in owner:
        owner = owner.rpartition(".")[0]
        yield owner


@dataclass(frozen=True, slots=True)
class AcceptedNames:
    """What a guideline's tests lay claim to, so that none answers for another."""

    tests_by_name: Mapping[str, frozenset[str]]
    """Each name that is accepted, with the demanded tests it answers for."""

    shared_ids: frozenset[str]
    """Ids that several demanded tests carry: they tell none of them."""


def collect_accepted_names(guideline: Guideline) -> AcceptedNames:
    """Return what the tests of a guideline and of those linked to it lay claim to."""
    answers: dict[str, set[str]] = {}
    carriers: dict[str, set[str]] = {}
    for owner in (guideline, *guideline.linked.values()):
        for capability in owner.capabilities.values():
            for test in capability.tests:
                carriers.setdefault(test.uuid, set()).add(test.name)
                for name in (test.name, *test.aliases):
                    answers.setdefault(name, set()).add(test.name)
    return AcceptedNames(
        tests_by_name={name: frozenset(tests) for name, tests in answers.items()},
        shared_ids=frozenset(uuid for uuid, names in carriers.items() if len(names) > 1),
    )


def resolve_test(test: Test, tempest: TempestTestIndex, accepted: AcceptedNames) -> Resolution:
    """Find what stands for `test` in a Tempest whose tests are all in `tempest`.

    A test that answers for another demanded test never stands for this one by
    id, and an id that several demanded tests carry finds none. Of several
    tests with the id those with the same method name are taken.
    """
    found = tempest.find_by_name(test.name)
    if found:
        return Resolution(Match.NAME, found)
    by_alias = tuple(name for alias in test.aliases for name in tempest.find_by_name(alias))
    if by_alias:
        return Resolution(Match.ALIAS, by_alias)
    sharing = tempest.find_by_id(test.uuid)
    candidates = [
        other
        for other in sharing
        if accepted.tests_by_name.get(strip_scenario(other.name), frozenset()) <= {test.name}
    ]
    if candidates and test.uuid not in accepted.shared_ids:
        method = test.name.rpartition(".")[2]
        chosen = [other for other in candidates if other.method == method] or candidates
        return Resolution(Match.ID, tuple(other.name for other in chosen))
    return Resolution(Match.NONE, siblings=tuple(other.name for other in sharing))


def resolve_reported_test(
    test: Test, reported: TempestTestIndex, fixtures: Collection[str]
) -> Resolution:
    """Find `test` in results alone, where nothing says what else the Tempest has.

    `fixtures` are the classes and modules whose own set-up or tear-down was
    reported. Only the exact name is taken, as RefStack does, with its scenarios, which
    must pass too; where that is not there an exact alias, with what else there is of it.
    """
    scenarios = reported.find_by_name(test.name)
    if test.name in reported:
        return Resolution(Match.NAME, scenarios)
    known = [
        name
        for name in (test.name, *test.aliases)
        if name in reported or _is_in_fixture(name, fixtures)
    ]
    if known:
        beside = (name for alias in test.aliases for name in reported.find_by_name(alias))
        names = tuple(dict.fromkeys((*known, *scenarios, *beside)))
        return Resolution(Match.NAME if test.name in known else Match.ALIAS, names)
    siblings = {other.name for other in reported.find_by_id(test.uuid)}
    siblings.update(scenarios)
    return Resolution(Match.NONE, siblings=tuple(sorted(siblings)))


def _is_in_fixture(name: str, fixtures: Collection[str]) -> bool:
    return name in fixtures or any(owner in fixtures for owner in list_owners(name))


MAX_CANDIDATES = 12


class UnknownSubjectError(InputError):
    """A word that means nothing in a guideline."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A capability, and the tests of it that are meant."""

    capability: Capability
    tests: tuple[Test, ...]
    whole: bool
    """Whether the capability itself is meant, with all its tests."""


def find_subjects(guideline: Guideline, word: str) -> tuple[Subject, ...]:
    """Return what `word` means in a guideline, a test once for each capability that has it.

    Raises `UnknownWordError` where it means nothing, `InputError` where it
    means several things.
    """
    wanted = word.strip()
    capability = guideline.capabilities.get(wanted)
    if capability is not None:
        return (Subject(capability, capability.tests, whole=True),)
    name = strip_scenario(parse_test_name(wanted).name)
    for is_meant in (
        lambda test: name in (test.name, *test.aliases),
        lambda test: test.uuid != "" and test.uuid == bare_id(wanted),
        lambda test: any(one.endswith(f".{name}") for one in (test.name, *test.aliases)),
    ):
        found = tuple(
            Subject(one, tests, whole=False)
            for one in guideline.capabilities.values()
            if (tests := tuple(filter(is_meant, one.tests)))
        )
        if found:
            _refuse_ambiguous_word(guideline, wanted, found)
            return found
    raise _build_unknown_error(guideline, wanted)


def _refuse_ambiguous_word(guideline: Guideline, word: str, found: tuple[Subject, ...]) -> None:
    names = sorted({test.name for subject in found for test in subject.tests})
    if len(names) > 1 and bare_id(word) not in {t.uuid for one in found for t in one.tests}:
        raise InputError(
            f"{clip_text(word)} means {len(names)} tests of guideline {guideline.id}.",
            f"Name one of them: {join_names(names, MAX_CANDIDATES)}.",
        )


def _build_unknown_error(guideline: Guideline, word: str) -> UnknownSubjectError:
    tests = {test.name for one in guideline.capabilities.values() for test in one.tests}
    near = sorted(name for name in (*guideline.capabilities, *tests) if word and word in name)
    return UnknownSubjectError(
        f"Guideline {guideline.id} has no capability or test {clip_text(word) or '(empty)'}.",
        f"Near it are {join_names(near, MAX_CANDIDATES)}."
        if near
        else "`defcheck guideline show` and `defcheck guideline tests` list what it has.",
    )
