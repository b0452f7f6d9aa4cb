"""The user's own guidelines: imported, found by id, linked, forgotten, broken."""

import json
from pathlib import Path

import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.catalog import ImportRecord
from defcheck.guideline.importer import InvalidGuidelineError, import_guideline, verify_sha256
from defcheck.guideline.lint.findings import Severity
from defcheck.guideline.selection import find_target, select_capabilities
from tests.unit.shared import JSON, ROOT, document, entry

FROM = ImportRecord(source="/x/mine.json", sha256="0" * 64, time="2030-06-30T00:00:00+00:00")
UUID = "id-6c0a0990-43b6-4529-9b61-5fd8daf7c55c"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the user's folder, which is not there yet."""
    folder = tmp_path / "a" / "guidelines"
    monkeypatch.setenv("DEFCHECK_GUIDELINES", str(folder))
    return folder


def mine(name: str = "mine", **changes: object) -> bytes:
    made: JSON = document({"cap": {"a.b.C.test_x": entry(UUID)}})
    made["metadata"]["id"] = name
    made["metadata"].update(changes)
    for test in made["capabilities"]["cap"]["tests"].values():
        del test["aliases"]
    return json.dumps(made).encode()


def test_where_the_folder_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEFCHECK_GUIDELINES", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    home = Path.home() / ".local" / "share" / "defcheck" / "guidelines"
    assert catalog.locate_user_folder() == home
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert catalog.locate_user_folder() == home
    monkeypatch.setenv("XDG_DATA_HOME", "/d")
    assert catalog.locate_user_folder() == Path("/d/defcheck/guidelines")
    monkeypatch.setenv("DEFCHECK_GUIDELINES", "/g")
    assert catalog.locate_user_folder() == Path("/g")


def test_an_imported_guideline_is_found_by_its_id_and_tells_where_it_came_from(
    place: Path,
) -> None:
    taken = import_guideline(mine(), FROM, "", force=False)
    assert taken.id == "mine"
    assert not [one for one in taken.findings if one.severity is Severity.ERROR]
    assert (place / "mine.json").read_bytes() == mine()
    assert sorted(path.name for path in place.iterdir()) == ["mine.json", "mine.json.origin"]
    found = catalog.find_entry("MINE")
    assert (found.id, found.owner, found.kind, found.imported) == (
        "mine",
        "user",
        "guideline",
        FROM,
    )
    assert found.origin is None
    assert found in catalog.list_entries()
    assert catalog.load_guideline("Mine").id == "mine"
    assert catalog.load_with_bytes("mine")[1] == mine()
    assert catalog.list_ids()[-1] == "mine"


def test_a_guideline_keeps_the_id_that_it_is_given() -> None:
    import_guideline(mine("other"), FROM, "given", force=False)
    guideline = catalog.load_guideline("given")
    assert (guideline.id, guideline.stated_id) == ("given", "other")


@pytest.mark.parametrize(
    ("source", "stated", "chosen"),
    [
        ("/x/mine.json", "mine", "mine"),
        ("/x/mine.json", "MINE", "MINE"),
        ("/x/mine.json", "", "mine"),
        ("/x/download", "mine", "mine"),
        ("https://x.org/a/mine.json?raw=1#top", "mine", "mine"),
        ("https://x.org/a/my%2Dne.json", "", "my-ne"),
    ],
)
def test_the_id_is_the_stated_one_and_the_file_s(source: str, stated: str, chosen: str) -> None:
    imported = ImportRecord(source, FROM.sha256, FROM.time)
    assert import_guideline(mine(stated), imported, "", force=True).id == chosen


def test_import_under_another_id_than_the_file_states_is_refused(place: Path) -> None:
    with pytest.raises(InputError, match=r"states the id other, but the file is mine") as caught:
        import_guideline(mine("other"), FROM, "", force=True)
    assert "--as" in caught.value.advice
    assert not place.exists()


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "a.json", "-x", "a b", "x" * 101, "é"])
def test_an_id_that_is_no_file_name_is_refused(place: Path, name: str) -> None:
    with pytest.raises(InputError, match="is not a valid guideline id"):
        import_guideline(mine(), FROM, name, force=True)
    assert not place.exists()


def test_the_id_of_a_bundled_guideline_is_refused(place: Path) -> None:
    with pytest.raises(InputError, match=r"2020\.06 is the id of a bundled guideline"):
        import_guideline(mine(), FROM, "2020.06", force=True)
    with pytest.raises(InputError, match="bundled"):
        import_guideline(mine(), FROM, "SCS-0128", force=True)
    bundled = (ROOT / "guidelines" / "2020.06.json").read_bytes()
    assert "byte for byte" in import_guideline(bundled, FROM, "2020.06", force=False).message
    assert not place.exists()


def test_the_published_file_of_a_bundled_guideline_needs_no_import(place: Path) -> None:
    path = ROOT.parent / "shared" / "interop" / "guidelines" / "2020.06.json"
    if not path.is_file():
        pytest.skip("../shared/interop is not at hand")
    assert (
        "was made from this file"
        in import_guideline(path.read_bytes(), FROM, "2020.06", force=False).message
    )
    assert not place.exists()


def test_other_content_never_replaces_what_is_there(place: Path) -> None:
    import_guideline(mine(), FROM, "", force=False)
    again = ImportRecord("/y/mine.json", FROM.sha256, "2031-01-01T00:00:00+00:00")
    assert "byte for byte" in import_guideline(mine(), again, "", force=False).message
    for name in ("mine", "Mine"):
        with pytest.raises(InputError, match="already has a guideline mine with"):
            import_guideline(mine(status="draft"), again, name, force=True)
    assert (place / "mine.json").read_bytes() == mine()
    assert catalog.find_entry("mine").imported == FROM


def test_a_file_with_errors_needs_force_and_one_that_cannot_be_loaded_is_never_taken(
    place: Path,
) -> None:
    made = json.loads(mine())
    made["capabilities"]["cap"]["tests"]["a.b.NEED_TEST"] = {"idempotent_id": UUID}
    data = json.dumps(made).encode()
    with pytest.raises(InvalidGuidelineError, match="has 1 error and was not imported") as caught:
        import_guideline(data, FROM, "", force=False)
    assert [one.rule for one in caught.value.findings if one.severity == "error"] == ["test-name"]
    assert not place.exists()
    assert import_guideline(data, FROM, "", force=True).id == "mine"
    for bad in (b"{}", b"{", mine().replace(b'"cap"]', b'"lost"]'), mine() + b"x"):
        with pytest.raises(InputError):
            import_guideline(bad, FROM, "bad", force=True)
    assert catalog.find_user_file("bad") is None


def test_web_page_is_not_imported_as_a_guideline() -> None:
    for page in (b"<!DOCTYPE html><html>", b"\xef\xbb\xbf\n <html>"):
        with pytest.raises(InputError, match="is a web page, not JSON"):
            import_guideline(page, FROM, "", force=True)


def test_file_with_another_sha256_is_refused() -> None:
    verify_sha256(b"x", "2D711642B726B04401627CA9FBAC32F5C8530FB1903CC4DB02258717921A4881", "a")
    with pytest.raises(InputError, match="is not the expected file: its sha256 is 2d71"):
        verify_sha256(b"x", "0" * 64, "a")


def test_a_folder_that_cannot_be_written_is_said_in_words(place: Path) -> None:
    place.parent.mkdir()
    place.write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        import_guideline(mine(), FROM, "", force=False)
    assert catalog.list_user_files() == {}


def test_without_its_record_nothing_is_written(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(catalog, "write_atomic", full)
    with pytest.raises(InputError, match="No space left"):
        import_guideline(mine(), FROM, "", force=False)
    assert list(place.iterdir()) == []


def test_broken_files_break_nothing_else(place: Path) -> None:
    import_guideline(mine(), FROM, "", force=False)
    (place / "broken.json").write_text("{")
    (place / "2020.06.json").write_bytes(mine())
    (place / "folder.json").mkdir()
    (place / "no id.json").write_bytes(mine())
    (place / "notes.txt").write_text("x")
    (place / "mine.json.origin").write_text('["not", "a", "record"]')
    listed = [
        item.id if isinstance(item, catalog.CatalogEntry) else item
        for item in catalog.list_user_entries()
    ]
    assert listed.pop() == "mine"
    assert [type(one) for one in listed] == [InputError] * 3
    words = " ".join(str(one) for one in listed)
    assert "a bundled guideline has the id 2020.06" in words
    assert "broken.json is not JSON" in words
    assert "folder.json cannot be read" in words
    assert catalog.find_entry("mine").imported is None
    assert catalog.find_entry("2020.06").owner == "bundled"
    assert "compute-servers-lock" in catalog.load_guideline("2020.06").capabilities


def test_forgetting_deletes_both_files(place: Path) -> None:
    import_guideline(mine(), FROM, "", force=False)
    path = catalog.find_user_file("MINE")
    assert path is not None
    catalog.remove_guideline(path)
    assert list(place.iterdir()) == []
    with pytest.raises(InputError, match="There is no guideline mine"):
        catalog.load_guideline("mine")
    with pytest.raises(InputError, match="cannot be deleted"):
        catalog.remove_guideline(path)


def borrowing(name: str, source: str) -> bytes:
    """Return a guideline with a component `compute` and a target that takes another's."""
    made = json.loads(mine(name))
    made["platforms"]["OpenStack Powered Far"] = {
        "components": [{"name": "Compute", "source": f"https://x.org/{source}.json"}]
    }
    return json.dumps(made).encode()


def test_two_guidelines_of_the_user_s_may_take_components_from_each_other() -> None:
    import_guideline(borrowing("one", "two"), FROM, "one", force=True)
    import_guideline(borrowing("two", "one"), FROM, "two", force=False)
    for name, other in (("one", "two"), ("two", "one")):
        guideline = catalog.load_guideline(name)
        assert list(guideline.linked) == [other]
        assert not guideline.linked[other].linked
        assert list(select_capabilities(guideline, find_target(guideline, "far"))) == ["cap"]
    assert catalog.find_entry("one").kind == "vertical"


def test_a_guideline_may_take_a_component_from_itself() -> None:
    import_guideline(borrowing("one", "ONE"), FROM, "one", force=False)
    guideline = catalog.load_guideline("one")
    assert guideline.linked == {}
    assert list(select_capabilities(guideline, find_target(guideline, "far"))) == ["cap"]


def test_a_guideline_by_its_path_finds_the_user_s_too(tmp_path: Path) -> None:
    import_guideline(mine(), FROM, "", force=False)
    path = tmp_path / "far.json"
    path.write_bytes(borrowing("far", "mine"))
    assert list(catalog.load_guideline(str(path)).linked) == ["mine"]
    assert list(catalog.load_with_bytes(str(path))[0].linked) == ["mine"]


def test_a_broken_linked_guideline_is_as_none(place: Path) -> None:
    place.mkdir(parents=True)
    (place / "two.json").write_text("{")
    (place / "one.json").write_bytes(borrowing("one", "two"))
    guideline = catalog.load_guideline("one")
    with pytest.raises(InputError, match="from guideline two, which is not available"):
        select_capabilities(guideline, find_target(guideline, "far"))


@pytest.mark.parametrize(
    ("edit", "kind"),
    [
        ({"policy": "scs"}, "scs"),
        ({}, "guideline"),
    ],
)
def test_the_kind_by_policy(edit: JSON, kind: str) -> None:
    import_guideline(mine(**edit), FROM, "", force=False)
    assert catalog.find_entry("mine").kind == kind


def test_the_kind_of_an_add_on() -> None:
    made = json.loads(mine().replace(b"compute", b"OS_powered_dns"))
    import_guideline(json.dumps(made).encode(), FROM, "", force=False)
    assert catalog.find_entry("mine").kind == "add-on"
