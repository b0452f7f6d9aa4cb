"""What became of a guideline's tests in a Tempest."""

from collections import Counter
from pathlib import Path

import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.matching import TempestTestIndex, collect_accepted_names, parse_test_name
from defcheck.guideline.selection import find_target
from defcheck.tempest.inventory import (
    PresenceReport,
    PresenceState,
    build_presence_document,
    classify_test,
    find_tests,
    read_inventory,
    render_presence_text,
    worst_states,
)
from tests.unit.shared import JSON, entry, guideline
from tests.unit.shared import document as guideline_document
from tests.unit.shared import load as load_guideline

X = "a.b.C.test_x"


def state_of(demanded: JSON, *inventory: str) -> tuple[PresenceState, tuple[str, ...]]:
    """Classify the test `X` of a guideline with these tests in a Tempest with those."""
    made = guideline(demanded)
    (test,) = (one for one in made.capabilities["cap"].tests if one.name == X)
    state, found = classify_test(
        test, TempestTestIndex(map(parse_test_name, inventory)), collect_accepted_names(made)
    )
    return state, found.names or found.siblings


@pytest.mark.parametrize(
    ("inventory", "state", "names"),
    [
        (["a.b.C.test_x[id-1]"], PresenceState.PRESENT, ["a.b.C.test_x"]),
        (["a.b.C.test_x[id-1](v2)"], PresenceState.PRESENT, ["a.b.C.test_x(v2)"]),
        (["a.b.C.test_new[id-1]"], PresenceState.RENAMED, ["a.b.C.test_new"]),
        (["a.b.D.test_new[id-1,smoke]"], PresenceState.RENAMED, ["a.b.D.test_new"]),
        (["a.b.D.test_x[id-1]"], PresenceState.MOVED, ["a.b.D.test_x"]),
        (["z.Z.test_x[id-1]"], PresenceState.MOVED, ["z.Z.test_x"]),
        (
            ["z.Z.test_x[id-1](v1)", "z.Z.test_x[id-1](v2)"],
            PresenceState.MOVED,
            ["z.Z.test_x(v1)", "z.Z.test_x(v2)"],
        ),
        (["a.b.old.C.test_x"], PresenceState.MOVED, ["a.b.old.C.test_x"]),
        (["a.b.C.test_old"], PresenceState.RENAMED, ["a.b.C.test_old"]),
        (
            ["a.b.D.test_x[id-1]", "a.b.E.test_x[id-1]"],
            PresenceState.AMBIGUOUS,
            ["a.b.D.test_x", "a.b.E.test_x"],
        ),
        (["a.b.D.test_x[id-1]", "a.b.E.test_y[id-1]"], PresenceState.MOVED, ["a.b.D.test_x"]),
        (
            ["a.b.D.test_v[id-1]", "a.b.E.test_w[id-1]"],
            PresenceState.AMBIGUOUS,
            ["a.b.D.test_v", "a.b.E.test_w"],
        ),
        (["a.b.D.test_y[id-2]"], PresenceState.GONE, []),
        ([], PresenceState.GONE, []),
    ],
)
def test_states(inventory: list[str], state: PresenceState, names: list[str]) -> None:
    demanded = {X: entry("id-1", aliases=["a.b.C.test_old", "a.b.old.C.test_x"])}
    assert state_of(demanded, *inventory) == (state, tuple(names))


def test_an_id_of_two_required_tests_is_ambiguous() -> None:
    demanded = {X: entry("id-1"), "a.b.D.test_y": entry("id-1")}
    assert state_of(demanded, "a.b.E.test_z[id-1]") == (PresenceState.AMBIGUOUS, ("a.b.E.test_z",))


def test_what_stands_for_another_required_test_is_not_this_one() -> None:
    demanded = {X: entry("id-1"), "a.b.D.test_x": entry("id-2")}
    assert state_of(demanded, "a.b.D.test_x[id-1]") == (PresenceState.AMBIGUOUS, ("a.b.D.test_x",))


def test_without_an_id_there_is_no_id_to_find_it_by() -> None:
    assert state_of({X: entry()}, "a.b.D.test_x") == (PresenceState.GONE, ())


def held(demanded: JSON, *inventory: str, advisory: JSON | None = None) -> PresenceReport:
    return find_tests(guideline(demanded, advisory=advisory), None, inventory, "a Tempest")


def test_a_package_that_is_not_there_is_not_called_gone() -> None:
    found = held({X: entry("id-1"), "heat_tempest_plugin.C.test_y": entry("id-2")}, "a.D.test_q")
    assert [place.state for place in found.located_tests] == [
        PresenceState.GONE,
        PresenceState.NOT_INSTALLED,
    ]
    assert "pip install heat-tempest-plugin" in "\n".join(render_presence_text(found))


def test_a_plugin_s_test_that_came_into_tempest_is_found() -> None:
    found = held({"heat_tempest_plugin.C.test_y": entry("id-2")}, "tempest.C.test_y[id-2]")
    assert [place.state for place in found.located_tests] == [PresenceState.MOVED]


def test_only_counted_tests_make_it_bad_unless_it_is_strict() -> None:
    here = {X: entry("id-1")}
    flagged = {"a.b.C.test_gone": entry("id-2", flagged=True)}
    assert held(here, X).is_complete(strict=True)
    for found in (
        held({**here, **flagged}, X),
        held(here, X, advisory={"a.b.C.test_gone": entry("id-2")}),
        held(here, "a.b.D.test_x[id-1]"),
    ):
        assert found.is_complete(strict=False)
        assert not found.is_complete(strict=True)
    assert not held({**here, "a.b.C.test_gone": entry("id-2")}, X).is_complete(strict=False)


def test_capabilities_that_no_component_lists_are_held_too_but_not_of_a_target() -> None:
    made = guideline_document({"cap": {X: entry()}, "spare": {"a.b.C.test_s": entry()}}, ["cap"])
    loaded = load_guideline(made)
    found = find_tests(loaded, None, [X], "a Tempest")
    assert [(place.capability, place.status) for place in found.located_tests] == [
        ("cap", "required"),
        ("spare", ""),
    ]
    of_target = find_tests(loaded, loaded.targets[0], [X], "a Tempest")
    assert [place.capability for place in of_target.located_tests] == ["cap"]


def test_the_text_has_the_sums_first_and_then_what_is_not_present() -> None:
    found = held(
        {
            "a.b.C.test_here": entry("id-9"),
            X: entry("id-1"),
            "a.b.C.test_gone": entry("id-2", flagged=True),
        },
        "a.b.C.test_here[id-9]",
        "a.b.D.test_x[id-1]",
    )
    assert list(render_presence_text(found)) == [
        "Guideline 2030.06, against a Tempest (2 tests): 3 tests, 1 present, 1 moved, 1 gone",
        "  required and not flagged: 2 tests, 1 present, 1 moved",
        "  moved",
        "    a.b.C.test_x (cap)",
        "      is, by id, a.b.D.test_x",
        "  gone",
        "    a.b.C.test_gone (cap, not counted)",
    ]


def test_the_document_has_every_test() -> None:
    (one,) = build_presence_document([held({X: entry("id-1")}, "a.b.D.test_x[id-1]")])["guidelines"]
    assert (one["target"], one["counted_found"], one["tempest_tests"]) == (None, True, 1)
    assert one["tests"] == [
        {
            "name": X,
            "idempotent_id": "id-1",
            "capability": "cap",
            "status": "required",
            "flagged": False,
            "state": "moved",
            "match": "id",
            "names": ["a.b.D.test_x"],
        }
    ]


def test_a_target_of_a_bundled_guideline_against_nothing() -> None:
    made = catalog.load_guideline("2020.06")
    found = find_tests(made, find_target(made, "storage"), ["a.C.test_x"], "a Tempest")
    assert Counter(place.state for place in found.located_tests) == {
        PresenceState.NOT_INSTALLED: 60
    }


def test_an_inventory_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tests.txt"
    path.write_text("\ufeffa.b.C.test_x[id-1,smoke](v1)\n\n  a.b.C.test_y \r\n", encoding="utf-8")
    assert read_inventory(path) == ("a.b.C.test_x[id-1,smoke](v1)", "a.b.C.test_y")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a.b.C.test_x\n<html>\n", "Line 2 of .* is not a test name"),
        (b"x" * 10_000, "Line 1"),
        (b"\n \n", "contains no tests"),
        (b"", "contains no tests"),
        (b"\xff\xfe", "Line 1"),
    ],
)
def test_what_is_no_inventory_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "tests.txt"
    path.write_bytes(data)
    with pytest.raises(InputError, match=words) as caught:
        read_inventory(path)
    assert len(caught.value.message) < 400


def test_a_missing_inventory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_inventory(tmp_path / "none")


def test_a_test_of_two_capabilities_is_one_test_and_lacks_where_one_of_them_lacks_it() -> None:
    """As the verdict counts it: it is found for the capability alone that knows its old name."""
    made = load_guideline(
        guideline_document(
            {"aliased": {X: entry(aliases=["a.b.C.test_old"])}, "bare": {X: entry()}}
        )
    )
    found = find_tests(made, find_target(made), ["a.b.C.test_old"], "a Tempest")
    assert worst_states(found.located_tests) == {X: PresenceState.GONE}
    assert worst_states(reversed(found.located_tests)) == {X: PresenceState.GONE}
    first = next(iter(render_presence_text(found)))
    assert first.endswith(": 1 tests, 1 gone")
    assert not found.is_complete(strict=False)
