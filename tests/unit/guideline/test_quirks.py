"""Every quirk of the published guideline files (DOMAIN, section 3) by its name."""

from collections import Counter, defaultdict

import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog, models
from defcheck.guideline.loader import load_guideline_bytes
from defcheck.guideline.selection import find_target, list_capabilities, select_capabilities
from tests.unit.shared import document, entry, load


def required_tests(name: str, target: str = "platform") -> list[models.Test]:
    """Return the tests of a bundled guideline's required capabilities."""
    guideline = catalog.load_guideline(name)
    return [
        test
        for item in select_capabilities(guideline, find_target(guideline, target)).values()
        if item.status is models.Status.REQUIRED
        for test in item.capability.tests
    ]


@pytest.mark.parametrize(
    ("published", "bare"),
    [
        ("id-6c0a0990-43b6-4529-9b61-5fd8daf7c55c", "6c0a0990-43b6-4529-9b61-5fd8daf7c55c"),
        ("6c0a0990-43b6-4529-9b61-5fd8daf7c55c", "6c0a0990-43b6-4529-9b61-5fd8daf7c55c"),
        ("id-6c0a0990-43b6-4529-9b61-5fd8daf7c55c,smoke", "6c0a0990-43b6-4529-9b61-5fd8daf7c55c"),
        ("id-6C0A0990-43B6-4529-9B61-5FD8DAF7C55C", "6c0a0990-43b6-4529-9b61-5fd8daf7c55c"),
        ("id-1 , smoke", "1"),
        ("", ""),
    ],
)
def test_ids_come_with_and_without_prefix_and_attributes(published: str, bare: str) -> None:
    guideline = load(document({"cap": {"a.C.test_x": entry(published)}}))
    (test,) = guideline.capabilities["cap"].tests
    assert test.uuid == bare
    assert test.idempotent_id == published


def test_2016_01_has_29_ids_with_attributes() -> None:
    tests = [
        test
        for capability in catalog.load_guideline("2016.01").capabilities.values()
        for test in capability.tests
    ]
    with_attributes = [test for test in tests if "," in test.idempotent_id]
    assert len(with_attributes) == 29
    assert all(len(test.uuid) == 36 for test in with_attributes)


def test_2017_01_has_a_test_without_an_id_that_needs_to_be_written() -> None:
    missing = [
        test.name
        for capability in catalog.load_guideline("2017.01").capabilities.values()
        for test in capability.tests
        if not test.uuid
    ]
    assert missing == ["tempest.api.volume.NEED_TEST"]


@pytest.mark.parametrize(
    ("edition", "shared", "classes"),
    [
        ("2015.07", 5, {"ServersTestJSON", "ServersTestManualDisk"}),
        ("2016.01", 5, {"ServersTestJSON", "ServersTestManualDisk"}),
        ("2016.08", 5, {"ServersTestJSON", "ServersTestManualDisk"}),
        ("2017.01", 5, {"ServersTestJSON", "ServersTestManualDisk"}),
        ("2018.02", 2, {"VolumesMetadataTest"}),
    ],
)
def test_one_id_stands_for_several_required_tests(
    edition: str, shared: int, classes: set[str]
) -> None:
    names = defaultdict(set)
    for test in required_tests(edition):
        names[test.uuid].add(test.name)
    several = [found for uuid, found in names.items() if uuid and len(found) > 1]
    assert len(several) == shared
    assert {name.split(".")[-2] for found in several for name in found} == classes


def test_2018_02_lists_55_pairs_more_than_it_has_tests() -> None:
    pairs = Counter(test.name for test in required_tests("2018.02"))
    assert (pairs.total(), len(pairs)) == (337, 282)


def test_a_test_in_two_capabilities_keeps_the_aliases_of_each() -> None:
    aliases = defaultdict(set)
    for test in required_tests("2018.02"):
        aliases[test.name].add(test.aliases)
    differing = {name: found for name, found in aliases.items() if len(found) > 1}
    assert len(differing) == 1
    made = load(
        document(
            {
                "one": {"a.C.test_x": entry("id-1", aliases=["old.C.test_x"])},
                "two": {"a.C.test_x": entry("id-1", aliases=["older.C.test_x"])},
            }
        )
    )
    assert made.capabilities["one"].tests[0].aliases == ("old.C.test_x",)
    assert made.capabilities["two"].tests[0].aliases == ("older.C.test_x",)


@pytest.mark.parametrize("edition", ["2018.02", "next"])
def test_removed_capabilities_that_are_not_defined_are_passed_over(edition: str) -> None:
    guideline = catalog.load_guideline(edition)
    named = {
        (listing.status, name)
        for component in guideline.components.values()
        for listing in component.listings
        for name in listing.capabilities
    }
    undefined = {pair for pair in named if pair[1] not in guideline.capabilities}
    assert {status for status, _ in undefined} == {models.Status.REMOVED}
    found = {item.capability.name for item in list_capabilities(guideline, guideline.targets[0])}
    assert found.isdisjoint(name for _, name in undefined)


def test_an_undefined_removed_capability_loads() -> None:
    made = load(document({"cap": {"a.C.test_x": entry()}}, removed=["gone"]))
    assert "gone" not in made.capabilities
    assert list(select_capabilities(made, made.targets[0])) == ["cap"]


@pytest.mark.parametrize("status", ["required", "advisory", "deprecated"])
def test_an_undefined_capability_is_an_error_that_names_file_component_and_capability(
    status: str,
) -> None:
    made = document({"cap": {"a.C.test_x": entry()}})
    made["components"]["compute"]["capabilities"][status] = ["cap", "lost"]
    with pytest.raises(InputError) as caught:
        load(made, "x/2018.02.json")
    assert caught.value.message == (
        f"x/2018.02.json: component compute lists the {status} capability lost, "
        "which the file does not define."
    )


def test_capabilities_that_no_component_names_require_nothing() -> None:
    guideline = catalog.load_guideline("2020.06")
    assert "images-v2-import" in guideline.capabilities
    for target in guideline.targets:
        assert "images-v2-import" not in select_capabilities(guideline, target)


def test_capabilities_may_have_no_tests() -> None:
    assert catalog.load_guideline("2017.09").capabilities["volumes-list-api-versions"].tests == ()
    assert load(document({"cap": {}})).capabilities["cap"].tests == ()


def test_capabilities_may_have_every_test_flagged() -> None:
    resize = catalog.load_guideline("2020.06").capabilities["compute-servers-resize"]
    assert resize.tests
    assert all(test.flag for test in resize.tests)


@pytest.mark.parametrize("name", ["dns.next", "orchestration.next"])
def test_a_guideline_may_require_nothing(name: str) -> None:
    guideline = catalog.load_guideline(name)
    statuses = {
        item.status for item in select_capabilities(guideline, guideline.targets[0]).values()
    }
    assert statuses == {models.Status.ADVISORY}


def test_a_guideline_may_state_another_guidelines_id() -> None:
    guideline = catalog.load_guideline("orchestration.2018.02")
    assert (guideline.id, guideline.stated_id) == ("orchestration.2018.02", "orchestration.next")
    assert load(document({}), guideline_id="2031.01").id == "2031.01"
    assert load(document({})).id == "2030.06"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("achievements", "acheivements"),
        ("description", "descriptin"),
        ("required_since", "required-since"),
    ],
)
def test_misspelt_keys_are_read(right: str, wrong: str) -> None:
    value = ["atomic"] if right == "achievements" else "since the flood"
    made = [document({"cap": {}}), document({"cap": {}})]
    made[0]["capabilities"]["cap"][right] = value
    made[1]["capabilities"]["cap"][wrong] = value
    spelt, misspelt = (load(one).capabilities["cap"] for one in made)
    assert spelt == misspelt
    assert getattr(misspelt, right) == (("atomic",) if right == "achievements" else value)


def test_a_misspelt_status_is_not_passed_over_in_silence() -> None:
    made = document({"cap": {"a.C.test_x": entry()}, "more": {"a.C.test_y": entry()}}, ["cap"])
    made["components"]["compute"]["capabilities"]["requierd"] = ["more"]
    with pytest.raises(InputError, match="requierd is not a known field") as caught:
        load(made)
    assert caught.value.advice == "Available: required, advisory, deprecated, removed."


def test_a_capability_that_is_defined_twice_is_refused() -> None:
    text = (
        b'{"metadata": {"schema": "2.0"}, "components": {}, "capabilities": {'
        b'"cap": {"tests": {"a.C.test_x": {}}}, "cap": {"tests": {"a.C.test_y": {}}}}}'
    )
    with pytest.raises(InputError, match=r"a\.json is not JSON: the key 'cap' appears twice"):
        load_guideline_bytes(text, "a.json")


@pytest.mark.parametrize(
    "text",
    [
        b'{"metadata": {"schema": "2.0", "schema": "1.6"}}',
        b'{"schema": "1.6", "schema": "1.6"}',
        b'{"schema": "1.6", "capabilities": {"cap": {"tests": {"a.C.test_x": {"flagged": {}, '
        b'"flagged": {"reason": "[D404]"}}}}}}',
        b'[{"x": 1, "x": 1}]',
    ],
)
def test_a_key_that_stands_twice_anywhere_is_refused(text: bytes) -> None:
    with pytest.raises(InputError, match="appears twice in one object"):
        load_guideline_bytes(text, "a.json")


@pytest.mark.parametrize("edition", ["2018.02", "2018.11", "2019.06", "2020.06", "next"])
def test_required_capabilities_may_need_an_administrator(edition: str) -> None:
    guideline = catalog.load_guideline(edition)
    found = select_capabilities(guideline, find_target(guideline, "compute")).values()
    admin = {
        item.capability.name
        for item in found
        if item.capability.admin and item.status is models.Status.REQUIRED
    }
    assert admin == {"networks-l3-router", "networks-l3-CRUD"}


def test_the_misspelling_of_the_published_schema_is_no_flag() -> None:
    made = document({"cap": {"a.C.test_x": {"flag": {"reason": "[D404] x"}}}})
    assert load(made).capabilities["cap"].tests[0].flag is None
