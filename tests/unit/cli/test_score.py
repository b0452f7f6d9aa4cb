"""`defcheck score` on what people have, good and bad."""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from tests.unit.results.streams import ran, v1, v2
from tests.unit.results.writers import report

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]

SCHEMA = Path(__file__).resolve().parents[3] / "reports/schemas/verdict-1.json"
STORAGE = ("-g", "2020.06", "-t", "storage")


@pytest.mark.parametrize(
    ("stream", "target", "code", "verdict", "passed", "total"),
    [
        ("small-dynamic-c2", "storage", 0, "pass", 58, 58),
        ("small-accounts-c2", "storage", 3, "incomplete", 55, 58),
        ("small-one-account-c2", "storage", 1, "fail", 24, 58),
        ("small-cloud-dies-c2", "storage", 1, "fail", 49, 58),
        ("full-accounts-c2", "platform", 3, "incomplete", 268, 273),
        ("full-dynamic-c2", "platform", 3, "incomplete", 260, 273),
    ],
)
def test_a_recorded_run_gets_its_verdict_and_exit_code(
    defcheck: Run,
    shared: Path,
    stream: str,
    target: str,
    code: int,
    verdict: str,
    passed: int,
    total: int,
) -> None:
    source = shared / f"results/{stream}.subunit.gz"
    done = defcheck("score", source, "-g", "2020.06", "-t", target, "-f", "json")
    document = json.loads(done.stdout)
    jsonschema.validate(document, json.loads(SCHEMA.read_bytes()))
    counted = document["counts"]["counted"]
    assert (done.returncode, document["verdict"]) == (code, verdict)
    assert (counted["passed"], counted["total"]) == (passed, total)
    assert document["refstack"]["answer"] == ("YES" if verdict == "pass" else "NO")


def test_the_scs_policy_allows_the_skips_that_defcore_does_not(defcheck: Run, shared: Path) -> None:
    source = shared / "results/full-accounts-c2.subunit.gz"
    document = json.loads(defcheck("score", source, "-g", "scs-0128", "-f", "json").stdout)
    assert document["policy"]["name"] == "scs"
    skipped = [
        test["judgement"]
        for capability in document["capabilities"]
        for test in capability["tests"]
        if test["outcome"] == "skipped"
    ]
    assert skipped
    assert set(skipped) == {"pass"}
    assert document["counts"]["counted"]["allowed"] == len(skipped)


def test_the_summary_starts_with_the_verdict_and_fits_a_screen(defcheck: Run, shared: Path) -> None:
    done = defcheck("score", shared / "results/small-one-account-c2.subunit.gz", *STORAGE)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("FAIL")
    assert len(lines) < 40
    assert "33 fixture errors: InvalidCredentials: Insufficient number of users" in done.stdout
    assert "→ Add more accounts to accounts.yaml." in done.stdout


def test_several_formats_at_once(defcheck: Run, shared: Path, tmp_path: Path) -> None:
    html, verdict = tmp_path / "r.html", tmp_path / "v.json"
    source = shared / "results/small-dynamic-c2.subunit.gz"
    done = defcheck(
        "score", source, *STORAGE, "-f", "text", "-f", f"html:{html}", "-f", f"json:{verdict}"
    )
    assert done.returncode == 0
    assert done.stdout.startswith("PASS")
    assert html.read_text().startswith("<!doctype html>")
    assert json.loads(verdict.read_bytes())["verdict"] == "pass"


def test_every_form_of_the_same_results_gives_the_same_verdict(
    defcheck: Run, shared: Path, tmp_path: Path
) -> None:
    packed = (shared / "results/small-dynamic-c2.subunit.gz").read_bytes()
    stream = tmp_path / "stream"
    stream.write_bytes(gzip.decompress(packed))
    repository = tmp_path / "repository" / ".stestr"
    repository.mkdir(parents=True)
    (repository / "format").write_text("1\n")
    (repository / "next-stream").write_text("1\n")
    shutil.copy(stream, repository / "0")
    verdicts = {
        defcheck("score", source, *STORAGE).stdout.splitlines()[0]
        for source in (stream, repository, repository.parent)
    }
    verdicts.add(defcheck("score", "-", *STORAGE, stdin=packed).stdout.splitlines()[0])
    assert verdicts == {"PASS  OpenStack Powered Storage, guideline 2020.06"}


def test_a_refstack_file_of_passes_can_be_incomplete_but_not_fail(
    defcheck: Run, tmp_path: Path
) -> None:
    names = defcheck("guideline", "tests", "2020.06", "-t", "storage", "--no-alias").stdout.split()
    path = tmp_path / "upload.json"
    for sent, code in ((names, 0), (names[1:], 3)):
        results = [{"name": name} for name in sent]
        path.write_text(json.dumps({"cpid": "x", "duration_seconds": 1, "results": results}))
        assert defcheck("score", path, *STORAGE).returncode == code


def test_a_stream_cut_off_anywhere_near_its_end_never_passes(
    defcheck: Run, shared: Path, tmp_path: Path
) -> None:
    whole = gzip.decompress((shared / "results/small-dynamic-c2.subunit.gz").read_bytes())
    path = tmp_path / "cut"
    for cut in (1, 5, 40, 400):
        path.write_bytes(whole[:-cut])
        assert defcheck("score", path, *STORAGE).returncode == 3, cut


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ["is empty"]),
        (b"hello\nworld\n", ["contains no test result"]),
        (bytes(range(256)) * 20, ["contains no test result"]),
        (b'{"results": 3}', ["without a list of `results`"]),
        (b'{"results": [{"uuid": "1"}]}', ["results[0] has no name"]),
        (b"{nonsense", ["looks like JSON but is not"]),
        (b"\x1f\x8bnot gzip", ["is damaged"]),
        (b"[" * 100_000, ["looks like JSON but is not"]),
        (b'{"verifications": {}, "tests": {}}', ["contains no test result"]),
        (b'{"verifications": [], "tests": {}}', ["`verifications` is not an object"]),
        (b"<html></html>", ["an HTML page, not results"]),
        (b"<testsuite>", ["contains no test result"]),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><testsuite/>', ["document type or entities"]),
        (gzip.compress(bytes(80 * 2**20)), ["contains 64 MiB in a row without a test result"]),
        (b'{"results": []}', ["contains no test result"]),
    ],
)
def test_what_is_no_result_is_refused_in_words(
    defcheck: Run, refused: Refused, tmp_path: Path, content: bytes, words: list[str]
) -> None:
    path = tmp_path / "results"
    path.write_bytes(content)
    refused(defcheck("score", path, *STORAGE), 2, *words)


def storage_results(defcheck: Run) -> dict[str, str]:
    """Return the names of the tests that the storage target demands, all passed."""
    names = defcheck("guideline", "tests", "2020.06", "-t", "storage", "--no-alias").stdout.split()
    return dict.fromkeys(names, "success")


def as_junit(statuses: dict[str, str]) -> bytes:
    """Return JUnit XML of some results."""
    inner = {"success": "", "fail": "<failure>no</failure>", "skip": "<skipped/>", "odd": "<odd/>"}
    cases = [
        '<testcase classname="{}" name="{}" time="1.0">{}</testcase>'.format(
            *name.rsplit(".", 1), inner[status]
        )
        for name, status in statuses.items()
    ]
    return f'<testsuite tests="{len(cases)}">{"".join(cases)}</testsuite>'.encode()


@pytest.mark.parametrize(
    "write",
    [
        as_junit,
        lambda statuses: json.dumps(report(statuses)).encode(),
        lambda statuses: v1(*(one for name in statuses for one in ran(name, statuses[name]))),
        lambda statuses: v2(*(one for name in statuses for one in ran(name, statuses[name]))),
    ],
    ids=["junit", "rally", "v1", "v2"],
)
def test_every_format_from_a_file_a_packed_one_and_a_pipe(
    defcheck: Run, tmp_path: Path, write: Callable[[dict[str, str]], bytes]
) -> None:
    statuses = storage_results(defcheck)
    first = next(iter(statuses))
    path = tmp_path / "results"
    path.write_bytes(write(statuses))
    done = defcheck("score", path, *STORAGE, "-f", "json")
    document = json.loads(done.stdout)
    jsonschema.validate(document, json.loads(SCHEMA.read_bytes()))
    assert (done.returncode, document["verdict"]) == (0, "pass")
    assert document["results"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    packed = gzip.compress(write(statuses | {first: "skip"}))
    assert defcheck("score", "-", *STORAGE, stdin=packed).returncode == 3
    path.write_bytes(gzip.compress(write(statuses | {first: "fail"})))
    assert defcheck("score", path, *STORAGE).returncode == 1


def test_what_is_cut_off_or_not_known_never_passes(defcheck: Run, tmp_path: Path) -> None:
    statuses = storage_results(defcheck)
    whole = as_junit(statuses)
    packed = gzip.compress(whole)
    path = tmp_path / "results"
    for data in (whole[:-1], packed[:-1], packed + b"x", as_junit(statuses | {"a.b": "odd"})):
        path.write_bytes(data)
        done = defcheck("score", path, *STORAGE)
        assert done.returncode == 3, data[-40:]
        assert done.stdout.startswith("INCOMPLETE")


def test_the_run_of_a_stestr_repository_is_chosen_by_number(
    defcheck: Run, refused: Refused, tmp_path: Path
) -> None:
    statuses = storage_results(defcheck)
    first = next(iter(statuses))
    repository = tmp_path / ".testrepository"
    repository.mkdir()
    (repository / "next-stream").write_text("2\n")
    for number, status in (("0", "fail"), ("1", "success")):
        packets = (one for name in statuses for one in ran(name))
        (repository / number).write_bytes(v1(*packets, *ran(first, status)))
    for words, code in (((), 0), (("--stestr-run", "1"), 0), (("--stestr-run", "0"), 1)):
        assert defcheck("score", tmp_path, *STORAGE, *words).returncode == code
    refused(
        defcheck("score", tmp_path, *STORAGE, "--stestr-run", "5"),
        2,
        "has no run 5",
        "runs",
        "0, 1",
    )
    file = repository / "1"
    refused(defcheck("score", file, *STORAGE, "--stestr-run", "1"), 2, "is not a stestr repository")
    assert defcheck("score", tmp_path, *STORAGE, "--stestr-run", "-1").returncode == 2


def test_pipes_with_a_name_and_devices_are_refused(
    defcheck: Run, refused: Refused, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        refused(defcheck("score", path, *STORAGE), 2, "is not a regular file", "score - <")


def test_missing_things_are_named(defcheck: Run, refused: Refused, tmp_path: Path) -> None:
    refused(defcheck("score", tmp_path / "gone", *STORAGE), 2, "gone cannot be read")
    refused(defcheck("score", tmp_path, *STORAGE), 2, "neither a run directory nor a stestr")
    empty = tmp_path / "x"
    empty.write_text("{}")
    refused(defcheck("score", empty), 2, "No guideline given", "2020.06")
    refused(
        defcheck("score", empty, *STORAGE, "-f", "pdf"),
        2,
        "Unrecognised format pdf",
        "text, json, html",
    )


def test_an_existing_report_is_not_overwritten(
    defcheck: Run, refused: Refused, shared: Path, tmp_path: Path
) -> None:
    path = tmp_path / "r.html"
    path.write_text("mine")
    source = shared / "results/small-dynamic-c2.subunit.gz"
    refused(defcheck("score", source, *STORAGE, "-f", f"html:{path}"), 2, "exists already")
    refused(
        defcheck("score", source, *STORAGE, "-f", "json:first", "-f", "html:no/folder/r.html"),
        2,
        "no/folder/r.html cannot be written: there is no folder no/folder",
    )
    assert not (tmp_path / "work/first").exists()
    assert path.read_text() == "mine"
    twice = ("-f", f"html:{tmp_path}/two", "-f", f"json:{tmp_path}/two")
    refused(defcheck("score", source, *STORAGE, *twice), 2, "given twice")
    assert not (tmp_path / "two").exists()


def test_a_target_that_requires_nothing_has_no_verdict(
    defcheck: Run, refused: Refused, shared: Path
) -> None:
    source = shared / "results/small-dynamic-c2.subunit.gz"
    refused(defcheck("score", source, "-g", "dns.next"), 2, "requires no test", "never a pass")
