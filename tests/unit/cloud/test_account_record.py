"""The record of what was made: written before, readable however it was cut off."""

from pathlib import Path

import pytest

from defcheck.cloud.accounts.resources import (
    AccountResource,
    AccountResourceKind,
    AccountsRecordWriter,
    plan_accounts,
    read_accounts_record,
    record_path,
)
from defcheck.errors import InputError

LAYOUT = plan_accounts("defcheck-1", 1, ("member", "reader"), networked=False, with_admin=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return record_path(tmp_path / "accounts.yaml")


def begin(path: Path) -> AccountsRecordWriter:
    return AccountsRecordWriter.begin_record(path, LAYOUT, "mine", "http://127.0.0.1/v3")


def test_everything_planned_may_have_been_made(path: Path) -> None:
    begin(path)
    found = read_accounts_record(path)
    assert [thing.name for thing in found.resources] == [
        "defcheck-1-1",
        "defcheck-1-1-member",
        "defcheck-1-1-reader",
        "defcheck-1-2",
        "defcheck-1-2-member",
        "defcheck-1-2-reader",
    ]
    assert {thing.id for thing in found.resources} == {""}
    assert (found.prefix, found.cloud, found.removed) == ("defcheck-1", "mine", False)


def test_only_its_owner_can_read_it(path: Path) -> None:
    begin(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_ids_are_read_back_and_a_cut_off_line_is_not(path: Path) -> None:
    journal = begin(path)
    journal.record_created(AccountResourceKind.PROJECT, "defcheck-1-1", "abc")
    with path.open("a") as file:
        file.write('{"made": "user", "name": "defcheck-1-1-mem')
    assert read_accounts_record(path).resources[:2] == (
        AccountResource(AccountResourceKind.PROJECT, "defcheck-1-1", "abc"),
        AccountResource(AccountResourceKind.USER, "defcheck-1-1-member", ""),
    )


def test_a_record_of_what_still_exists_is_not_overwritten(path: Path) -> None:
    begin(path)
    before = path.read_bytes()
    with pytest.raises(InputError, match="that still exist"):
        begin(path)
    assert path.read_bytes() == before


def test_a_record_of_what_is_gone_gives_way(path: Path) -> None:
    begin(path).record_removal()
    assert read_accounts_record(path).removed
    begin(path)
    assert not read_accounts_record(path).removed


@pytest.mark.parametrize("content", ["", "text\n", '{"format": "other"}\n', "[]\n", "{}\nx\n{}\n"])
def test_what_is_no_record_proves_nothing(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(InputError, match="is not an accounts record"):
        read_accounts_record(path)


def test_record_with_a_plan_without_a_project_is_refused(path: Path) -> None:
    begin(path)
    path.write_text(path.read_text().replace('"project"', '"user"'))
    with pytest.raises(InputError, match="is not an accounts record"):
        read_accounts_record(path)


def test_without_a_record_nothing_is_ours(path: Path) -> None:
    with pytest.raises(InputError, match="to prove what defcheck created"):
        read_accounts_record(path)
