"""Guideline files of schema 2.0: platforms, add-ons, verticals, SCS."""

import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.loader import derive_short_name
from defcheck.guideline.models import ComponentRef, PolicyName, Status
from defcheck.guideline.selection import find_target, select_capabilities
from tests.unit.shared import document, entry, load

ADD_ONS = [entry.id for entry in catalog.list_bundled() if entry.kind == "add-on"]
"""Ids of the twelve bundled add-ons."""


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("OpenStack Powered Platform", "platform"),
        ("OpenStack Powered Compute", "compute"),
        ("OpenStack Powered Storage", "object"),
        ("OpenStack Powered NFV Platform", "nfv-platform"),
        ("DNS", "dns"),
        ("Shared File System", "shared-file-system"),
    ],
)
def test_the_short_name_of_a_target_follows_its_title(title: str, name: str) -> None:
    assert derive_short_name(title) == name


def test_platforms_name_their_components() -> None:
    guideline = catalog.load_guideline("2020.06")
    assert {
        target.name: [reference.name for reference in target.components]
        for target in guideline.targets
    } == {
        "platform": ["os_powered_compute", "os_powered_storage"],
        "compute": ["os_powered_compute"],
        "object": ["os_powered_storage"],
    }
    assert guideline.schema == "2.0"
    assert guideline.cutoff_score == 74


@pytest.mark.parametrize(
    ("edition", "required", "counted"),
    [
        ("2018.02", 337, 317),
        ("2018.11", 283, 272),
        ("2019.06", 286, 275),
        ("2019.11", 286, 275),
        ("2020.06", 286, 275),
        ("next", 283, 272),
    ],
)
def test_the_bundled_platforms_require_what_was_published(
    edition: str, required: int, counted: int
) -> None:
    guideline = catalog.load_guideline(edition)
    tests = [
        test
        for item in select_capabilities(guideline, find_target(guideline, "platform")).values()
        if item.status is Status.REQUIRED
        for test in item.capability.tests
    ]
    assert len(tests) == required
    assert sum(test.flag is None for test in tests) == counted


def test_there_are_twelve_add_ons() -> None:
    assert len(ADD_ONS) == 12


@pytest.mark.parametrize("name", ADD_ONS)
def test_an_add_on_has_one_target_and_builds_on_a_platform(name: str) -> None:
    guideline = catalog.load_guideline(name)
    kind, edition = name.split(".", 1)
    (target,) = guideline.targets
    assert target.name == kind
    assert [reference.name for reference in target.components] == [f"os_powered_{kind}"]
    (platform,) = target.required_components
    assert (platform.name, platform.guideline_id) == ("os_powered_compute", edition)


@pytest.mark.parametrize("name", ADD_ONS)
def test_add_on_ids_lack_the_prefix_and_tests_live_in_plugins(name: str) -> None:
    plugins = ("designate_tempest_plugin.", "heat_tempest_plugin.")
    for capability in catalog.load_guideline(name).capabilities.values():
        for test in capability.tests:
            assert test.name.startswith(plugins)
            assert test.uuid == test.idempotent_id
            assert not test.uuid.startswith("id-")


def test_an_add_on_component_is_a_target_whatever_the_file_calls_it() -> None:
    made = document({"cap": {"a.C.test_x": entry()}})
    made["components"]["os_powered_shared_file_system"] = {"capabilities": {"required": ["cap"]}}
    names = {target.name: target.components for target in load(made).targets}
    assert names["shared_file_system"] == (ComponentRef("os_powered_shared_file_system"),)


def test_the_vertical_takes_compute_from_2017_09() -> None:
    guideline = catalog.load_guideline("nfv.next")
    target = find_target(guideline, "nfv-platform")
    assert list(guideline.linked) == ["2017.09"]
    found = select_capabilities(guideline, target)
    required = [item for item in found.values() if item.status is Status.REQUIRED]
    old = catalog.load_guideline("2017.09")
    demanded = select_capabilities(old, find_target(old, "compute"))
    assert {item.capability.name for item in required} == {
        name for name, item in demanded.items() if item.status is Status.REQUIRED
    }
    assert sum(len(item.capability.tests) for item in required) == 208
    assert found["networking-trunk-port-crud"].status is Status.ADVISORY


def test_a_component_of_a_guideline_not_at_hand_is_an_error_that_names_both() -> None:
    made = document({"cap": {"a.C.test_x": entry()}})
    made["platforms"]["Far"] = {
        "components": [{"name": "moon_base", "source": "https://x.org/y/1969.07.json"}]
    }
    guideline = load(made)
    with pytest.raises(InputError, match=r"component moon_base.*guideline 1969\.07"):
        select_capabilities(guideline, find_target(guideline, "far"))


def test_the_policy_is_the_guidelines_own() -> None:
    tests = {"cap": {"a.C.test_x": entry()}}
    assert load(document(tests)).policy is PolicyName.DEFCORE
    assert load(document(tests, policy="scs")).policy is PolicyName.SCS
    assert catalog.load_guideline("scs-0128").policy is PolicyName.SCS
    with pytest.raises(InputError, match=r"metadata\.policy must be defcore or scs"):
        load(document(tests, policy="lenient"))


def test_status_and_releases_stand_in_the_trademark_approval() -> None:
    made = document({"cap": {"a.C.test_x": entry()}})
    made["metadata"]["os_trademark_approval"] = {
        "status": "approved",
        "releases": ["stein", "train"],
        "target_approval": "2020-06-30",
        "replaces": "2019.11",
    }
    guideline = load(made)
    assert (guideline.status, guideline.releases) == ("approved", ("stein", "train"))
    assert (guideline.target_approval, guideline.replaces) == ("2020-06-30", "2019.11")


def test_designated_sections_of_a_component_are_kept_by_status() -> None:
    (one, *_) = catalog.load_guideline("2020.06").components["os_powered_compute"].designated
    assert one[0] == "required"
    assert "nova" in one[1]
