"""What comes in: packed, damaged, endless, and of kinds that are no files."""

import gzip
import io
import os
import sys
import zlib
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest

from defcheck.errors import InputError
from defcheck.results.loader import load_bytes, load_results
from defcheck.results.models import Outcome, ResultSet
from defcheck.results.readers import json_files, subunit
from tests.unit.results.streams import begun, ran, v1, v2

LOGS = [Random(number).randbytes(400).hex() for number in range(40)]  # noqa: S311
LOG = LOGS[0]
PACKETS = [packet for n in range(40) for packet in ran(f"a.C.test_{n}[id-{n}]", log=LOGS[n])]
PACKED = gzip.compress(v2(*PACKETS))


def passes(found: ResultSet) -> set[str]:
    return {event.name for event in found.events if event.outcome is Outcome.PASSED}


def test_a_gzip_file_that_is_cut_off_keeps_what_can_be_unpacked() -> None:
    whole = load_bytes(PACKED, "x")
    assert whole.problems == ()
    most = 0
    for length in range(2, len(PACKED), 7):
        try:
            found = load_bytes(PACKED[:length], "x")
        except InputError:
            continue
        assert passes(found) <= passes(whole)
        assert "gzip file is damaged" in found.problems[-1]
        most = max(most, len(found.events))
    assert most >= 39


def test_tests_in_progress_are_named_where_a_gzip_file_is_cut_off() -> None:
    data = gzip.compress(v2(*PACKETS, begun("a.C.test_last")))
    found = load_bytes(data[:-8], "x")
    assert found.events[-1].outcome is Outcome.UNFINISHED
    assert "a.C.test_last began and did not finish" in found.problems


def test_a_gzip_file_with_a_wrong_checksum_keeps_everything_with_a_problem() -> None:
    data = bytearray(PACKED)
    data[-6] ^= 1
    found = load_bytes(bytes(data), "x")
    assert found.events == load_bytes(PACKED, "x").events
    assert "CRC" in found.problems[-1]


@pytest.mark.parametrize("garbage", [b"garbage", b"\x1f\x8b", v2(*ran("a.C.test_x", "fail"))])
def test_what_follows_a_gzip_file_is_a_problem(garbage: bytes) -> None:
    found = load_bytes(PACKED + garbage, "x")
    assert len(found.events) == 40
    assert found.problems


def test_members_one_after_the_other_and_padding_are_no_problem() -> None:
    more = gzip.compress(v2(*ran("a.C.test_x", "fail")))
    found = load_bytes(PACKED + more + bytes(512), "x")
    assert (len(found.events), found.problems) == (41, ())


def test_a_gzip_file_damaged_in_the_middle_keeps_what_stands_before() -> None:
    data = bytearray(PACKED)
    middle = len(data) * 3 // 4
    data[middle : middle + 40] = bytes(40)
    found = load_bytes(bytes(data), "x")
    assert found.problems
    assert passes(found)
    assert passes(found) <= passes(load_bytes(PACKED, "x"))


@pytest.mark.parametrize("kind", ["junit", "json"])
def test_xml_and_json_in_a_gzip_file_that_is_cut_off(kind: str) -> None:
    if kind == "junit":
        cases = "".join(f'<testcase name="a.C.test_{LOG[n : n + 60]}"/>\n' for n in range(600))
        found = load_bytes(gzip.compress(f"<testsuite>{cases}</testsuite>".encode())[:-40], "x")
        assert found.events
        assert len(found.problems) > 1
    else:
        data = gzip.compress(b'{"results": ["a.C.test_x", "a.C.test_y"]}')
        with pytest.raises(InputError, match="x is damaged: Compressed file ended"):
            load_bytes(data[:-14], "x")
        assert load_bytes(data[:-2], "x").problems


def test_a_gzip_bomb_of_nothing_is_refused_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subunit, "MAX_SILENCE", 2 * 2**20)
    packer = zlib.compressobj(wbits=31)
    bomb = packer.compress(bytes(2**20))
    bomb += b"".join(packer.compress(bytes(2**20)) for _ in range(30)) + packer.flush()
    for data in (bomb, gzip.compress(b"one endless line " * 2**18), bytes(3 * 2**20)):
        with pytest.raises(InputError, match="contains 2 MiB in a row without a test result"):
            load_bytes(data, "x")


def test_silence_after_results_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subunit, "MAX_SILENCE", 2**20)
    for write in (v1, v2):
        begin = write(*ran("a.C.test_x"))
        with pytest.raises(InputError, match="1 MiB in a row without a test result"):
            load_bytes(begin + b"output\n" * 2**18 + begin, "x")


def test_large_logs_are_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subunit, "MAX_SILENCE", 2**20)
    for write in (v1, v2):
        found = load_bytes(write(*ran("a.C.test_x", log="log line\n" * 2**18)), "x")
        assert [event.outcome for event in found.events] == [Outcome.PASSED]


def test_json_of_more_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_files, "MAX_BYTES", 2**20)
    with pytest.raises(InputError, match="looks like JSON and is larger than 1 MiB"):
        load_bytes(b'{"results": [' + b'"a.C.test_x",' * 2**17 + b"]}", "x")


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/dev/stdin"])
def test_devices_are_refused(path: str) -> None:
    if path == "/dev/stdin" and Path(path).resolve().is_file():
        pytest.skip("standard input of the tests is a regular file")
    with pytest.raises(InputError, match="is not a regular file"):
        load_results(path)


def test_a_pipe_with_a_name_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is not a regular file") as caught:
        load_results(str(tmp_path / "pipe"))
    assert "defcheck score - < " in caught.value.advice


def test_a_name_that_no_file_can_have_is_refused() -> None:
    for name in ("a\0b", "x" * 5000):
        with pytest.raises(InputError, match="cannot be read"):
            load_results(name)


def test_standard_input_that_is_closed_or_not_to_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="Standard input is closed"):
        load_results("-")
    with open(os.devnull, "wb") as writing:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=writing))
        with pytest.raises(InputError, match="standard input cannot be read"):
            load_results("-")


def test_a_long_standard_input_goes_through_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    data = v2(*PACKETS, *ran("a.C.test_x", log="log line\n" * 2**18))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    assert load_results("-") == load_bytes(data, "x")
