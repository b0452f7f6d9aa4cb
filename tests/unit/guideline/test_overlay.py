"""Overlay files: what they must hold, and how they are refused."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from defcheck.errors import InputError
from defcheck.guideline.fields import is_day
from defcheck.guideline.overlay import load_overlay, read_local_flags

FLAG = """
  - test: a.b.C.test_x
    guideline: "2020.06"
    date: 2026-11-01
    expires: "2026-12-31"
    reason: |
      It loses packets.
    approver: Operations
"""
HEAD = "format: defcheck overlay 1\nflags:"


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "o.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_flag_is_read_with_its_days_quoted_or_not(tmp_path: Path) -> None:
    overlay = load_overlay(written(tmp_path, HEAD + FLAG))
    (flag,) = overlay.flags
    assert (flag.date, flag.expires, flag.reason) == (
        "2026-11-01",
        "2026-12-31",
        "It loses packets.",
    )
    assert (flag.guideline, flag.capability, flag.bug) == ("2020.06", "", "")
    assert overlay.source == "o.yaml"
    assert len(overlay.sha256) == 64


def test_json_is_an_overlay_too(tmp_path: Path) -> None:
    text = (
        '{"format": "defcheck overlay 1", "flags": [{"test": "t", "reason": "r", "approver": "a", '
        '"date": "2026-01-01", "expires": "2026-01-01"}]}'
    )
    assert len(load_overlay(written(tmp_path, text)).flags) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no overlay"),
        ("hello", "is no overlay"),
        ("- 1", "is no overlay"),
        ("flags: []", "is no overlay"),
        ("format: defcheck overlay 2\nflags: []", "is no overlay"),
        ("format: defcheck overlay 1", "flags no test"),
        (HEAD + " []", "flags no test"),
        (HEAD + " 3", "must be a list of objects"),
        (HEAD + " [3]", "must be an object"),
        ("{[", "is not valid YAML"),
        (b"\xff\xfe\x00", "is not valid YAML"),
        ("a: !!python/object/apply:os.system [true]", "is not valid YAML"),
        (HEAD + FLAG + "owner: x", "owner is not a known field"),
        (HEAD + FLAG.replace("approver", "owner"), "owner is not a known field"),
        (HEAD + FLAG.replace("approver: Operations", ""), "has no approver"),
        (HEAD + FLAG.replace("Operations", '"  "'), "has no approver"),
        (HEAD + FLAG.replace("Operations", "[x]"), "must be text"),
        (HEAD + FLAG.replace('"2026-12-31"', "soon"), "expires is 'soon', not a day"),
        (HEAD + FLAG.replace('"2026-12-31"', '"2026-02-30"'), "not a day"),
        (HEAD + FLAG.replace('"2026-12-31"', "2026-12-31T10:00:00"), "not a day"),
        (HEAD + FLAG.replace('"2026-12-31"', '"2026-10-31"'), "before its date"),
        (HEAD + FLAG.replace('"2020.06"', "2020.06"), "is the number 2020.06"),
        ("a: &a [x]\nb: *a", "has YAML aliases"),
        ("[" * 500_000, "is nested too deep"),
        ("- " * 5000, "is nested too deep"),
        (HEAD + FLAG.replace("Operations", "0x" + "f" * 20_000), "must be text, not a number"),
    ],
)
def test_what_is_no_overlay_is_refused_in_words(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    with pytest.raises(InputError, match=message) as raised:
        load_overlay(written(tmp_path, text))
    assert raised.value.advice
    assert len(str(raised.value)) < 1000


@pytest.mark.parametrize(
    "text",
    [
        HEAD + FLAG + "    expires: 2099-12-31\n",
        HEAD + FLAG + '    "expires": 2099-12-31\n',
        HEAD + FLAG + HEAD.partition("\n")[2] + FLAG,
        '{"format": "defcheck overlay 1", "flags": [{"expires": "2026-01-01", "expires": "x"}]}',
    ],
)
def test_what_stands_twice_is_refused_and_the_last_one_does_not_win(
    tmp_path: Path, text: str
) -> None:
    with pytest.raises(InputError, match=r"has a duplicate key (expires|flags)"):
        load_overlay(written(tmp_path, text))


def test_a_merged_mapping_adds_nothing_unseen(tmp_path: Path) -> None:
    text = HEAD + FLAG.replace('    expires: "2026-12-31"\n', "    <<: {expires: 2099-12-31}\n")
    with pytest.raises(InputError, match="merges one mapping into another"):
        load_overlay(written(tmp_path, text))


def test_a_missing_file_and_one_too_large_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_overlay(tmp_path / "gone.yaml")
    with pytest.raises(InputError, match="larger than 1 MiB"):
        load_overlay(written(tmp_path, b" " * (1024 * 1024 + 1)))


@pytest.mark.parametrize("missing", ["test", "reason", "approver", "date", "expires"])
def test_each_flag_says_who_why_and_until_when(missing: str) -> None:
    flag: dict[str, Any] = {
        "test": "t",
        "reason": "r",
        "approver": "a",
        "date": date(2026, 1, 1),
        "expires": "2026-01-02",
    }
    assert len(read_local_flags({"format": "defcheck overlay 1", "flags": [flag]}, "o")) == 1
    del flag[missing]
    with pytest.raises(InputError, match=f"has no {missing}"):
        read_local_flags({"format": "defcheck overlay 1", "flags": [flag]}, "o")


@pytest.mark.parametrize("text", ["2026-02-28", "2024-02-29", "0001-01-01", "9999-12-31"])
def test_calendar_day_is_accepted(text: str) -> None:
    assert is_day(text)


@pytest.mark.parametrize(
    "text",
    ["", "2026-02-29", "2026-13-01", "2026-00-01", "2026-1-1", "0000-01-01", "\u06626-01-01"],
)
def test_invalid_calendar_day_is_rejected(text: str) -> None:
    assert not is_day(text)
