"""Names of components in any case of letters, as guidelines from 2020.11 on write them."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.models import Guideline, Status
from defcheck.guideline.selection import find_target, resolve_components, select_capabilities
from defcheck.scoring.refstack_answer import compute_refstack_answer
from tests.unit.shared import JSON, document, entry, load

TESTS = {"cap": {"a.C.test_x": entry()}}


def later(edit: Callable[[JSON], None], source: str = "2020.06") -> Guideline:
    """Return a guideline of the shape of 2022.11, made of the facts of a bundled one."""
    made = json.loads(catalog.load_with_bytes(source)[1])
    made["metadata"]["id"] = "2022.11"
    edit(made)
    return load(made)


def shout_in_targets(made: JSON) -> None:
    for platform in made["platforms"].values():
        for reference in platform["components"]:
            reference["name"] = reference["name"].replace("os_", "OS_")


def shout_in_components(made: JSON) -> None:
    made["components"] = {
        name.replace("os_", "OS_"): body for name, body in made["components"].items()
    }


def required(guideline: Guideline, target: str) -> set[str]:
    found = select_capabilities(guideline, find_target(guideline, target)).values()
    return {item.capability.name for item in found if item.status is Status.REQUIRED}


@pytest.mark.parametrize("edit", [shout_in_targets, shout_in_components])
@pytest.mark.parametrize("target", ["platform", "compute", "object", "storage"])
def test_a_differently_cased_component_requires_the_same(
    edit: Callable[[JSON], None], target: str
) -> None:
    made = later(edit)
    plain = catalog.load_guideline("2020.06")
    assert required(made, target) == required(plain, target)
    counts = [
        compute_refstack_answer(one, find_target(one, target), ()).counted for one in (made, plain)
    ]
    assert counts[0] == counts[1] > 0


@pytest.mark.parametrize(
    ("component", "name"),
    [
        ("OS_powered_dns", "dns"),
        ("OS_POWERED_Orchestration", "orchestration"),
        ("OS_powered_shared_file_system", "shared_file_system"),
    ],
)
def test_an_add_on_component_in_any_case_is_a_target(component: str, name: str) -> None:
    made = document(TESTS)
    made["components"][component] = {"capabilities": {"required": ["cap"]}}
    guideline = load(made)
    assert [target.name for target in guideline.targets] == ["platform", name]
    assert list(select_capabilities(guideline, find_target(guideline, name))) == ["cap"]


@pytest.mark.parametrize("said", ["shared_file_system", "shared-file-system", "Shared File System"])
def test_the_add_on_shared_file_system_is_one_target(said: str) -> None:
    made = document(TESTS)
    del made["platforms"]
    made["add-ons"] = {
        "Shared File System": {"components": [{"name": "OS_powered_shared_file_system"}]}
    }
    made["components"] = {"os_powered_shared_file_system": {"capabilities": {"required": ["cap"]}}}
    guideline = load(made)
    assert [target.name for target in guideline.targets] == ["shared_file_system"]
    assert list(select_capabilities(guideline, find_target(guideline, said))) == ["cap"]


def test_a_linked_component_is_found_in_any_case_and_under_its_old_name() -> None:
    made = document(TESTS)
    made["platforms"]["OpenStack Powered Platform"]["components"] = [
        {"name": "OS_powered_compute", "source": "https://x.org/2017.09.json"},
        {"name": "OS_Powered_Storage", "source": "https://x.org/2020.06.json"},
    ]
    old, new = catalog.load_guideline("2017.09"), catalog.load_guideline("2020.06")
    guideline = replace(load(made), linked={"2017.09": old, "2020.06": new})
    found = [
        (owner.id, one.name) for owner, one in resolve_components(guideline, guideline.targets[0])
    ]
    assert found == [("2017.09", "compute"), ("2020.06", "os_powered_storage")]


def test_two_components_that_differ_in_case_alone_are_refused() -> None:
    made = document(TESTS)
    made["components"]["Compute"] = {"capabilities": {"required": []}}
    with pytest.raises(InputError, match="two components are called compute"):
        load(made)


def test_two_targets_with_one_short_name_are_refused() -> None:
    made = document(TESTS)
    made["platforms"]["Openstack powered PLATFORM"] = {"components": [{"name": "compute"}]}
    with pytest.raises(InputError, match="two targets are called platform"):
        load(made)


def test_a_component_without_a_usable_source_is_never_the_guidelines_own() -> None:
    made = document(TESTS)
    made["platforms"]["OpenStack Powered Platform"]["components"] = [
        {"name": "compute", "source": "https://x.org/"}
    ]
    guideline = load(made)
    with pytest.raises(InputError, match="not available"):
        resolve_components(guideline, guideline.targets[0])
