"""A run directory: never overwritten, read back as it was written."""

import hashlib
import json
from pathlib import Path

import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.runner.directory import Record, RunDirectory, refuse_existing

INVENTORY = b"a.B.test_c[id-1]\n"
GUIDELINE = catalog.load("2020.06")


def record() -> Record:
    return Record(
        defcheck="0",
        tempest="47.0.0",
        python="3.11",
        guideline={"id": "2020.06", "sha256": GUIDELINE.sha256, "schema": "2.0"},
        target="object",
        statuses=["required"],
        cloud={"name": "c", "auth_url": "u", "region": "r", "cpid": ""},
        credentials="accounts",
        workers=1,
        planned=["a.B.test_c[id-1]"],
        absent=[],
        inventory_sha256=hashlib.sha256(INVENTORY).hexdigest(),
        started="2031-01-01T00:00:00+00:00",
    )


def make(path: Path) -> RunDirectory:
    directory = RunDirectory.create(path)
    directory.write_inputs(catalog.read_bytes("2020.06"), "[auth]\n", INVENTORY)
    directory.write_record(record())
    return directory


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    directory = RunDirectory(make(tmp_path / "run").path)
    found = directory.read_record()
    assert found == record()
    assert directory.read_guideline(found) == GUIDELINE
    inventory = directory.read_inventory(found)
    assert [(test.name, test.uuid) for test in inventory] == [("a.B.test_c", "1")]


def test_a_directory_is_never_reused(tmp_path: Path) -> None:
    make(tmp_path / "run")
    with pytest.raises(InputError, match="exists already"):
        RunDirectory.create(tmp_path / "run")


def test_a_place_that_cannot_hold_it_is_found_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written to"):
        refuse_existing(tmp_path / "file" / "run")


def test_a_guideline_that_was_changed_afterwards_is_refused(tmp_path: Path) -> None:
    directory = make(tmp_path / "run")
    copy = directory.path / "guideline.json"
    document = json.loads(copy.read_bytes())
    document["capabilities"].popitem()
    document["components"]["os_powered_compute"]["capabilities"]["required"] = []
    document["components"]["os_powered_storage"]["capabilities"]["required"] = []
    copy.write_text(json.dumps(document))
    with pytest.raises(InputError, match="not the guideline that the run was made for"):
        directory.read_guideline(directory.read_record())


@pytest.mark.parametrize("text", ["{", "[]", '{"format": "x"}', '{"format": "defcheck run 1"}'])
def test_a_record_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(InputError, match="not the record of a run"):
        RunDirectory(tmp_path).read_record()


def test_an_inventory_that_was_cut_or_lost_is_refused(tmp_path: Path) -> None:
    directory = make(tmp_path / "run")
    path = directory.path / "inventory.txt"
    path.write_bytes(INVENTORY[:-3])
    with pytest.raises(InputError, match="not what the run wrote"):
        directory.read_inventory(record())
    path.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        directory.read_inventory(record())
