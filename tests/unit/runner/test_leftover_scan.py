"""What is looked for after a run, and what an interruption does to the look."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from defcheck.cloud.cleanup.ownership import CloudResource, Leftover, LeftoverFindings, ResourceKind
from defcheck.cloud.cleanup.scan import ScanResult
from defcheck.errors import UnusableError
from defcheck.results.models import Event
from defcheck.runner import journal, leftover_scan
from defcheck.runner.record import RunRecord
from defcheck.runner.run_directory import RunDirectory

PREFIX = "defcheck-1a2b3c4d"
FOUND = Leftover(CloudResource(ResourceKind.SERVER, "1", f"{PREFIX}-s", "p"), "its name")


@dataclass
class Listening:
    """A watcher that keeps what is said."""

    lines: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.lines.append(text)

    def planned(self, tests: Sequence[str], workers: int) -> None:
        pass

    def event(self, event: Event) -> None:
        pass

    def ended(self, *, interrupted: bool) -> None:
        pass


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    return RunDirectory.create(tmp_path / "run")


def record(**changes: Any) -> RunRecord:
    return RunRecord.build(
        defcheck="0",
        tempest="47.0.0",
        python="3.11",
        guideline={"id": "2020.06", "sha256": "0" * 64, "schema": "2.0"},
        target="object",
        statuses=["required"],
        cloud={"name": "c", "auth_url": "u", "region": "r", "cpid": ""},
        credentials="dynamic",
        workers=1,
        planned=["tempest.api.x.Some.test_c[id-1]", "tempest.api.y.Other.test_d(scenario.x)"],
        absent=[],
        inventory_sha256="0" * 64,
        started="2031-01-01T00:00:00+00:00",
        prefix=PREFIX,
        **{"state": "finished", "finished": "2031-01-01T01:00:00+00:00", **changes},
    )


def after(
    monkeypatch: pytest.MonkeyPatch,
    directory: RunDirectory,
    of_run: RunRecord,
    found: LeftoverFindings | BaseException,
) -> Listening:
    """Look after a run, with what is found given."""

    def look(*_: object, **__: object) -> ScanResult:
        if isinstance(found, BaseException):
            raise found
        return ScanResult(found, {}, not found.unseen)

    monkeypatch.setattr(leftover_scan, "scan_leftovers", look)
    listening = Listening()
    leftover_scan.scan_after_run(directory, of_run, tuple, listening)
    return listening


def test_what_was_found_is_in_the_record(
    monkeypatch: pytest.MonkeyPatch, directory: RunDirectory
) -> None:
    listening = after(
        monkeypatch, directory, record(), LeftoverFindings(owned=(FOUND,), unseen=("x",))
    )
    left = directory.read_record().outcome.leftovers
    assert left is not None
    assert left["ours"] == [
        {"kind": "server", "id": "1", "name": f"{PREFIX}-s", "project": "p", "why": "its name"}
    ]
    assert left["unseen"] == ["x"]
    assert listening.lines[-1] == "Leftovers: 1; the scan is incomplete: x"


def test_a_dead_cloud_is_said_with_a_word(
    monkeypatch: pytest.MonkeyPatch, directory: RunDirectory
) -> None:
    after(monkeypatch, directory, record(), UnusableError("It is dead."))
    left = directory.read_record().outcome.leftovers
    assert left is not None
    assert left["unseen"] == ["It is dead."]


def test_one_interruption_ends_the_look_alone(
    monkeypatch: pytest.MonkeyPatch, directory: RunDirectory
) -> None:
    done = record()
    listening = after(monkeypatch, directory, done, KeyboardInterrupt())
    assert done.outcome.leftovers is None
    assert "`defcheck cleanup` scans again" in listening.lines[-1]


def test_a_second_interruption_ends_everything(
    monkeypatch: pytest.MonkeyPatch, directory: RunDirectory
) -> None:
    with pytest.raises(KeyboardInterrupt):
        after(monkeypatch, directory, record(state="interrupted"), KeyboardInterrupt())


def test_the_claim_of_a_run_is_its_prefix_times_classes_and_notes(directory: RunDirectory) -> None:
    entries = [
        {"kind": "projects", "id": "1" * 32, "name": "tempest-Some-1"},
        {"kind": "container", "account": "AUTH_x", "id": "box", "name": "box"},
        {"kind": "os-keypairs", "id": "key", "name": "key"},
    ]
    lines = "".join(json.dumps(entry) + "\n" for entry in entries)
    (directory.path / journal.RESOURCE_LOG).write_text(lines)
    claim = leftover_scan.build_run_claim(directory, record(state="running", finished=""))
    assert claim.prefix == PREFIX
    assert claim.started_at == datetime(2031, 1, 1, tzinfo=UTC)
    assert claim.ended_at is None
    assert claim.interrupted
    assert claim.test_classes == {"Some", "Other"}
    assert claim.created == {"1" * 32: "tempest-Some-1", "AUTH_x/box": "box", "key": "key"}


def test_what_the_run_or_a_cleanup_deleted_is_not_claimed(directory: RunDirectory) -> None:
    box = {"kind": "container", "account": "AUTH_x", "id": "box", "name": "box"}
    entries = [
        box,
        {**box, "deleted": "true"},
        {**box, "account": "AUTH_y"},
        {**box, "account": "AUTH_y", "deleted": "true"},
        {**box, "account": "AUTH_y"},
        {**box, "account": "AUTH_z"},
    ]
    lines = "".join(json.dumps(entry) + "\n" for entry in entries)
    (directory.path / journal.RESOURCE_LOG).write_text(lines)
    claim = leftover_scan.build_run_claim(directory, record())
    assert set(claim.created) == {"AUTH_y/box", "AUTH_z/box"}
    assert claim.emptied_accounts == {"AUTH_x"}
    cleaned = [
        {"kind": "container", "id": "AUTH_y/box", "state": "removed"},
        {"kind": "container", "id": "AUTH_z/box", "state": "remains"},
    ]
    (directory.path / "cleanup-1.json").write_text(json.dumps({"ours": cleaned}))
    (directory.path / "cleanup-2.json").write_text("nonsense")
    claim = leftover_scan.build_run_claim(directory, record())
    assert set(claim.created) == {"AUTH_z/box"}
    assert claim.emptied_accounts == {"AUTH_x", "AUTH_y"}
