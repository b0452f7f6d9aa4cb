"""What a source of results is, found out by its content."""

import gzip
import hashlib
import io
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from defcheck.errors import InputError
from defcheck.results import source_files
from defcheck.results.loader import load_bytes, load_results, load_source
from tests.unit.results.streams import ran, v1, v2

PACKETS = [*ran("a.C.test_x[id-1]"), *ran("a.C.test_y", "fail")]
REFSTACK = json.dumps({"cpid": "x", "duration_seconds": 1, "results": [{"name": "a.C.test_x"}]})


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (v2(*PACKETS), "subunit v2"),
        (v1(*PACKETS), "subunit v1"),
        (REFSTACK.encode(), "RefStack JSON"),
        (b"\n " + REFSTACK.encode(), "RefStack JSON"),
    ],
    ids=["v2", "v1", "json", "json-indented"],
)
def test_the_content_says_what_it_is_whatever_the_name(
    data: bytes, kind: str, tmp_path: Path
) -> None:
    for name in ("results.json", "results.subunit", "0", "results.gz"):
        (tmp_path / name).write_bytes(data)
        assert load_results(str(tmp_path / name)).format == kind
        (tmp_path / name).write_bytes(gzip.compress(data))
        assert load_results(str(tmp_path / name)) == load_bytes(data, "x")


@pytest.mark.parametrize(
    "data", [v2(*PACKETS), gzip.compress(v1(*PACKETS), mtime=0), REFSTACK.encode()]
)
def test_a_dash_is_standard_input(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    assert load_results("-") == load_bytes(data, "x")


def test_an_error_about_standard_input_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO()))
    with pytest.raises(InputError, match="standard input is empty"):
        load_results("-")


@pytest.mark.parametrize(
    "data", [b"", b" \n\t", gzip.compress(b"", mtime=0), gzip.compress(b"\n", mtime=0)]
)
def test_what_is_empty_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="x is empty"):
        load_bytes(data, "x")


@pytest.mark.parametrize(
    "data",
    [
        b"Tempest ran 286 tests, all passed.\n",
        b"a.C.test_x ... ok\n",
        b"success\n",
        b"<testsuite/>",
        b"<testsuites><testsuite tests='0'></testsuite></testsuites>",
        bytes(range(256)) * 8,
        b"\xb3" * 100,
        b"\xb3",
        b"\xb3\x2b\x01",
        b"\x00" * 1000,
        b"\xff\xfe{\x00}\x00",
    ],
    ids=lambda data: repr(data[:12]),
)
def test_what_holds_no_test_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="x contains no test result") as caught:
        load_bytes(data, "x")
    assert caught.value.exit_code == 2
    assert "subunit stream (version 1 or 2)" in caught.value.advice


@pytest.mark.parametrize("seed", range(20))
def test_binary_garbage_is_refused_or_has_no_pass(seed: int) -> None:
    import random

    data = random.Random(seed).randbytes(4096)  # noqa: S311
    with pytest.raises(InputError):
        load_bytes(data, "x")


def test_a_gzip_file_of_garbage_is_refused() -> None:
    for data in (b"\x1f\x8b", b"\x1f\x8b\x08\x00garbage", gzip.compress(b"x")[:-4] + b"1234"):
        with pytest.raises(InputError):
            load_bytes(data, "x")


def test_more_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(source_files, "MAX_BYTES", 1000)
    for data in (gzip.compress(b" " * 1_000_000), b" " * 1001):
        with pytest.raises(InputError, match="x is larger than"):
            load_bytes(data, "x")
    (tmp_path / "x").write_bytes(b" " * 1001)
    with pytest.raises(InputError, match="is larger than"):
        load_results(str(tmp_path / "x"))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b" " * 1001)))
    with pytest.raises(InputError, match="standard input is larger than"):
        load_results("-")


def test_a_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    missing = str(tmp_path / "results.subunit")
    with pytest.raises(InputError) as caught:
        load_results(missing)
    assert caught.value.message == f"{missing} cannot be read: No such file or directory."


def test_an_empty_folder_is_neither_run_directory_nor_repository(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a run directory nor a stestr repository"):
        load_results(str(tmp_path))


def test_a_run_directory_is_read_by_its_raw_results(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    (tmp_path / "results.subunit").write_bytes(v2(*PACKETS))
    assert load_results(str(tmp_path)) == load_bytes(v2(*PACKETS), "x")
    (tmp_path / "run.json").unlink()
    assert load_results(str(tmp_path)) == load_bytes(v2(*PACKETS), "x")


def test_a_run_directory_without_results_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(InputError, match="cannot be read: No such file"):
        load_results(str(tmp_path))
    (tmp_path / "results.subunit").touch()
    with pytest.raises(InputError, match=r"results\.subunit is empty"):
        load_results(str(tmp_path))


@pytest.mark.parametrize(
    "data",
    [
        v2(*PACKETS),
        gzip.compress(v2(*PACKETS), mtime=0),
        gzip.compress(v1(*PACKETS), mtime=0)[:-3],
        gzip.compress(v2(*PACKETS), mtime=0) + b"and more",
        REFSTACK.encode(),
    ],
)
def test_the_hash_is_of_the_bytes_as_they_were_given(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    for source, where in ((os.fspath(path), os.fspath(path)), ("-", "standard input")):
        reading = load_source(source)
        assert (reading.sha256, reading.where) == (hashlib.sha256(data).hexdigest(), where)
