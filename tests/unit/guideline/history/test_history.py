"""A capability or test through the editions."""

import pytest

from defcheck.guideline import catalog, models
from defcheck.guideline.history.editions import (
    Appearance,
    find_capability_appearances,
    find_test_appearances,
    list_standings,
)
from tests.unit.shared import JSON, document, entry, load

EDITIONS = [catalog.load_guideline(item.id) for item in catalog.list_entries()]
OLD, NEW, NEWER = "a.Old.test_x", "a.New.test_x", "a.Newer.test_x"


def made(name: str, tests: dict[str, JSON]) -> models.Guideline:
    return load(document({"cap": tests}), guideline_id=name)


def names(appearances: tuple[Appearance, ...]) -> list[tuple[str, str]]:
    return [(one.guideline.id, one.test.name) for one in appearances if one.test]


def test_a_renamed_test_is_followed_by_alias_and_id_through_both_renames() -> None:
    editions = [
        made("1", {OLD: entry("id-1")}),
        made("2", {NEW: entry("id-1")}),
        made("3", {NEWER: entry("id-9", aliases=[NEW])}),
        made("4", {NEWER: entry("id-9")}),
        made("5", {"a.Other.test_x": entry("id-7")}),
    ]
    expected = [("1", OLD), ("2", NEW), ("3", NEWER), ("4", NEWER)]
    for guideline, test in (("1", OLD), ("2", NEW), ("4", NEWER)):
        origin = next(one for one in editions if one.id == guideline)
        (entry_,) = origin.capabilities["cap"].tests
        assert entry_.name == test
        assert names(find_test_appearances(entry_, editions)) == expected


def test_an_id_that_several_tests_carry_follows_none() -> None:
    editions = [
        made("1", {OLD: entry("id-1"), "a.Twin.test_x": entry("id-1")}),
        made("2", {NEW: entry("id-1")}),
    ]
    assert names(find_test_appearances(editions[1].capabilities["cap"].tests[0], editions)) == [
        ("2", NEW)
    ]
    assert names(find_test_appearances(editions[0].capabilities["cap"].tests[0], editions)) == [
        ("1", OLD)
    ]


def test_a_test_without_an_id_is_followed_by_its_name_alone() -> None:
    editions = [made("1", {OLD: entry()}), made("2", {NEW: entry()})]
    assert names(find_test_appearances(models.Test(OLD), editions)) == [("1", OLD)]


def test_a_bundled_capability_through_its_editions() -> None:
    found = find_capability_appearances("objectstore-slo-support", EDITIONS)
    said = {one.guideline.id: {one.status.value for one in one.standings} for one in found}
    assert said["2018.02"] == {"advisory"}
    assert said["2020.06"] == {"required"}


def test_a_bundled_test_that_moved_is_one_test() -> None:
    (test,) = [
        test
        for test in catalog.load_guideline("2018.02").capabilities["volumes-v2-reserve"].tests
        if test.name.endswith("VolumesActionsTest.test_reserve_unreserve_volume")
    ]
    found = names(find_test_appearances(test, EDITIONS))
    assert {edition for edition, _ in found} >= {"2016.01", "2017.01", "2018.02", "2019.06"}
    assert {name.split(".")[-2] for _, name in found} == {
        "VolumesV2ActionsTest",
        "VolumesActionsTest",
    }


@pytest.mark.parametrize("guideline", ["2015.03", "2017.09", "2020.06", "dns.2020.06"])
def test_standings_are_those_that_the_targets_list(guideline: str) -> None:
    found = catalog.load_guideline(guideline)
    for name in found.capabilities:
        for one in list_standings(found, name):
            assert one.component in found.components
            listed = {
                name
                for listing in found.components[one.component].listings
                for name in listing.capabilities
            }
            assert name in listed
    assert list_standings(found, "no-such-capability") == ()
