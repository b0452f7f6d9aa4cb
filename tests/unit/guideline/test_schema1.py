"""Guideline files of schemas 1.2 to 1.6."""

from pathlib import Path
from typing import Any

import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.models import Flag, Status
from tests.unit.shared import JSON, load

SCHEMAS = ["1.3", "1.4", "1.5", "1.6"]


def old_document(schema: str, capabilities: JSON) -> JSON:
    """Return a document of schema 1.x with the components compute and object."""
    return {
        "id": "2015.13",
        "schema": schema,
        "status": "approved",
        "releases": ["kilo", "liberty"],
        "platform": {"required": ["compute", "object"], "advisory": ["database"]},
        "components": {
            "compute": {"required": ["servers"], "advisory": [], "removed": []},
            "object": {"required": [], "deprecated": ["objects"]},
        },
        "capabilities": capabilities,
    }


def list_form(tests: Any, flagged: Any) -> JSON:
    """Return a document of schema 1.2."""
    servers = {"tests": tests, "flagged": flagged}
    return old_document("1.2", {"servers": servers, "objects": {"tests": []}})


def test_schema_1_2_lists_tests_and_flags_by_name() -> None:
    guideline = load(list_form(["a.C.test_x", "a.C.test_y"], ["a.C.test_y"]))
    kept, flagged = guideline.capabilities["servers"].tests
    assert (kept.name, kept.idempotent_id, kept.aliases, kept.flag) == ("a.C.test_x", "", (), None)
    assert (flagged.name, flagged.flag) == ("a.C.test_y", Flag())


def test_schema_1_2_may_flag_a_test_that_the_capability_lacks() -> None:
    guideline = load(list_form(["a.C.test_x"], ["b.D.test_z"]))
    assert [test.flag for test in guideline.capabilities["servers"].tests] == [None]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_from_schema_1_3_on_tests_are_objects_by_name(schema: str) -> None:
    body = {
        "tests": {
            "a.C.test_x": {"idempotent_id": "id-1", "aliases": ["old.C.test_x"]},
            "a.C.test_y": {"flagged": {"reason": "[D401] x", "date": "2015-07-01", "action": "y"}},
        }
    }
    guideline = load(old_document(schema, {"servers": body, "objects": {}}))
    first, second = guideline.capabilities["servers"].tests
    assert (first.name, first.uuid, first.aliases) == ("a.C.test_x", "1", ("old.C.test_x",))
    assert first.flag is None
    assert second.flag == Flag("D401", "2015-07-01", (), "[D401] x", "y")
    assert guideline.schema == schema


def test_the_platform_is_made_of_its_required_components_only() -> None:
    guideline = load(list_form(["a.C.test_x"], []))
    made = {
        target.name: [reference.name for reference in target.components]
        for target in guideline.targets
    }
    assert made == {
        "platform": ["compute", "object"],
        "compute": ["compute"],
        "object": ["object"],
    }


def test_components_keep_their_lists_in_file_order() -> None:
    listings = load(list_form(["a.C.test_x"], [])).components["object"].listings
    assert [(one.status, one.capabilities) for one in listings] == [
        (Status.REQUIRED, ()),
        (Status.DEPRECATED, ("objects",)),
    ]


def test_facts_of_the_head_are_read() -> None:
    document = list_form(["a.C.test_x"], [])
    document |= {"cutoff_score": 74, "target_approval": "2016-01-27", "replaces": "2015.07"}
    document["test-repositories"] = {"tempest": {"url": "https://x.org/t", "git-sha": "26149b612d"}}
    document["criteria"] = {"atomic": {"Description": "Alone", "name": "Atomic", "weight": "8"}}
    guideline = load(document)
    assert (guideline.id, guideline.status, guideline.releases) == (
        "2015.13",
        "approved",
        ("kilo", "liberty"),
    )
    assert (guideline.cutoff_score, guideline.target_approval, guideline.replaces) == (
        74,
        "2016-01-27",
        "2015.07",
    )
    assert guideline.repositories[0].reference == "26149b612d"
    assert (guideline.criteria[0].weight, guideline.criteria[0].description) == (8, "Alone")


def test_designated_sections_are_lists_or_objects() -> None:
    document = list_form(["a.C.test_x"], [])
    document["designated-sections"] = {
        "required": {"nova": {"guidance": "All", "sections": {"api": {"designated": True}}}},
        "informational": {"glance": {"required": False, "sections": []}},
    }
    nova, glance = load(document).designated_sections
    assert (nova.project, nova.status, nova.guidance) == ("nova", "required", "All")
    assert [(one.name, one.designated) for one in nova.sections] == [("api", True)]
    assert (glance.sections, glance.required, nova.required) == ((), False, None)


@pytest.mark.parametrize(
    ("edition", "schema", "tests", "flagged"),
    [
        ("2015.03", "1.2", 127, 9),
        ("2015.04", "1.2", 127, 51),
        ("2015.05", "1.2", 128, 33),
        ("2015.07", "1.5", 129, 31),
        ("2016.01", "1.5", 124, 28),
        ("2016.08", "1.6", 228, 17),
        ("2017.01", "1.6", 261, 32),
        ("2017.09", "1.6", 259, 29),
    ],
)
def test_the_bundled_files_of_schema_1_require_what_was_published(
    edition: str, schema: str, tests: int, flagged: int
) -> None:
    guideline = catalog.load_guideline(edition)
    required = [
        test
        for component in guideline.components.values()
        for listing in component.listings
        if listing.status is Status.REQUIRED
        for name in listing.capabilities
        for test in guideline.capabilities[name].tests
    ]
    unique = {test.name for test in required}
    assert guideline.schema == schema
    assert len(unique) == tests
    assert len({test.name for test in required if test.flag}) == flagged


def test_a_platform_of_an_unknown_component_is_refused() -> None:
    document = list_form(["a.C.test_x"], [])
    document["platform"]["required"].append("database")
    with pytest.raises(InputError, match="component database") as caught:
        load(document, str(Path("x/2015.13.json")))
    assert caught.value.message.startswith("x/2015.13.json:")
