"""What a guideline is and demands, in short."""

import json

from defcheck.guideline import catalog
from defcheck.guideline.selection import count_listed_tests, find_target, select_capabilities
from defcheck.report.models import guideline_overview
from tests.unit.shared import document, entry, load


def test_the_facts_of_a_guideline_are_json_ready() -> None:
    guideline = catalog.load_guideline("2020.06")
    found = guideline_overview.describe_guideline(
        guideline, guideline.targets, catalog.find_origin(guideline)
    )
    assert json.loads(json.dumps(found)) == found
    assert (found["id"], found["schema"], found["policy"]) == ("2020.06", "2.0", "defcore")
    platform, compute, storage = found["targets"]
    assert (platform["name"], compute["name"], storage["name"]) == ("platform", "compute", "object")
    required = [one for one in platform["capabilities"] if one["status"] == "required"]
    assert sum(one["tests"] for one in required) == 286
    assert sum(one["flagged"] for one in required) == 11
    assert {one["name"] for one in required if one["admin"]} == {
        "networks-l3-router",
        "networks-l3-CRUD",
    }


def test_the_text_names_a_wrong_own_id_and_what_an_add_on_builds_on() -> None:
    guideline = catalog.load_guideline("orchestration.2018.02")
    text = guideline_overview.render_overview(
        guideline_overview.describe_guideline(guideline, guideline.targets, None)
    )
    assert "the file itself states the id orchestration.next" in text
    assert "builds on os_powered_compute of 2018.02" in text
    assert "required: " in text
    assert text.endswith("\n")


def test_the_text_says_which_capabilities_need_an_administrator() -> None:
    guideline = catalog.load_guideline("2020.06")
    text = guideline_overview.render_overview(
        guideline_overview.describe_guideline(guideline, guideline.targets[:1], None)
    )
    lines = [line for line in text.splitlines() if "needs an administrator" in line]
    assert [line.split()[0] for line in lines] == ["networks-l3-router", "networks-l3-CRUD"]


def test_a_test_of_two_capabilities_is_counted_once() -> None:
    guideline = catalog.load_guideline("2020.06")
    found = guideline_overview.describe_guideline(guideline, guideline.targets[:1], None)
    (platform,) = found["targets"]
    assert platform["counts"]["required"] == {"capabilities": 78, "tests": 284, "flagged": 11}
    assert "required: 78 capabilities, 284 tests, 11 flagged" in guideline_overview.render_overview(
        found
    )


def test_a_test_that_one_capability_flags_and_another_does_not_is_not_flagged() -> None:
    made = load(
        document({"one": {"a.B.x": entry(flagged=True)}, "two": {"a.B.x": entry(), "a.B.y": {}}})
    )
    assert count_listed_tests(select_capabilities(made, find_target(made)).values()) == (2, 0)
