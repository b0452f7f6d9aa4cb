"""Guideline files that are bent at random: loaded or refused in words, never a crash."""

import copy
import json
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.lint.findings import Severity
from defcheck.guideline.lint.linter import lint_guideline
from defcheck.guideline.loader import load_guideline_bytes
from defcheck.guideline.models import Guideline
from defcheck.guideline.selection import select_capabilities
from tests.properties import scale_examples

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["required", "flagged", "tests", "2.0", "1.2", "id-1", "x" * 1001, "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["name", "source", "tests", "flagged", "aliases", "sections", "required"]
            )
            | st.text(max_size=8),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
BUNDLED = ("2015.05", "2017.01", "2018.02", "dns.next", "nfv.next", "scs-0128")


def small(name: str) -> dict[str, Any]:
    """Return a bundled document with three capabilities, so that bending it hits something."""
    made: dict[str, Any] = json.loads(catalog.read_guideline_bytes(name)[0])
    made["capabilities"] = dict(list(made["capabilities"].items())[:3])
    for component in made["components"].values():
        listings = component.get("capabilities", component)
        for status, names in listings.items():
            listings[status] = [one for one in names if one in made["capabilities"]]
    return made


DOCUMENTS = [small(name) for name in BUNDLED]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every container in a document with each of its keys."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        outer = waiting.pop()
        keys = list(outer) if isinstance(outer, dict) else range(len(outer))
        for key in keys:
            found.append((outer, key))
            if isinstance(outer[key], dict | list):
                waiting.append(outer[key])
    return found


@st.composite
def bent(draw: Callable[[Any], Any]) -> Any:
    """Draw a bundled document in which some places hold something else."""
    made = copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))
    for _ in range(draw(st.integers(1, 4))):
        there = places(made)
        if not there:
            break
        outer, key = there[draw(st.integers(0, len(there) - 1))]
        kind = draw(st.sampled_from(["replace", "delete", "rename", "swap"]))
        if kind == "delete":
            del outer[key]
        elif kind == "rename" and isinstance(outer, dict):
            outer[draw(st.text(max_size=10) | st.sampled_from(["flag", "Compute", "removed"]))] = (
                outer.pop(key)
            )
        elif kind == "swap":
            other, place = there[draw(st.integers(0, len(there) - 1))]
            outer[key] = copy.deepcopy(other[place])
        else:
            outer[key] = draw(JUNK)
    return made


Result = TypeVar("Result")


def loaded(data: bytes) -> Guideline | None:
    """Load, or return None where it is refused in words."""
    guideline, error = attempt(lambda: load_guideline_bytes(data, "a.json"))
    if guideline is None:
        assert error.message.startswith("a.json")
        assert error.advice
        assert len(error.message) < 3000
        return None
    for target in guideline.targets:
        _, error = attempt(partial(select_capabilities, guideline, target))
        assert error is None or error.advice
    return guideline


def attempt(act: Callable[[], Result]) -> tuple[Result | None, Any]:
    """Return what an act gives and None, or None and the error for a person that it raises."""
    try:
        return act(), None
    except InputError as error:
        return None, error


def checked(data: bytes) -> None:
    """Check, and hold the verdict of the check against the loader's."""
    findings = lint_guideline(data, "a.json", "", lambda name: None)
    good = not any(one.severity is Severity.ERROR for one in findings)
    if good:
        assert loaded(data) is not None


QUICK = settings(
    max_examples=scale_examples(400),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@QUICK
@given(bent())
def test_a_bent_guideline_is_loaded_or_refused_and_always_checked(document: Any) -> None:
    data = json.dumps(document).encode()
    loaded(data)
    checked(data)


@QUICK
@given(JUNK)
def test_any_json_is_refused_and_checked(document: Any) -> None:
    data = json.dumps(document).encode()
    loaded(data)
    checked(data)


@QUICK
@given(st.binary(max_size=60), st.integers(0, 2000), st.sampled_from(DOCUMENTS))
def test_damaged_bytes_are_loaded_or_refused_and_checked(
    junk: bytes, start: int, document: Any
) -> None:
    whole = json.dumps(document).encode()
    data = whole[:start] + junk + whole[start + len(junk) :]
    loaded(data)
    checked(data)


@pytest.mark.parametrize("document", DOCUMENTS, ids=BUNDLED)
def test_the_documents_that_are_bent_load(document: Any) -> None:
    assert loaded(json.dumps(document).encode()) is not None
