"""Which class begins when, and from what that is known."""

import json
from pathlib import Path

import pytest

from defcheck.runner import execution
from defcheck.runner.engine.protocol import group_longest_first
from defcheck.runner.journal import RunJournal, read_class_seconds
from tests.records import change_record
from tests.unit.runner.test_run_directory import record

OWNERS = {"a.Short.t": "a.Short", "a.Long.t": "a.Long", "a.New.t": "a.New", "a.New.u": "a.New"}
CLOUD = {"name": "c", "auth_url": "u", "region": "r", "cpid": ""}


def test_the_longest_class_begins_first() -> None:
    ordered = group_longest_first(OWNERS, OWNERS, {"a.Short": 1, "a.Long": 9, "a.New": 4})
    assert ordered == [
        ("a.Long", ["a.Long.t"]),
        ("a.New", ["a.New.t", "a.New.u"]),
        ("a.Short", ["a.Short.t"]),
    ]


def test_an_unknown_class_counts_by_its_tests_at_the_pace_of_the_known_ones() -> None:
    ordered = group_longest_first(OWNERS, OWNERS, {"a.Short": 1, "a.Long": 9})
    assert [name for name, _ in ordered] == ["a.New", "a.Long", "a.Short"]


def test_without_any_times_the_number_of_tests_decides() -> None:
    assert next(name for name, _ in group_longest_first(OWNERS, OWNERS, {})) == "a.New"


def test_the_table_of_the_package_knows_the_classes_of_the_recorded_runs() -> None:
    table = json.loads(execution.DURATIONS_TABLE.read_text())
    assert table["tempest.api.compute.servers.test_server_actions.ServerActionsTestJSON"] > 100
    assert all(seconds >= 0 for seconds in table.values())


def earlier(runs: Path, name: str, started: str, seconds: dict[str, float], **changes: str) -> Path:
    """Make what is left of an earlier run."""
    folder = runs / name
    folder.mkdir(parents=True)
    cloud = {**CLOUD, **changes}
    (folder / "run.json").write_text(
        json.dumps(change_record(record(), cloud=cloud, started=started).build_document())
    )
    with RunJournal(folder) as journal:
        journal.add_entry(run="started")
        for owner, took in seconds.items():
            journal.add_entry(**{"class": owner}, worker=0, seconds=took)
    return folder


def test_the_last_run_on_the_same_cloud_is_believed_first(tmp_path: Path) -> None:
    earlier(tmp_path, "z-old", "2031-01-01T00:00:00+00:00", {"a.A": 1, "a.B": 2})
    earlier(tmp_path, "a-new", "2031-01-02T00:00:00+00:00", {"a.A": 5})
    earlier(tmp_path, "other", "2031-01-03T00:00:00+00:00", {"a.A": 70}, auth_url="elsewhere")
    (tmp_path / "no-run").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    assert execution.read_past_durations(tmp_path, CLOUD) == {"a.A": 5, "a.B": 2}
    assert execution.read_past_durations(tmp_path / "nowhere", CLOUD) == {}


def test_the_table_is_paced_by_what_is_known_of_the_cloud(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "table.json"
    table.write_text('{"a.A": 10, "a.B": 100}')
    monkeypatch.setattr(execution, "DURATIONS_TABLE", table)
    assert execution.load_expected_durations(tmp_path / "none", CLOUD) == {"a.A": 10, "a.B": 100}
    earlier(tmp_path / "runs", "one", "2031-01-01T00:00:00+00:00", {"a.A": 20})
    assert execution.load_expected_durations(tmp_path / "runs", CLOUD) == {"a.A": 20, "a.B": 200}


def test_classes_that_were_lost_or_late_tell_no_time(tmp_path: Path) -> None:
    with RunJournal(tmp_path) as journal:
        journal.add_entry(**{"class": "a.A"}, worker=0, seconds=3.5)
        journal.add_entry(**{"class": "a.Late"}, worker=0, seconds=1800, late=True)
        journal.add_entry(**{"class": "a.Lost"}, worker=0, code=-9, lost=True)
    with (tmp_path / "journal.jsonl").open("a") as file:
        file.write('[1]\n{"class": "a.Cut", "sec')
    assert read_class_seconds(tmp_path) == {"a.A": 3.5}
