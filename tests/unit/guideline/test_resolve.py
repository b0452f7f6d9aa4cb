"""Which tests of a Tempest stand for a demanded test: by name, alias, then id."""

from collections.abc import Callable, Collection
from dataclasses import replace

import pytest

from defcheck.guideline import matching, models
from defcheck.guideline.matching import (
    Match,
    Resolution,
    TempestTestIndex,
    collect_accepted_names,
    parse_test_name,
    resolve_reported_test,
    resolve_test,
)
from tests.unit.shared import document, entry, guideline, load

X = "a.b.C.test_x"
NOTHING_CLAIMED = matching.AcceptedNames({}, frozenset())


def demanded(uuid: str = "id-1", *aliases: str, name: str = X) -> models.Test:
    """Return a demanded test."""
    return models.Test(name, uuid, aliases)


def index(*names: str) -> TempestTestIndex:
    """Return an index of tests by their full names."""
    return TempestTestIndex(parse_test_name(name) for name in names)


def found(
    test: models.Test, *names: str, claimed: matching.AcceptedNames | None = None
) -> Resolution:
    """Resolve a test in a Tempest that has these tests and no others."""
    return resolve_test(test, index(*names), claimed or NOTHING_CLAIMED)


def reported(test: models.Test, *names: str, fixtures: Collection[str] = ()) -> Resolution:
    """Resolve a test among reported ones."""
    return resolve_reported_test(test, index(*names), frozenset(fixtures))


def test_the_name_wins_over_alias_and_id() -> None:
    names = (f"{X}[id-2]", "old.C.test_x[id-1]", "new.C.test_x[id-1]")
    assert found(demanded("id-1", "old.C.test_x"), *names) == Resolution(Match.NAME, (X,))


def test_an_alias_wins_over_the_id() -> None:
    names = ("old.C.test_x[id-2]", "new.C.test_x[id-1]")
    expected = Resolution(Match.ALIAS, ("old.C.test_x",))
    assert found(demanded("id-1", "old.C.test_x"), *names) == expected


def test_all_aliases_that_are_there_are_taken() -> None:
    test = demanded("id-1", "gone.C.test_x", "one.C.test_x", "two.C.test_x")
    names = ("two.C.test_x", "one.C.test_x")
    assert found(test, *names) == Resolution(Match.ALIAS, ("one.C.test_x", "two.C.test_x"))


def test_a_renamed_test_is_found_by_id() -> None:
    expected = Resolution(Match.ID, ("a.b.C.test_renamed",))
    assert found(demanded("1"), "a.b.C.test_renamed[id-1,smoke]") == expected


def test_the_id_is_compared_without_prefix_attributes_and_case() -> None:
    assert found(demanded("id-AB,smoke"), "m.C.test_x[smoke,id-ab]").match is Match.ID


def test_never_by_id_when_the_name_exists_in_the_known_tempest() -> None:
    for known in (X, f"{X}[id-2]", f"{X}[id-1](v6)"):
        resolution = found(demanded(), known, "m.Derived.test_x[id-1]")
        assert resolution == Resolution(Match.NAME, (parse_test_name(known).name,))


def test_never_by_id_among_reported_tests() -> None:
    names = ("m.Derived.test_x[id-1]", "a.b.C.test_renamed[id-1]")
    assert reported(demanded(), *names) == Resolution(
        Match.NONE, siblings=("a.b.C.test_renamed", "m.Derived.test_x")
    )


def test_among_reported_tests_the_exact_name_wins_and_takes_its_scenarios_along() -> None:
    test = demanded("id-1", "old.C.test_x")
    assert reported(test, X, "old.C.test_x") == Resolution(Match.NAME, (X,))
    names = (f"{X}[id-1](v6)", f"{X}[id-1]", "old.C.test_x")
    assert reported(test, *names) == Resolution(Match.NAME, (X, f"{X}(v6)"))


def test_among_reported_tests_scenarios_alone_are_only_siblings() -> None:
    assert reported(demanded(), f"{X}[id-1](v6)", f"{X}(v4)") == Resolution(
        Match.NONE, siblings=(f"{X}(v4)", f"{X}(v6)")
    )
    alias = demanded("id-1", "old.C.test_x")
    assert reported(alias, "old.C.test_x(v6)") == Resolution(Match.NONE)


def test_among_reported_tests_an_exact_alias_takes_all_aliases_and_scenarios_with_it() -> None:
    test = demanded("id-1", "one.C.test_x", "two.C.test_x", "three.C.test_x")
    names = ("one.C.test_x", "one.C.test_x(v6)", "two.C.test_x[id-9]", "three.C.test_x(v4)")
    resolution = reported(test, *names)
    assert resolution.match is Match.ALIAS
    assert set(resolution.names) == {
        "one.C.test_x",
        "one.C.test_x(v6)",
        "two.C.test_x",
        "three.C.test_x(v4)",
    }


def test_a_test_without_an_id_is_never_found_by_id() -> None:
    assert found(demanded(""), "m.C.test_x", "m.C.test_y[smoke]") == Resolution(Match.NONE)


def test_nothing_stands_for_a_test_that_is_not_there() -> None:
    assert found(demanded(), "a.b.C.test_y[id-2]") == Resolution(Match.NONE)
    assert found(demanded()) == Resolution(Match.NONE)


def test_a_name_that_only_begins_alike_is_another_test() -> None:
    assert found(demanded(""), f"{X}_and_more", f"{X}.test_x", "b.C.test_x").match is Match.NONE


def test_tests_with_the_id_and_the_same_method_are_preferred() -> None:
    names = ("m.New.test_x[id-1]", "m.Other.test_y[id-1]", "n.New.test_x[id-1]")
    expected = Resolution(Match.ID, ("m.New.test_x", "n.New.test_x"))
    assert found(demanded(), *names) == expected


def test_without_the_same_method_all_tests_with_the_id_are_candidates() -> None:
    names = ("m.New.test_y[id-1]", "m.New.test_z[id-1]")
    assert found(demanded(), *names).names == ("m.New.test_y", "m.New.test_z")


def test_a_sibling_that_answers_for_another_required_test_never_stands_in() -> None:
    claimed = collect_accepted_names(guideline({X: entry("id-1"), "a.b.Manual.test_x": entry("")}))
    resolution = found(demanded(), "a.b.Manual.test_x[id-1]", claimed=claimed)
    assert resolution == Resolution(Match.NONE, siblings=("a.b.Manual.test_x",))


def test_a_sibling_that_answers_for_another_test_as_an_alias_never_stands_in() -> None:
    other = entry("", aliases=["m.New.test_x"])
    claimed = collect_accepted_names(guideline({X: entry("id-1"), "a.b.Manual.test_x": other}))
    assert found(demanded(), "m.New.test_x[id-1]", claimed=claimed).match is Match.NONE


def test_a_scenario_of_a_claimed_sibling_never_stands_in() -> None:
    claimed = collect_accepted_names(guideline({X: entry("id-1"), "a.b.Manual.test_x": entry("")}))
    names = ("a.b.Manual.test_x[id-1](v6)",)
    assert found(demanded(), *names, claimed=claimed).match is Match.NONE


def test_an_unclaimed_candidate_is_taken_beside_a_claimed_one() -> None:
    claimed = collect_accepted_names(guideline({X: entry("id-1"), "a.b.Manual.test_x": entry("")}))
    names = ("a.b.Manual.test_x[id-1]", "a.b.Renamed.test_x[id-1]")
    assert found(demanded(), *names, claimed=claimed).names == ("a.b.Renamed.test_x",)


def test_an_id_that_several_required_tests_carry_finds_none_of_them() -> None:
    claimed = collect_accepted_names(
        guideline({X: entry("id-1"), "a.b.Manual.test_x": entry("id-1")})
    )
    resolution = found(demanded(), "new.C.test_x[id-1]", claimed=claimed)
    assert resolution == Resolution(Match.NONE, siblings=("new.C.test_x",))


def test_claims_say_which_tests_each_name_answers_for_in_all_capabilities() -> None:
    made = load(
        document(
            {
                "one": {X: entry("id-1", aliases=["old.C.test_x"])},
                "two": {"m.D.test_y": entry("id-2", aliases=["old.C.test_x"])},
                "wish": {X: entry("id-1", aliases=["older.C.test_x"])},
            },
            advisory=["wish"],
        )
    )
    assert collect_accepted_names(made).tests_by_name == {
        X: {X},
        "m.D.test_y": {"m.D.test_y"},
        "old.C.test_x": {X, "m.D.test_y"},
        "older.C.test_x": {X},
    }


def test_a_test_that_a_borrowed_guideline_requires_is_claimed_too() -> None:
    other = guideline({"a.b.Manual.test_x": entry("")})
    claimed = collect_accepted_names(
        replace(guideline({X: entry("id-1")}), linked={"2017.09": other})
    )
    assert set(claimed.tests_by_name) == {X, "a.b.Manual.test_x"}
    assert found(demanded(), "a.b.Manual.test_x[id-1]", claimed=claimed).match is Match.NONE


def test_every_scenario_of_a_test_stands_for_it() -> None:
    names = (f"{X}[id-1](v6)", f"{X}[id-1](v4)", "a.b.C.test_y[id-2](v4)")
    assert found(demanded(), *names) == Resolution(Match.NAME, (f"{X}(v4)", f"{X}(v6)"))


def test_scenarios_are_found_by_alias_and_by_id_too() -> None:
    by_alias = found(demanded("id-1", "old.C.test_x"), "old.C.test_x[id-9](v4)")
    assert by_alias == Resolution(Match.ALIAS, ("old.C.test_x(v4)",))
    by_id = found(demanded(), "m.C.test_x[id-1](v4)", "m.C.test_y[id-1](v4)")
    assert by_id == Resolution(Match.ID, ("m.C.test_x(v4)",))


def test_a_required_scenario_is_not_found_under_another_one() -> None:
    test = demanded("", name=f"{X}(v4)")
    assert found(test, X, f"{X}[id-1](v6)").match is Match.NONE
    assert reported(test, X, f"{X}[id-1](v6)").match is Match.NONE


@pytest.mark.parametrize("look", [found, reported])
def test_a_required_scenario_is_found_under_its_whole_name(
    look: Callable[..., Resolution],
) -> None:
    test = demanded("", name=f"{X}(v4)")
    assert look(test, f"{X}[id-1](v4)", f"{X}[id-1](v6)").names == (f"{X}(v4)",)


def test_a_reported_fixture_makes_every_test_of_its_class_and_module_known() -> None:
    # A loader may name the very test that it could not load.
    for owner in ("a.b.C", "a.b", "a", X):
        assert reported(demanded(), fixtures=[owner]) == Resolution(Match.NAME, (X,))
    for owner in ("a.b.D", "a.b.C2", "b", "a.b.C.test_x2", "a.", "", "a.b.C.D"):
        assert reported(demanded(), fixtures=[owner]) == Resolution(Match.NONE)


def test_a_name_known_by_its_class_takes_the_reported_aliases_along() -> None:
    test = demanded("id-1", "old.C.test_x", "older.C.test_x")
    resolution = reported(test, "old.C.test_x", fixtures=["a.b.C"])
    assert resolution == Resolution(Match.NAME, (X, "old.C.test_x"))


def test_an_alias_is_known_by_its_class_too() -> None:
    test = demanded("id-1", "old.C.test_x", "older.C.test_x")
    assert reported(test, fixtures=["old"]) == Resolution(Match.ALIAS, ("old.C.test_x",))


def test_the_index_holds_exact_names_and_lists_scenarios_under_the_bare_one() -> None:
    made = index(f"{X}[id-1](v4)", f"{X}(v6)", "m.D.test_y")
    assert X not in made
    assert "m.D.test_y" in made
    assert made.find_by_name(X) == (f"{X}(v4)", f"{X}(v6)")
    assert made.find_by_name("m.D.test_z") == ()


def test_the_index_lists_what_carries_an_id_by_name() -> None:
    made = index("b.C.test_x[id-1]", "a.C.test_x[id-1]", "a.C.test_x[id-1]", "c.C.test_x")
    assert [test.name for test in made.find_by_id("1")] == ["a.C.test_x", "b.C.test_x"]
    assert made.find_by_id("") == ()
    assert made.find_by_id("2") == ()
