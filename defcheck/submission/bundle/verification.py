"""Verify a bundle without trusting its author, and say what that proves."""

import hashlib
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from defcheck import __version__
from defcheck.errors import DefcheckError, InputError
from defcheck.guideline import catalog
from defcheck.guideline.matching import parse_test_name
from defcheck.report.formats import registry
from defcheck.results.loader import RAW_RESULTS
from defcheck.results.models import ResultSet
from defcheck.results.non_test_events import split_events
from defcheck.results.readers.subunit import V2_FORMAT
from defcheck.results.result_set import ResultIndex
from defcheck.results.source_files import GZIP_MAGIC
from defcheck.runner.record import RunRecord
from defcheck.runner.run_directory import GUIDELINE, INVENTORY, RunDirectory
from defcheck.submission.bundle import archive, checks, ssh_signature
from defcheck.submission.bundle.archive import BrokenArchiveError, NotAnArchiveError, unpack_archive
from defcheck.util import json_yaml
from defcheck.util.text import clean_line

_RUN_KEYS = ("cloud", "credentials", "tempest", "workers", "started", "finished", "state")
"""Fields of a verdict about the run, which every version of defcheck writes."""


def digest_verdict(document: Any) -> str | None:
    """Return everything that a verdict says about a run, None if it is not a verdict."""
    try:
        run = [document["run"][key] for key in _RUN_KEYS]
        return _as_text(
            [_collect_judgement(document), document["format"], document["results"], run]
        )
    except (TypeError, KeyError):
        return None


def digest_judgement(document: Any) -> str | None:
    """Return what a verdict says about the tests only, None if it is not a verdict."""
    try:
        return _as_text(_collect_judgement(document))
    except (TypeError, KeyError):
        return None


def _collect_judgement(document: Any) -> list[Any]:
    return [
        document["verdict"],
        document["guideline"]["id"],
        document["guideline"]["sha256"],
        document["target"],
        document["policy"]["name"],
        document["policy"]["changes"],
        document["overlay"],
        document["counts"],
        document["refstack"],
        [
            (capability["name"], test["name"], test["counted"], test["outcome"])
            for capability in document["capabilities"]
            for test in capability["tests"]
        ],
    ]


def _as_text(content: list[Any]) -> str:
    """Return it as text: to Python 1, 1.0 and true are equal, to other programs they are not."""
    return registry.render_json({"said": content})


_PRINTABLE_ASCII = re.compile(r"[!-~]+")
"""An id or version of plain ASCII: no invisible characters, no look-alikes."""


class Proof(StrEnum):
    """The result of a check."""

    PROVED = "proved"
    WRONG = "WRONG"
    OPEN = "not proved"
    """The bundle cannot prove it."""


class VerificationCheck(StrEnum):
    """What a check is about."""

    ARCHIVE = "archive"
    MANIFEST = "manifest"
    SIGNATURE = "signature"
    RESULTS = "results"
    GUIDELINE = "guideline"
    TESTS = "tests"
    TIMES = "times"
    VERDICT = "verdict"
    REDACTION = "redaction"
    CLOUD = "cloud"


@dataclass(frozen=True, slots=True)
class VerificationFinding:
    """The result of one check."""

    check: VerificationCheck
    proof: Proof
    text: str
    signer: ssh_signature.Signer | None = None
    """Who signed, if the signature is valid."""


def proved_finding(
    check: VerificationCheck, text: str, signer: ssh_signature.Signer | None = None
) -> VerificationFinding:
    """Return a finding that something is as stated."""
    return VerificationFinding(check, Proof.PROVED, text, signer)


def wrong_finding(check: VerificationCheck, text: str) -> VerificationFinding:
    """Return a finding that something is not as stated."""
    return VerificationFinding(check, Proof.WRONG, text)


def open_finding(check: VerificationCheck, text: str) -> VerificationFinding:
    """Return a finding that the bundle cannot prove something."""
    return VerificationFinding(check, Proof.OPEN, text)


def verify_bundle(data: bytes, allowed_signers: Path | None) -> list[VerificationFinding]:
    """Return the findings of all checks of a bundle.

    Stops after a failed check that later ones depend on. Raises `InputError` if the
    file is not a bundle.
    """
    try:
        files = unpack_archive(data, archive.BUNDLE_FILES)
    except NotAnArchiveError as error:
        raise InputError(
            "Not a defcheck bundle.", "Give a file that `defcheck bundle` wrote."
        ) from error
    except BrokenArchiveError as error:
        return [
            wrong_finding(
                VerificationCheck.ARCHIVE, f"The archive is not as defcheck packs it: {error}."
            )
        ]
    missing = sorted(archive.BUNDLE_FILES - {archive.SIGNATURE} - set(files))
    if missing:
        return [wrong_finding(VerificationCheck.ARCHIVE, f"The bundle lacks {', '.join(missing)}.")]
    if archive.render_manifest(files) != files[archive.MANIFEST]:
        return [
            wrong_finding(
                VerificationCheck.MANIFEST,
                "The files do not match the manifest: at least one was changed.",
            )
        ]
    found = [
        proved_finding(VerificationCheck.MANIFEST, "The files match the manifest."),
        *_check_signature(files, allowed_signers),
    ]
    if any(one.proof is Proof.WRONG for one in found):
        return found
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        found += _check_evidence(RunDirectory(Path(folder)), files[archive.VERDICT])
    found.append(
        open_finding(
            VerificationCheck.CLOUD,
            "That the tests ran against the named cloud, with this tempest.conf, and that the "
            "results are genuine: no file can prove that.",
        )
    )
    return found


def _check_signature(
    files: dict[str, bytes], allowed_signers: Path | None
) -> Iterator[VerificationFinding]:
    signature = files.get(archive.SIGNATURE)
    if signature is None:
        if allowed_signers:
            yield wrong_finding(VerificationCheck.SIGNATURE, "The bundle is not signed.")
        else:
            yield open_finding(
                VerificationCheck.SIGNATURE, "Who created the bundle: it is not signed."
            )
        return
    try:
        signer = ssh_signature.check_signature(files[archive.MANIFEST], signature, allowed_signers)
    except ssh_signature.BadSignatureError as error:
        yield wrong_finding(VerificationCheck.SIGNATURE, f"Invalid signature: {error}.")
        return
    if signer.principal:
        yield proved_finding(
            VerificationCheck.SIGNATURE,
            f"Signed by {signer.described_principal}, with {signer.key}.",
            signer,
        )
    else:
        yield proved_finding(VerificationCheck.SIGNATURE, f"Signed with {signer.key}.", signer)
        yield open_finding(
            VerificationCheck.SIGNATURE,
            "Whose key that is: give the keys that you trust with --allowed-signers.",
        )


def _check_evidence(directory: RunDirectory, stated: bytes) -> Iterator[VerificationFinding]:
    """Yield findings on whether the files agree with each other."""
    try:
        record = directory.read_record()
        results = directory.read_results(record)
    except DefcheckError as error:
        yield wrong_finding(VerificationCheck.RESULTS, _describe_error(error, directory))
        return
    if directory.results_sha256() != record.outcome.results_sha256:
        yield wrong_finding(
            VerificationCheck.RESULTS,
            f"{RAW_RESULTS} does not match the run's record: the run did not finish.",
        )
        return
    if results.format != V2_FORMAT or _is_compressed(directory.raw_results):
        yield wrong_finding(
            VerificationCheck.RESULTS,
            f"{RAW_RESULTS} is not a {V2_FORMAT} stream, the format that a run writes.",
        )
        return
    yield proved_finding(
        VerificationCheck.RESULTS, f"{RAW_RESULTS} has the sha256 of the run's record."
    )
    for doubt in checks.check_reruns(record, directory.raw_results.stat().st_size):
        yield wrong_finding(
            VerificationCheck.RESULTS,
            f"The record of the run is inconsistent: {clean_line(doubt)}.",
        )
    yield from (
        VerificationFinding(
            VerificationCheck.REDACTION, Proof.WRONG if is_wrong else Proof.OPEN, text
        )
        for is_wrong, text in checks.check_redaction(record, directory.raw_results.read_bytes())
    )
    yield from _check_guideline(directory, record)
    yield from _check_tests(directory, record, results)
    yield from _check_timestamps(record, results)
    yield from _check_verdict(directory, stated)


def _check_guideline(directory: RunDirectory, record: RunRecord) -> Iterator[VerificationFinding]:
    path = directory.path / GUIDELINE
    if hashlib.sha256(path.read_bytes()).hexdigest() != record.inputs.guideline["sha256"]:
        yield wrong_finding(
            VerificationCheck.GUIDELINE, f"{GUIDELINE} does not match the run's record."
        )
        return
    name = clean_line(record.inputs.guideline["id"], 80)
    if not _PRINTABLE_ASCII.fullmatch(record.inputs.guideline["id"]):
        yield wrong_finding(
            VerificationCheck.GUIDELINE, f"The guideline's id has unusual characters: {name}."
        )
        return
    entry = catalog.find_bundled_entry(record.inputs.guideline["id"])
    if entry is None or entry.origin is None:
        yield open_finding(
            VerificationCheck.GUIDELINE,
            f"That guideline {name} is a published one: defcheck does not include it.",
        )
    elif catalog.read_bundled_file(entry) != path.read_bytes():
        yield wrong_finding(
            VerificationCheck.GUIDELINE, f"{GUIDELINE} is not the published guideline {name}."
        )
    else:
        yield proved_finding(
            VerificationCheck.GUIDELINE,
            f"Guideline {name} is the published one: {entry.origin.repository} at "
            f"{entry.origin.commit[:12]}, {entry.origin.path}.",
        )


def _check_tests(
    directory: RunDirectory, record: RunRecord, results: ResultSet
) -> Iterator[VerificationFinding]:
    path = directory.path / INVENTORY
    if hashlib.sha256(path.read_bytes()).hexdigest() != record.inputs.inventory_sha256:
        yield wrong_finding(
            VerificationCheck.TESTS, f"{INVENTORY} does not match the run's record."
        )
        return
    tempest = f"Tempest {clean_line(record.inputs.tempest, 80)}"
    if record.inputs.tempest_files == "unmodified":
        yield open_finding(
            VerificationCheck.TESTS, f"That {tempest} was the published one, as the record says."
        )
    elif record.inputs.tempest_files == "unknown":
        yield open_finding(
            VerificationCheck.TESTS,
            f"That {tempest} was the published one: nothing recorded its files.",
        )
    else:
        files = record.inputs.tempest_files
        named = ", ".join(files[:3]) if isinstance(files, list) else str(files)
        yield wrong_finding(
            VerificationCheck.TESTS, f"{tempest} was not the published one: {clean_line(named)}."
        )
    try:
        listed = set(path.read_text(encoding="utf-8").splitlines())
    except UnicodeDecodeError:
        yield wrong_finding(VerificationCheck.TESTS, f"{INVENTORY} is not a list of tests.")
        return
    planned = set(record.inputs.planned)
    ran = [event.name for event in split_events(results.events)[0]]
    strange = [name for name in ran if name not in planned] or sorted(planned - listed)
    if strange:
        yield wrong_finding(
            VerificationCheck.TESTS,
            f"The results, the plan and {INVENTORY} do not match: {clean_line(strange[0])}.",
        )
    else:
        yield proved_finding(
            VerificationCheck.TESTS,
            f"All {len(ran)} results are of tests that the run planned and {INVENTORY} lists.",
        )
    tally = ResultIndex(results)
    silent = [
        name
        for name in record.inputs.planned
        if not tally.list_attempts(parse_test_name(name).name)
    ]
    if silent:
        yield open_finding(
            VerificationCheck.TESTS,
            f"The outcome of {len(silent)} of {len(record.inputs.planned)} planned tests, such as "
            f"{clean_line(silent[0])}: the results do not contain them.",
        )


def _check_timestamps(record: RunRecord, results: ResultSet) -> Iterator[VerificationFinding]:
    doubts = list(checks.check_times(record, results, datetime.now(UTC)))
    for doubt in doubts:
        yield wrong_finding(
            VerificationCheck.TIMES, f"The times are inconsistent: {clean_line(doubt)}."
        )
    if not doubts:
        yield proved_finding(
            VerificationCheck.TIMES,
            f"The times are consistent: {record.inputs.started} to {record.outcome.finished}.",
        )


def _check_verdict(directory: RunDirectory, stated: bytes) -> Iterator[VerificationFinding]:
    try:
        said = json_yaml.load_strict_json(stated)
    except ValueError:
        yield wrong_finding(VerificationCheck.VERDICT, "verdict.json is invalid or ambiguous JSON.")
        return
    try:
        made = checks.score_run_directory(directory.path)
    except DefcheckError as error:
        yield wrong_finding(
            VerificationCheck.VERDICT,
            f"The results cannot be scored: {_describe_error(error, directory)}",
        )
        return
    by = said.get("defcheck") if isinstance(said, dict) else None
    if not isinstance(by, str) or not _PRINTABLE_ASCII.fullmatch(by):
        yield wrong_finding(
            VerificationCheck.VERDICT,
            "verdict.json does not say which version of defcheck wrote it.",
        )
        return
    # Bytes, not values: to Python 1, 1.0 and true are the same, to others they are not.
    same = stated == registry.render_json(made).encode()
    if same or (by != __version__ and digest_verdict(said) == digest_verdict(made)):
        target = f"{made['target']['title']}, guideline {made['guideline']['id']}"
        yield proved_finding(
            VerificationCheck.VERDICT,
            f"Scoring the results again gives the same verdict: {made['verdict']}, {target}.",
        )
        if not same:
            yield open_finding(
                VerificationCheck.VERDICT,
                f"The rest of verdict.json, such as reasons and causes: defcheck "
                f"{clean_line(by, 40)} wrote it, and this is {__version__}.",
            )
    elif by != __version__:
        yield wrong_finding(
            VerificationCheck.VERDICT,
            f"The verdict is by defcheck {clean_line(by, 40)}; scoring the results again "
            f"with {__version__} gives another verdict: {made['verdict']}.",
        )
    else:
        yield wrong_finding(
            VerificationCheck.VERDICT,
            f"Scoring the results again gives another verdict or other reasons: {made['verdict']}.",
        )


def _is_compressed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(GZIP_MAGIC)) == GZIP_MAGIC


def _describe_error(error: DefcheckError, directory: RunDirectory) -> str:
    """Return an error message without the path of the temporary folder."""
    return clean_line(error.message.replace(f"{directory.path}/", ""))
