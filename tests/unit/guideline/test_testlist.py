"""Test lists, byte for byte as RefStack's server gave them out."""

from pathlib import Path

import pytest

from defcheck.guideline import catalog, selection
from defcheck.guideline.loader import load_guideline_file
from defcheck.guideline.models import Guideline, Status
from defcheck.guideline.selection import find_target, parse_statuses
from tests.unit.shared import SHARED, document, entry, load, shared_files

SERVED = shared_files("refstack/testlists/*.txt")


def as_served(path: Path, guideline: Guideline) -> bytes:
    """Make the list that the name of a recorded file asks for."""
    _, target, statuses, aliases, flagged = path.stem.split("__")
    return selection.format_refstack_list(
        guideline,
        find_target(guideline, target),
        parse_statuses(statuses.split(",")),
        aliases=aliases == "alias-t",
        flagged=flagged == "flag-t",
    ).encode()


@pytest.mark.parametrize("path", SERVED)
def test_the_list_of_a_bundled_guideline_is_the_served_one(path: Path) -> None:
    assert as_served(path, catalog.load_guideline(path.stem.split("__")[0])) == path.read_bytes()


@pytest.mark.parametrize("path", SERVED)
def test_the_list_of_a_published_guideline_is_the_served_one(path: Path) -> None:
    edition = path.stem.split("__")[0]
    guideline = load_guideline_file(SHARED / "interop" / "guidelines" / f"{edition}.json")
    assert as_served(path, guideline) == path.read_bytes()


@pytest.fixture
def guideline() -> Guideline:
    """A guideline with a repeated test, an alias, a missing id and a flag."""
    return load(
        document(
            {
                "one": {
                    "b.C.test_y": entry("id-2", aliases=["a.C.test_y"]),
                    "c.C.test_z": entry(flagged=True, aliases=["d.C.test_z"]),
                },
                "two": {"b.C.test_y": entry("id-2"), "a.A.test_a": entry("id-1,smoke")},
                "wish": {"e.C.test_w": entry("id-9")},
            },
            advisory=["wish"],
        )
    )


def text(
    guideline: Guideline, *statuses: Status, aliases: bool = True, flagged: bool = True
) -> str:
    """Return the text for the guideline's only target."""
    wanted = statuses or (Status.REQUIRED,)
    return selection.format_refstack_list(
        guideline, guideline.targets[0], wanted, aliases=aliases, flagged=flagged
    )


def test_lines_are_sorted_and_repeated_and_an_alias_carries_the_main_tests_id(
    guideline: Guideline,
) -> None:
    assert text(guideline) == (
        "a.A.test_a[id-1,smoke]\n"
        "a.C.test_y[id-2]\n"
        "b.C.test_y[id-2]\n"
        "b.C.test_y[id-2]\n"
        "c.C.test_z[]\n"
        "d.C.test_z[]"
    )


def test_without_flagged_tests_their_aliases_go_too(guideline: Guideline) -> None:
    assert "test_z" not in text(guideline, flagged=False)
    assert "test_y" in text(guideline, flagged=False)


def test_without_aliases_only_the_tests_own_names_stay(guideline: Guideline) -> None:
    lines = text(guideline, aliases=False).splitlines()
    assert lines == ["a.A.test_a[id-1,smoke]", *["b.C.test_y[id-2]"] * 2, "c.C.test_z[]"]


def test_several_statuses_may_be_asked_for(guideline: Guideline) -> None:
    assert text(guideline, Status.ADVISORY) == "e.C.test_w[id-9]"
    both = text(guideline, Status.ADVISORY, Status.REQUIRED)
    assert both == f"{text(guideline)}\ne.C.test_w[id-9]"


def test_an_empty_list_is_the_empty_text(guideline: Guideline) -> None:
    assert text(guideline, Status.REMOVED) == ""
    dns = catalog.load_guideline("dns.next")
    assert text(dns, Status.REQUIRED) == ""
    assert text(dns, Status.ADVISORY).count("\n") == 9


def test_schema_1_2_has_bare_names() -> None:
    lines = text(catalog.load_guideline("2015.03")).splitlines()
    assert len(lines) == 127
    assert not any("[" in line for line in lines)


def test_a_capability_listed_by_two_components_comes_once() -> None:
    made = document({"cap": {"a.C.test_x": entry("id-1")}})
    made["components"]["storage"] = {"capabilities": {"required": ["cap"]}}
    made["platforms"]["OpenStack Powered Platform"]["components"].append({"name": "storage"})
    assert text(load(made)) == "a.C.test_x[id-1]"


@pytest.mark.parametrize("entry_", catalog.list_bundled(), ids=lambda one: str(one.id))
def test_names_are_sorted_and_unique(entry_: catalog.CatalogEntry) -> None:
    guideline = catalog.load_guideline(entry_.id)
    for target in guideline.targets:
        names = selection.list_test_names(
            guideline, target, list(Status), aliases=True, flagged=True
        )
        assert names == sorted(set(names))
        rows = selection.list_test_rows(guideline, target, list(Status), aliases=True, flagged=True)
        assert {row["name"] for row in rows} <= set(names)
        assert set(names) == {name for row in rows for name in (row["name"], *row["aliases"])}


def test_rows_say_where_each_pair_stands(guideline: Guideline) -> None:
    found = selection.list_test_rows(
        guideline, guideline.targets[0], [Status.REQUIRED], aliases=True, flagged=True
    )
    assert found == [
        {
            "name": name,
            "idempotent_id": uuid,
            "aliases": aliases,
            "capability": capability,
            "status": "required",
            "component": "compute",
            "flagged": flagged,
        }
        for name, uuid, aliases, capability, flagged in (
            ("b.C.test_y", "id-2", ["a.C.test_y"], "one", False),
            ("c.C.test_z", "", ["d.C.test_z"], "one", True),
            ("b.C.test_y", "id-2", [], "two", False),
            ("a.A.test_a", "id-1,smoke", [], "two", False),
        )
    ]


def test_rows_without_aliases_and_flagged_tests(guideline: Guideline) -> None:
    found = selection.list_test_rows(
        guideline, guideline.targets[0], [Status.REQUIRED], aliases=False, flagged=False
    )
    assert [row["name"] for row in found] == ["b.C.test_y", "b.C.test_y", "a.A.test_a"]
    assert not any(row["aliases"] or row["flagged"] for row in found)
