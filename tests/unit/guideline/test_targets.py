"""Targets and statuses: names, other names, and what listing twice means."""

from dataclasses import replace

import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.models import ComponentRef, Guideline, Status
from defcheck.guideline.selection import (
    find_target,
    list_capabilities,
    parse_statuses,
    resolve_components,
    select_capabilities,
)
from tests.unit.shared import document, entry, load

TESTS = {"cap": {"a.C.test_x": entry()}}


@pytest.mark.parametrize("edition", ["2015.03", "2017.09", "2020.06", "next"])
@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("platform", "platform"),
        ("PLATFORM", "platform"),
        ("OpenStack Powered Platform", "platform"),
        ("openstack powered compute", "compute"),
        ("compute", "compute"),
        ("object", "object"),
        ("storage", "object"),
        ("Storage", "object"),
        ("OpenStack Powered Storage", "object"),
    ],
)
def test_a_target_is_found_by_name_title_and_what_people_call_it(
    edition: str, said: str, meant: str
) -> None:
    assert find_target(catalog.load_guideline(edition), said).name == meant


def test_an_unknown_target_is_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(InputError) as caught:
        find_target(catalog.load_guideline("2020.06"), "moon")
    assert caught.value.message == "Guideline 2020.06 has no target moon."
    assert caught.value.advice == "It has platform, compute, object."
    assert caught.value.exit_code == 2


def test_without_a_name_the_only_target_is_taken() -> None:
    assert find_target(catalog.load_guideline("dns.2020.06")).name == "dns"
    assert find_target(catalog.load_guideline("scs-0128")).name == "scs-iaas"


def test_without_a_name_several_targets_are_an_error_that_names_them() -> None:
    with pytest.raises(InputError, match="--target: platform, compute, object"):
        find_target(catalog.load_guideline("2020.06"))


def test_a_guideline_without_a_target_has_none_to_find() -> None:
    made = document(TESTS)
    del made["platforms"]
    with pytest.raises(InputError):
        find_target(load(made))
    with pytest.raises(InputError, match="no target platform"):
        find_target(load(made), "platform")


def test_statuses_are_parsed_in_the_order_given() -> None:
    assert parse_statuses(["advisory", "required"]) == (Status.ADVISORY, Status.REQUIRED)
    assert parse_statuses([]) == ()


@pytest.mark.parametrize("name", ["Required", "mandatory", "", "required,advisory"])
def test_an_unknown_status_is_an_error_that_names_the_known_ones(name: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_statuses(["required", name])
    assert caught.value.message == f"Unknown status: {name or '(empty)'}."
    assert caught.value.advice == "Available: required, advisory, deprecated, removed."


@pytest.mark.parametrize("weaker", ["advisory", "deprecated", "removed"])
@pytest.mark.parametrize("strong_first", [True, False])
def test_a_capability_listed_twice_takes_the_strongest_status(
    weaker: str, strong_first: bool
) -> None:
    made = document(TESTS)
    order = ("required", weaker) if strong_first else (weaker, "required")
    made["components"]["compute"]["capabilities"] = {status: ["cap"] for status in order}
    guideline = load(made)
    target = guideline.targets[0]
    assert [item.status for item in list_capabilities(guideline, target)] == list(order)
    assert [item.status for item in select_capabilities(guideline, target).values()] == [
        Status.REQUIRED
    ]


def test_a_capability_in_two_components_takes_the_strongest_status() -> None:
    made = document(TESTS, advisory=["cap"])
    made["components"]["storage"] = {"capabilities": {"required": ["cap"]}}
    made["platforms"]["OpenStack Powered Platform"]["components"].append({"name": "storage"})
    guideline = load(made)
    (item,) = select_capabilities(guideline, guideline.targets[0]).values()
    assert (item.status, item.component) == (Status.REQUIRED, "storage")


@pytest.mark.parametrize(
    ("source", "foreign"),
    [
        ("", False),
        ("2030.06.json", False),
        ("https://x.org/guidelines/2030.06.json", False),
        ("https://x.org/guidelines/2020.06.json", True),
        ("2020.06", True),
        ("https://x.org/", True),
    ],
)
def test_a_component_with_the_source_of_another_guideline_is_foreign(
    source: str, *, foreign: bool
) -> None:
    assert ComponentRef("compute", source).is_foreign("2030.06") is foreign


def borrowing(source: str) -> Guideline:
    """Return a guideline that has a component `compute` and takes one from `source`."""
    made = document(TESTS)
    reference = {"name": "compute", "source": source}
    made["platforms"]["OpenStack Powered Platform"]["components"] = [reference]
    return load(made)


def test_a_component_is_taken_from_its_source_even_where_the_name_is_defined_here() -> None:
    made = borrowing("https://x.org/other.json")
    other = load(document({"far": {"a.C.test_far": entry()}}))
    ((owner, component),) = resolve_components(
        replace(made, linked={"other": other}), made.targets[0]
    )
    assert owner is other
    assert component is other.components["compute"]
    with pytest.raises(InputError, match="from guideline other, which is not available"):
        resolve_components(made, made.targets[0])


def test_a_component_whose_source_is_this_guideline_is_its_own() -> None:
    made = borrowing("https://x.org/2030.06.json")
    ((owner, component),) = resolve_components(made, made.targets[0])
    assert owner is made
    assert component is made.components["compute"]
