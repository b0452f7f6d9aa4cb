"""Names of tests as Tempest reports them: attributes, scenarios, both, none."""

import pytest

from defcheck.guideline.matching import list_owners, parse_test_name, strip_scenario


@pytest.mark.parametrize(
    ("full", "name", "uuid"),
    [
        ("a.b.C.test_x", "a.b.C.test_x", ""),
        ("a.b.C.test_x[id-12,smoke]", "a.b.C.test_x", "12"),
        ("a.b.C.test_x[smoke,id-12]", "a.b.C.test_x", "12"),
        ("a.b.C.test_x[id-12]", "a.b.C.test_x", "12"),
        ("a.b.C.test_x[id-AB]", "a.b.C.test_x", "ab"),
        ("a.b.C.test_x[smoke]", "a.b.C.test_x", ""),
        ("a.b.C.test_x[]", "a.b.C.test_x", ""),
        ("a.b.C.test_x(v6)", "a.b.C.test_x(v6)", ""),
        ("a.b.C.test_x[id-12,smoke](v6)", "a.b.C.test_x(v6)", "12"),
        ("a.b.C.test_x[id-12](v6,slow)", "a.b.C.test_x(v6,slow)", "12"),
        ("a.b.C.test_x[id-12](with (inner))", "a.b.C.test_x(with (inner))", "12"),
        ("a.b.C.test_x[12]", "a.b.C.test_x", ""),
        ("a.b.C.test_x[", "a.b.C.test_x[", ""),
        ("a.b.C.test_x]", "a.b.C.test_x]", ""),
        ("", "", ""),
    ],
)
def test_attributes_go_and_scenarios_stay(full: str, name: str, uuid: str) -> None:
    found = parse_test_name(full)
    assert (found.name, found.uuid) == (name, uuid)


@pytest.mark.parametrize(
    ("full", "method"),
    [
        ("a.b.C.test_x[id-12](v1.6)", "test_x"),
        ("a.b.C.test_x", "test_x"),
        ("test_x", "test_x"),
    ],
)
def test_the_method_is_the_last_word_without_the_scenario(full: str, method: str) -> None:
    assert parse_test_name(full).method == method


def test_the_base_name_has_no_scenario() -> None:
    assert strip_scenario("a.C.test_x(v1.6)") == "a.C.test_x"
    assert strip_scenario("a.C.test_x") == "a.C.test_x"
    assert strip_scenario("a.C.test_x(one\ntwo)") == "a.C.test_x"


def test_owners_are_class_module_and_packages_inner_first() -> None:
    assert list(list_owners("a.b.C.test_x(v1.6)")) == ["a.b.C", "a.b", "a"]
    assert list(list_owners("test_x")) == []
