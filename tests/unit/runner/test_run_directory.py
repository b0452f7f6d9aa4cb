"""A run directory: never overwritten, read back as it was written."""

import dataclasses
import hashlib
import json
import stat
from pathlib import Path

import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.runner.record import RunRecord
from defcheck.runner.run_directory import RunDirectory, refuse_existing
from defcheck.workflows.verdicts import score_results
from tests.records import change_record

INVENTORY = b"a.B.test_c[id-1]\n"
GUIDELINE = catalog.load_guideline("2020.06")


def record() -> RunRecord:
    return RunRecord.build(
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
    directory.write_inputs(catalog.load_with_bytes("2020.06")[1], "[auth]\n", INVENTORY)
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
    with pytest.raises(InputError, match="not the guideline of the run"):
        directory.read_guideline(directory.read_record())


def broken(**changes: object) -> str:
    return json.dumps({**record().build_document(), **changes})


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"format": "x"}',
        '{"format": "defcheck run 1"}',
        broken(guideline={}),
        broken(cloud=None),
        broken(more=1),
    ],
)
def test_invalid_run_record_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(InputError, match="not a run record"):
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


def test_results_that_were_changed_after_the_run_are_refused(tmp_path: Path) -> None:
    directory = make(tmp_path / "run")
    directory.raw_results.write_bytes(b"test: a.B.test_c\nsuccess: a.B.test_c\n")
    whole = change_record(record(), results_sha256=directory.results_sha256())
    assert len(directory.read_results(whole).events) == 1
    directory.raw_results.write_bytes(b"test: a.B.test_d\nsuccess: a.B.test_d\n")
    with pytest.raises(InputError, match="not what the run wrote"):
        directory.read_results(whole)


def test_a_run_directory_is_its_owner_s(tmp_path: Path) -> None:
    assert stat.S_IMODE(make(tmp_path / "run").path.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("state", "code"), [("interrupted", None), ("running", None), ("failed", 0), ("finished", 3)]
)
def test_a_run_that_did_not_end_well_never_passes(
    tmp_path: Path, state: str, code: int | None
) -> None:
    names = [
        test.name for capability in GUIDELINE.capabilities.values() for test in capability.tests
    ]
    inventory = "".join(f"{name}\n" for name in names).encode()
    directory = RunDirectory.create(tmp_path / "run")
    directory.write_inputs(catalog.load_with_bytes("2020.06")[1], "", inventory)
    lines = "".join(f"test: {name}\nsuccess: {name}\n" for name in dict.fromkeys(names))
    directory.raw_results.write_text(lines)
    whole = change_record(record(), inventory_sha256=hashlib.sha256(inventory).hexdigest())
    directory.write_record(change_record(whole, state="finished", runner_code=0))
    assert score_results(str(directory.path))["verdict"] == "pass"
    directory.write_record(change_record(whole, state=state, runner_code=code))
    assert score_results(str(directory.path))["verdict"] == "incomplete"


def test_the_fields_of_a_record_stand_in_the_order_of_the_format(tmp_path: Path) -> None:
    """Programs and people compare run.json line by line, whatever the record is made of here."""
    directory = RunDirectory.create(tmp_path / "run")
    directory.write_record(record())
    names = list(json.loads((directory.path / "run.json").read_bytes()))
    assert names == [
        *("defcheck", "tempest", "python", "guideline", "target", "statuses", "cloud"),
        *("credentials", "workers", "planned", "absent", "inventory_sha256", "started"),
        *("tempest_files", "tempest_name", "tempest_plugins", "foreseen", "withheld"),
        *("second_account", "finished", "state", "runner_code", "results_sha256", "files"),
        *("settings", "cacert", "users", "users_fallback", "regardless", "class_seconds"),
        *("rerun_failed", "resumed", "reruns", "prefix", "leftovers", "redaction", "format"),
    ]


def test_no_part_of_a_record_is_changed_in_place() -> None:
    parts = (record().inputs, record().history, record().outcome)
    for part in parts:
        name = dataclasses.fields(part)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(part, name, None)
