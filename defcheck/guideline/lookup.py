"""Find what a user means by a word: a capability, a test by name, alias or id, or a part of it."""

from dataclasses import dataclass

from defcheck.errors import InputError
from defcheck.files import clip
from defcheck.guideline.matching import base_name, parse_name
from defcheck.guideline.model import Capability, Guideline, Test, bare_id

MAX_CANDIDATES = 12


class UnknownWordError(InputError):
    """A word that means nothing in a guideline."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A capability, and the tests of it that are meant."""

    capability: Capability
    tests: tuple[Test, ...]
    whole: bool
    """Whether the capability itself is meant, with all its tests."""


def lookup(guideline: Guideline, word: str) -> tuple[Subject, ...]:
    """Return what `word` means in a guideline, a test once for each capability that has it.

    Raises `UnknownWordError` where it means nothing, `InputError` where it
    means several things.
    """
    wanted = word.strip()
    capability = guideline.capabilities.get(wanted)
    if capability is not None:
        return (Subject(capability, capability.tests, whole=True),)
    name = base_name(parse_name(wanted).name)
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
            _refuse_several(guideline, wanted, found)
            return found
    raise _unknown(guideline, wanted)


def _refuse_several(guideline: Guideline, word: str, found: tuple[Subject, ...]) -> None:
    names = sorted({test.name for subject in found for test in subject.tests})
    if len(names) > 1 and bare_id(word) not in {t.uuid for one in found for t in one.tests}:
        raise InputError(
            f"{clip(word)} means {len(names)} tests of guideline {guideline.id}.",
            f"Name one of them: {_some(names)}.",
        )


def _unknown(guideline: Guideline, word: str) -> UnknownWordError:
    tests = {test.name for one in guideline.capabilities.values() for test in one.tests}
    near = sorted(name for name in (*guideline.capabilities, *tests) if word and word in name)
    return UnknownWordError(
        f"Guideline {guideline.id} has no capability or test {clip(word) or '(empty)'}.",
        f"Near it are {_some(near)}."
        if near
        else "`defcheck guideline show` and `defcheck guideline tests` list what it has.",
    )


def _some(names: list[str]) -> str:
    more = len(names) - MAX_CANDIDATES
    return ", ".join(names[:MAX_CANDIDATES]) + (f" and {more} more" if more > 0 else "")
