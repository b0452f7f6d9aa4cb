"""What is looked for after a run, and what an interruption does to the look."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from defcheck.cloud.leftovers.look import Seen
from defcheck.cloud.leftovers.model import Findings, Kind, Leftover, Thing
from defcheck.errors import UnusableError
from defcheck.results.model import Event
from defcheck.runner import aftermath, made
from defcheck.runner.directory import RunDirectory
from defcheck.runner.record import Record

PREFIX = "defcheck-1a2b3c4d"
FOUND = Leftover(Thing(Kind.SERVER, "1", f"{PREFIX}-s", "p"), "its name")


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


def record(**changes: Any) -> Record:
    return Record(
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
    of_run: Record,
    found: Findings | BaseException,
) -> Listening:
    """Look after a run, with what is found given."""

    def look(*_: object, **__: object) -> Seen:
        if isinstance(found, BaseException):
            raise found
        return Seen(found, {}, not found.unseen)

    monkeypatch.setattr(aftermath, "look", look)
    listening = Listening()
    aftermath.look_after(directory, of_run, tuple, listening)
    return listening


def test_what_was_found_is_in_the_record(
    monkeypatch: pytest.MonkeyPatch, directory: RunDirectory
) -> None:
    listening = after(monkeypatch, directory, record(), Findings(ours=(FOUND,), unseen=("x",)))
    left = directory.read_record().leftovers
    assert left is not None
    assert left["ours"] == [
        {"kind": "server", "id": "1", "name": f"{PREFIX}-s", "project": "p", "why": "its name"}
    ]
    assert left["unseen"] == ["x"]
    assert listening.lines[-1] == "Left behind: 1; not all could be seen: x"


def test_a_dead_cloud_is_said_with_a_word(
    monkeypatch: pytest.MonkeyPatch, directory: RunDirectory
) -> None:
    after(monkeypatch, directory, record(), UnusableError("It is dead."))
    left = directory.read_record().leftovers
    assert left is not None
    assert left["unseen"] == ["It is dead."]


def test_one_interruption_ends_the_look_alone(
    monkeypatch: pytest.MonkeyPatch, directory: RunDirectory
) -> None:
    done = record()
    listening = after(monkeypatch, directory, done, KeyboardInterrupt())
    assert done.leftovers is None
    assert "`defcheck cleanup` does" in listening.lines[-1]


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
    (directory.path / made.NAME).write_text(lines)
    claim = aftermath.claim_of(directory, record(state="running", finished=""))
    assert claim.prefix == PREFIX
    assert claim.began == datetime(2031, 1, 1, tzinfo=UTC)
    assert claim.ended is None
    assert claim.cut
    assert claim.classes == {"Some", "Other"}
    assert claim.made == {"1" * 32: "tempest-Some-1", "AUTH_x/box": "box", "key": "key"}


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
    (directory.path / made.NAME).write_text(lines)
    claim = aftermath.claim_of(directory, record())
    assert set(claim.made) == {"AUTH_y/box", "AUTH_z/box"}
    assert claim.emptied == {"AUTH_x"}
    cleaned = [
        {"kind": "container", "id": "AUTH_y/box", "state": "removed"},
        {"kind": "container", "id": "AUTH_z/box", "state": "remains"},
    ]
    (directory.path / "cleanup-1.json").write_text(json.dumps({"ours": cleaned}))
    (directory.path / "cleanup-2.json").write_text("nonsense")
    claim = aftermath.claim_of(directory, record())
    assert set(claim.made) == {"AUTH_z/box"}
    assert claim.emptied == {"AUTH_x", "AUTH_y"}
