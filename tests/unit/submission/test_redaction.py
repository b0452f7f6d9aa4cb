"""A bundle without secrets is the same evidence, says what it lacks, and lies about it in vain."""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from defcheck.errors import InputError
from defcheck.redaction.redactor import Redactor
from defcheck.results.loader import load_bytes
from defcheck.results.readers.subunit_packets import (
    Packet,
    PacketParser,
    measure_whole_packets,
    read_packet,
)
from defcheck.submission.bundle import archive, checks
from defcheck.submission.bundle.archive import unpack_archive
from defcheck.submission.bundle.checks import redact_files, score_run_directory
from defcheck.submission.bundle.verification import (
    Proof,
    VerificationCheck,
    VerificationFinding,
    digest_judgement,
    verify_bundle,
)
from defcheck.workflows.submission import make_bundle
from tests.evidence import make_run_of
from tests.unit.recordings import DATA, raw
from tests.unit.results.streams import attached, begun, ended, v2

CANARY = "C4nary-kd92-Gh7q"
SHARED = Path(__file__).resolve().parents[4] / "shared/results"
STREAMS = sorted(DATA.glob("*.subunit.gz")) + sorted(SHARED.glob("*.subunit.gz"))

Files = dict[str, bytes]


def secrets_only(files: Files) -> Files:
    return redact_files(files, Redactor(), [checks.SECRETS_KIND])


def logged() -> bytes:
    """Return the recorded storage tests with a log each, in which there is a secret."""
    stream = raw("storage.subunit")
    pieces, at = [], 0
    while at < len(stream):
        packet, size = read_packet(stream, at)
        assert packet is not None
        if packet.status == "success" and packet.test_id:
            log = f"GET http://h/?temp_url_sig={CANARY}&x=1 'X-Auth-Token': '{CANARY}'"
            more = {"timestamp": None, "route_code": packet.route}
            pieces += [v2(attached(packet.test_id, "pythonlogging", log) | more)]
        pieces.append(stream[at : at + size])
        at += size
    return b"".join(pieces)


LOGGED = logged()


def make_logged_run(path: Path) -> Path:
    """Make a run directory of those tests that passes."""
    return make_run_of(path, LOGGED, "2020.06", "object")


def loud(run: Path) -> Files:
    """Return the files of a run, with secrets in each that may hold some."""
    files = archive.read_evidence(run)
    files["tempest.conf"] += f"[identity]\nadmin_password = {CANARY}\n".encode()
    record = json.loads(files["run.json"])
    record["foreseen"] = {"a.B.c": {"outcome": "skipped", "reason": f"token={CANARY}"}}
    files["run.json"] = json.dumps(record).encode()
    return files


def written(run: Path, files: Files) -> Path:
    for name, data in files.items():
        (run / name).write_bytes(data)
    return run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return the files of a bundle in which something was replaced."""
    run = make_logged_run(tmp_path_factory.mktemp("runs") / "run")
    return unpack_archive(make_bundle(written(run, loud(run)), None)[0], archive.BUNDLE_FILES)


def findings(files: Files) -> list[VerificationFinding]:
    return verify_bundle(archive.build_bundle(files), None)


def record_of(files: Files) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(files["run.json"])
    return document


def test_no_secret_is_in_it_and_it_says_so(made: Files, tmp_path: Path) -> None:
    whole = make_logged_run(tmp_path / "run")
    for name, data in made.items():
        assert CANARY.encode() not in data, name
    assert b"temp_url_sig=***" in made["results.subunit"]
    said = record_of(made)["redaction"]
    assert said["kinds"] == ["secrets"]
    assert said["files"] == ["results.subunit", "run.json", "tempest.conf"]
    assert said["results_sha256"] == record_of(archive.read_evidence(whole))["results_sha256"]
    assert said["places"] == checks.count_redactions(made["results.subunit"]) > 10
    (found,) = [one for one in findings(made) if one.check is VerificationCheck.REDACTION]
    assert found.proof is Proof.OPEN
    assert "the bundle does not contain it" in found.text
    assert said["results_sha256"] in found.text
    assert json.loads(made["verdict.json"])["verdict"] == "pass"
    assert made["inventory.txt"] == (whole / "inventory.txt").read_bytes()
    assert made["guideline.json"] == (whole / "guideline.json").read_bytes()


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    one, other = (make_logged_run(tmp_path / name) for name in ("one", "other"))
    assert make_bundle(one, None)[0] == make_bundle(other, None)[0]


def test_what_is_redacted_already_stays_as_it_is(made: Files) -> None:
    evidence = {name: made[name] for name in archive.EVIDENCE_FILES}
    assert secrets_only(evidence) == evidence


def test_a_run_without_secrets_is_packed_to_the_byte(tmp_path: Path) -> None:
    name = "tempest.api.object_storage.test_account_quotas.AccountQuotasTest.test_upload"
    stream = v2(begun(name), attached(name, "pythonlogging", "no secret"), ended(name, "success"))
    run = make_run_of(tmp_path / "run", stream, "2020.06", "object")
    files = archive.read_evidence(run)
    assert secrets_only(files) == files
    assert checks.count_redactions(stream) == 0


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.name.removesuffix(".subunit.gz"))
def test_no_redaction_makes_or_loses_a_pass(path: Path, tmp_path: Path) -> None:
    stream = gzip.decompress(path.read_bytes())
    try:
        events = load_bytes(stream, "x").events
    except InputError:
        events = ()
    if not any(event.started for event in events):
        pytest.skip("no test with a time is in it, so that it is of no run")
    target = "platform" if path.name.startswith("full") else "object"
    run = make_run_of(tmp_path / "run", stream, "2020.06", target)
    before = score_run_directory(run)
    files = secrets_only(archive.read_evidence(run))
    after = score_run_directory(written(run, files))
    assert digest_judgement(after) == digest_judgement(before)
    for document in (before, after):
        document["results"].pop("sha256")
    assert after == before


def test_a_run_that_was_resumed_is_resumed_at_the_same_packet(tmp_path: Path) -> None:
    """What a secret's mark is shorter than the secret by moves every later offset."""
    stream, run = LOGGED, make_logged_run(tmp_path / "run")
    starts = [measure_whole_packets(stream[: len(stream) // part]) for part in (3, 2)]
    files = archive.read_evidence(run)
    record = json.loads(files["run.json"])
    record["resumed"] = [
        {"at": "2026-11-25T04:00:30+00:00", "offset": at, "again": [], "cut": "", "workers": 2}
        for at in starts
    ]
    record["reruns"] = [{"round": 1, "offset": starts[1], "tests": []}]
    files["run.json"] = json.dumps(record).encode()
    clean = secrets_only(files)
    moved = record_of(clean)
    for one, at in zip([*moved["resumed"], *moved["reruns"]], [*starts, starts[1]], strict=True):
        assert one["offset"] < at
        before = next(iter(PacketParser(io.BytesIO(stream[at:]))))
        after = next(iter(PacketParser(io.BytesIO(clean["results.subunit"][one["offset"] :]))))
        assert isinstance(before, Packet)
        assert isinstance(after, Packet)
        assert before[:4] + before[5:] == after[:4] + after[5:]


def claiming(**changes: object) -> Callable[[Files], None]:
    def edit(files: Files) -> None:
        record = record_of(files)
        record["redaction"] = {**record["redaction"], **changes}
        files["run.json"] = json.dumps(record).encode()

    return edit


def no_claim(files: Files) -> None:
    files["run.json"] = json.dumps({**record_of(files), "redaction": None}).encode()


def own_sum(files: Files) -> None:
    claiming(results_sha256=record_of(files)["results_sha256"])(files)


FALSE = [
    (claiming(places=1), "it counts 1 secrets in the results, but *** occurs"),
    (claiming(kinds=[]), "does not say what was replaced"),
    (claiming(kinds=["secrets", "secrets"]), "does not say what was replaced"),
    (
        claiming(kinds=["secrets", "failures"]),
        "failures is not a kind of text that defcheck replaces",
    ),
    (claiming(files=[]), "does not say in which files"),
    (
        claiming(files=["results.subunit", "verdict.json"]),
        "verdict.json is not a kind of text that",
    ),
    (claiming(files=["run.json"]), "contradicts what it says about the file"),
    (claiming(results_sha256="x"), "not give the sha256 of the original results"),
    (own_sum, "contradicts what it says about the file"),
    (claiming(places="1"), "is not a run record"),
    (claiming(results_sha256=None), "is not a run record"),
]


@pytest.mark.parametrize(("tamper", "words"), FALSE, ids=[words for _, words in FALSE])
def test_a_claim_that_does_not_fit(
    made: Files, tamper: Callable[[Files], None], words: str
) -> None:
    edited = dict(made)
    tamper(edited)
    wrong = [one.text for one in findings(edited) if one.proof is Proof.WRONG]
    assert any(words in text for text in wrong), wrong


def test_marks_without_a_claim_are_told(made: Files) -> None:
    """So are those that the runner itself made."""
    edited = dict(made)
    no_claim(edited)
    found = [one for one in findings(edited) if one.check is VerificationCheck.REDACTION]
    assert [one.proof for one in found] == [Proof.OPEN]
    assert "replaced before the results were stored" in found[0].text


def test_a_failure_that_is_named_a_secret_stays_a_failure(tmp_path: Path) -> None:
    """Nothing but the contents of attachments is replaced: a state is none of them."""
    stream = raw("quotas-fail.subunit")
    run = make_run_of(tmp_path / "run", stream, "2020.06", "object")
    files = redact_files(
        archive.read_evidence(run), Redactor(["AccountQuotasTest", "fail4x", "Traceback1"]), []
    )
    names = [event.name for event in load_bytes(files["results.subunit"], "x").events]
    assert names == [event.name for event in load_bytes(stream, "x").events]
