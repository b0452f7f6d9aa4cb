"""From what a target demands to the tests that this Tempest has for it."""

import json

import pytest

from defcheck.errors import UnusableError
from defcheck.guideline import catalog
from defcheck.guideline.loader import load_guideline_bytes
from defcheck.guideline.models import Guideline, Status
from defcheck.guideline.selection import find_target
from defcheck.tempest import installed
from defcheck.tempest.inventory import RunPlan, make_plan


def guideline(tests: dict[str, dict[str, object]]) -> Guideline:
    document = {
        "metadata": {"id": "own", "schema": "2.0"},
        "platforms": {"Own": {"components": [{"name": "c"}]}},
        "components": {"c": {"capabilities": {"required": ["a"]}}},
        "capabilities": {"a": {"tests": tests}},
    }
    return load_guideline_bytes(json.dumps(document).encode(), "own")


def plan(tests: dict[str, dict[str, object]], *inventory: str, flagged: bool = True) -> RunPlan:
    own = guideline(tests)
    return make_plan(own, find_target(own), [Status.REQUIRED], inventory, flagged=flagged)


def test_a_test_is_planned_under_its_full_name_with_attributes() -> None:
    found = plan({"tempest.C.test_a": {}}, "tempest.C.test_a[id-1,smoke]", "tempest.C.test_b[id-2]")
    assert found == RunPlan(("tempest.C.test_a[id-1,smoke]",), ())


def test_a_renamed_test_is_planned_by_alias_and_by_id() -> None:
    tests: dict[str, dict[str, object]] = {
        "tempest.C.test_old": {"aliases": ["tempest.C.test_new"]},
        "tempest.C.test_moved": {"idempotent_id": "id-7"},
    }
    found = plan(tests, "tempest.C.test_new[id-3]", "tempest.D.test_moved[id-7,slow]")
    assert found.tests == ("tempest.C.test_new[id-3]", "tempest.D.test_moved[id-7,slow]")


def test_all_scenarios_of_a_test_are_planned() -> None:
    found = plan({"tempest.C.test_a": {}}, "tempest.C.test_a[id-1](x)", "tempest.C.test_a[id-1](y)")
    assert len(found.tests) == 2


def test_what_this_tempest_lacks_is_absent() -> None:
    found = plan({"tempest.C.test_a": {}, "tempest.C.test_gone": {}}, "tempest.C.test_a[id-1]")
    assert found.absent == ("tempest.C.test_gone",)


def test_flagged_tests_can_be_left_out() -> None:
    flag: dict[str, object] = {"flagged": {"reason": "D400 x", "date": "", "action": ""}}
    tests: dict[str, dict[str, object]] = {"tempest.C.test_a": flag, "tempest.C.test_b": {}}
    inventory = ("tempest.C.test_a[id-1]", "tempest.C.test_b[id-2]")
    assert len(plan(tests, *inventory).tests) == 2
    assert len(plan(tests, *inventory, flagged=False).tests) == 1


def test_a_missing_plugin_is_named_with_what_installs_it() -> None:
    own = catalog.load_guideline("orchestration.2020.06")
    with pytest.raises(UnusableError, match="heat_tempest_plugin") as caught:
        make_plan(own, find_target(own), [Status.REQUIRED], ["tempest.C.test_a[id-1]"])
    assert "pip install heat-tempest-plugin" in caught.value.advice
    assert "tempest install VERSION --plugin heat-tempest-plugin" in caught.value.advice


def test_a_tempest_with_none_of_the_tests_is_unusable() -> None:
    with pytest.raises(UnusableError, match="none of the 1 tests"):
        plan({"tempest.C.test_a": {}}, "tempest.C.test_other[id-1]")


def test_the_installed_tempest_is_found_without_importing_it() -> None:
    found = installed.find_default_tempest()
    assert (found.package / "test_discover").is_dir()
    assert found.version[0].isdigit()
