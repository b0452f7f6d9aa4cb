"""The guidelines at hand: bundled ones by id, any other by its path."""

import hashlib
import json
from pathlib import Path

import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog
from tests.unit.shared import ROOT, document, entry


def test_there_are_28_bundled_guidelines_of_four_kinds() -> None:
    kinds = [item.kind for item in catalog.list_bundled()]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "guideline": 14,
        "add-on": 12,
        "vertical": 1,
        "scs": 1,
    }


@pytest.mark.parametrize("item", catalog.list_bundled(), ids=lambda one: str(one.id))
def test_every_bundled_guideline_loads_and_tells_its_origin(item: catalog.CatalogEntry) -> None:
    guideline = catalog.load_guideline(item.id)
    assert guideline.id == item.id
    assert guideline.capabilities
    assert tuple(target.name for target in guideline.targets) == item.targets
    assert catalog.find_origin(guideline) == item.origin
    data = catalog.load_with_bytes(item.id)[1]
    assert hashlib.sha256(data).hexdigest() == guideline.sha256


def test_ids_are_found_in_any_case_of_letters() -> None:
    assert catalog.find_entry("SCS-0128").id == "scs-0128"
    assert catalog.load_guideline("DNS.2020.06").id == "dns.2020.06"


@pytest.mark.parametrize("name", ["2022.11", "", "2020", "2020.06 "])
def test_an_unknown_id_is_an_error_that_names_the_known_ones(name: str) -> None:
    with pytest.raises(InputError) as caught:
        catalog.load_guideline(name)
    assert caught.value.message == f"There is no guideline {name}."
    assert all(item.id in caught.value.advice for item in catalog.list_bundled())
    assert caught.value.exit_code == 2


def test_a_slash_or_the_ending_json_makes_a_path() -> None:
    assert catalog.is_guideline_path("./2020.06")
    assert catalog.is_guideline_path("2020.06.json")
    assert not catalog.is_guideline_path("2020.06")


def test_a_file_is_loaded_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(document({"cap": {"a.C.test_x": entry()}})))
    guideline = catalog.load_guideline(str(path))
    assert guideline.id == "2030.06"
    assert catalog.find_origin(guideline) is None
    assert catalog.load_with_bytes(str(path))[1] == path.read_bytes()
    assert catalog.load_guideline_path(path, "mine").id == "mine"


def test_a_changed_copy_of_a_bundled_guideline_has_no_origin(tmp_path: Path) -> None:
    path = tmp_path / "2020.06.json"
    path.write_bytes((ROOT / "guidelines" / "2020.06.json").read_bytes())
    assert catalog.find_origin(catalog.load_guideline(str(path))) is not None
    path.write_bytes(path.read_bytes() + b"\n")
    assert catalog.find_origin(catalog.load_guideline(str(path))) is None


def test_a_copy_of_the_vertical_finds_the_bundled_guideline_that_it_builds_on() -> None:
    copy = catalog.load_guideline(str(ROOT / "guidelines" / "verticals" / "nfv.next.json"))
    assert list(copy.linked) == ["2017.09"]


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        catalog.load_guideline(str(tmp_path / "2020.06.json"))


def test_the_bytes_of_a_path_that_is_not_there_are_an_error(tmp_path: Path) -> None:
    missing = str(tmp_path / "2020.06.json")
    with pytest.raises(InputError, match="cannot be read: No such file or directory"):
        catalog.load_with_bytes(missing)[1]
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        catalog.load_with_bytes(f"{tmp_path}/")[1]
