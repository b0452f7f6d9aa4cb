"""Check a bundle without trusting whoever made it, and say what that proves."""

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from defcheck import __version__, strictjson
from defcheck.errors import DefcheckError, InputError
from defcheck.guideline import catalog
from defcheck.guideline.matching import parse_name
from defcheck.report import json_report
from defcheck.report.clean import clean_line
from defcheck.results.fixtures import split
from defcheck.results.intake import PACKED
from defcheck.results.model import ResultSet
from defcheck.results.sources import RAW_RESULTS
from defcheck.results.subunit import KIND
from defcheck.results.tally import Tally
from defcheck.runner.directory import GUIDELINE, INVENTORY, RunDirectory
from defcheck.runner.record import Record
from defcheck.submit import bundle, claim, course, plausible, sshsig
from defcheck.submit.archive import BrokenArchiveError, NoArchiveError, unpack
from defcheck.submit.sayings import essence

_PLAIN = re.compile(r"[!-~]+")
"""An id or version that shows all that is in it: nothing unseen, no letter like another."""

Score = Callable[[Path], dict[str, Any]]
"""Scores a run directory by its guideline's own policy: the document of `defcheck score`."""


class Proof(StrEnum):
    """What a check came to."""

    PROVED = "proved"
    WRONG = "WRONG"
    OPEN = "not proved"
    """The bundle cannot show it."""


class Check(StrEnum):
    """What a check looks at."""

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
class Finding:
    """What one check says."""

    check: Check
    proof: Proof
    text: str
    signer: sshsig.Signer | None = None
    """Who signed, where a signature was found to hold."""


def proved(check: Check, text: str, signer: sshsig.Signer | None = None) -> Finding:
    """Return that something is as stated."""
    return Finding(check, Proof.PROVED, text, signer)


def wrong(check: Check, text: str) -> Finding:
    """Return that something is not as stated."""
    return Finding(check, Proof.WRONG, text)


def not_proved(check: Check, text: str) -> Finding:
    """Return that nothing shows whether something is as stated."""
    return Finding(check, Proof.OPEN, text)


def verify(data: bytes, allowed: Path | None, score: Score) -> list[Finding]:
    """Return what the checks of a bundle say, one by one.

    After a check without which the next mean nothing has failed, there are no
    more. Raises `InputError` where the file is no bundle at all.
    """
    try:
        files = unpack(data, bundle.FILES)
    except NoArchiveError as error:
        raise InputError(
            "That is no bundle of defcheck's.", "Name a file that `defcheck bundle` made."
        ) from error
    except BrokenArchiveError as error:
        return [wrong(Check.ARCHIVE, f"The archive is not as defcheck packs it: {error}.")]
    missing = sorted(bundle.FILES - {bundle.SIGNATURE} - set(files))
    if missing:
        return [wrong(Check.ARCHIVE, f"The bundle lacks {', '.join(missing)}.")]
    if bundle.manifest(files) != files[bundle.MANIFEST]:
        return [
            wrong(
                Check.MANIFEST,
                "The files are not those of the manifest: somebody changed one of them.",
            )
        ]
    found = [
        proved(Check.MANIFEST, "The files are those of the manifest."),
        *_signature(files, allowed),
    ]
    if any(one.proof is Proof.WRONG for one in found):
        return found
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        found += _evidence(RunDirectory(Path(folder)), files[bundle.VERDICT], score)
    found.append(
        not_proved(
            Check.CLOUD,
            "That the tests ran against the named cloud, with this tempest.conf, and that whoever "
            "made the bundle did not make the results up: no file can show that.",
        )
    )
    return found


def _signature(files: dict[str, bytes], allowed: Path | None) -> Iterator[Finding]:
    signature = files.get(bundle.SIGNATURE)
    if signature is None:
        if allowed:
            yield wrong(Check.SIGNATURE, "The bundle is not signed.")
        else:
            yield not_proved(Check.SIGNATURE, "Who made the bundle: it is not signed.")
        return
    try:
        signer = sshsig.check(files[bundle.MANIFEST], signature, allowed)
    except sshsig.BadSignatureError as error:
        yield wrong(Check.SIGNATURE, f"The signature: {error}.")
        return
    if signer.principal:
        yield proved(Check.SIGNATURE, f"Signed by {signer.who}, with {signer.key}.", signer)
    else:
        yield proved(Check.SIGNATURE, f"Signed with {signer.key}.", signer)
        yield not_proved(
            Check.SIGNATURE, "Whose key that is: name those you trust with --allowed-signers."
        )


def _evidence(directory: RunDirectory, stated: bytes, score: Score) -> Iterator[Finding]:
    """Yield what the files say of each other."""
    try:
        record = directory.read_record()
        results = directory.read_results(record)
    except DefcheckError as error:
        yield wrong(Check.RESULTS, _words(error, directory))
        return
    if directory.results_sha256() != record.results_sha256:
        yield wrong(
            Check.RESULTS, f"{RAW_RESULTS} is not what the run's record names: the run did not end."
        )
        return
    if results.format != KIND or _begins_packed(directory.raw_results):
        yield wrong(
            Check.RESULTS, f"{RAW_RESULTS} is no {KIND} stream, which is what a run writes."
        )
        return
    yield proved(Check.RESULTS, f"{RAW_RESULTS} is what the run's record names, by its sha256.")
    for doubt in course.doubts(record, directory.raw_results.stat().st_size):
        yield wrong(Check.RESULTS, f"The run cannot have gone so: {clean_line(doubt)}.")
    yield from (
        Finding(Check.REDACTION, Proof.WRONG if is_wrong else Proof.OPEN, text)
        for is_wrong, text in claim.judge(record, directory.raw_results.read_bytes())
    )
    yield from _guideline(directory, record)
    yield from _tests(directory, record, results)
    yield from _times(record, results)
    yield from _verdict(directory, stated, score)


def _guideline(directory: RunDirectory, record: Record) -> Iterator[Finding]:
    path = directory.path / GUIDELINE
    if hashlib.sha256(path.read_bytes()).hexdigest() != record.guideline["sha256"]:
        yield wrong(Check.GUIDELINE, f"{GUIDELINE} is not what the run's record names.")
        return
    name = clean_line(record.guideline["id"], 80)
    if not _PLAIN.fullmatch(record.guideline["id"]):
        yield wrong(Check.GUIDELINE, f"The guideline's id is no plain one: {name}.")
        return
    entry = catalog.bundled_entry(record.guideline["id"])
    if entry is None or entry.origin is None:
        yield not_proved(
            Check.GUIDELINE,
            f"That guideline {name} is a published one: defcheck does not carry it.",
        )
    elif catalog.bundled_bytes(entry) != path.read_bytes():
        yield wrong(Check.GUIDELINE, f"{GUIDELINE} is not the published guideline {name}.")
    else:
        yield proved(
            Check.GUIDELINE,
            f"Guideline {name} is the published one: {entry.origin.repository} at "
            f"{entry.origin.commit[:12]}, {entry.origin.path}.",
        )


def _tests(directory: RunDirectory, record: Record, results: ResultSet) -> Iterator[Finding]:
    path = directory.path / INVENTORY
    if hashlib.sha256(path.read_bytes()).hexdigest() != record.inventory_sha256:
        yield wrong(Check.TESTS, f"{INVENTORY} is not what the run's record names.")
        return
    tempest = f"Tempest {clean_line(record.tempest, 80)}"
    if record.tempest_files == "unmodified":
        yield not_proved(Check.TESTS, f"That {tempest} was the published one, as the record says.")
    elif record.tempest_files == "unknown":
        yield not_proved(
            Check.TESTS, f"That {tempest} was the published one: nothing recorded its files."
        )
    else:
        files = record.tempest_files
        named = ", ".join(files[:3]) if isinstance(files, list) else str(files)
        yield wrong(Check.TESTS, f"{tempest} was not the published one: {clean_line(named)}.")
    try:
        listed = set(path.read_text(encoding="utf-8").splitlines())
    except UnicodeDecodeError:
        yield wrong(Check.TESTS, f"{INVENTORY} is no list of tests.")
        return
    planned = set(record.planned)
    ran = [event.name for event in split(results.events)[0]]
    strange = [name for name in ran if name not in planned] or sorted(planned - listed)
    if strange:
        yield wrong(
            Check.TESTS,
            f"The results are not of the tests that were planned: {clean_line(strange[0])}.",
        )
    else:
        yield proved(
            Check.TESTS,
            f"All {len(ran)} results are of tests that the run planned and {INVENTORY} lists.",
        )
    tally = Tally(results)
    silent = [name for name in record.planned if not tally.attempts(parse_name(name).name)]
    if silent:
        yield not_proved(
            Check.TESTS,
            f"What became of {len(silent)} of {len(record.planned)} planned tests: the results say "
            f"nothing of {clean_line(silent[0])}.",
        )


def _times(record: Record, results: ResultSet) -> Iterator[Finding]:
    doubts = list(plausible.doubts(record, results, datetime.now(UTC)))
    for doubt in doubts:
        yield wrong(Check.TIMES, f"The times cannot be: {clean_line(doubt)}.")
    if not doubts:
        yield proved(
            Check.TIMES, f"The times fit each other: {record.started} to {record.finished}."
        )


def _verdict(directory: RunDirectory, stated: bytes, score: Score) -> Iterator[Finding]:
    try:
        said = strictjson.load(stated)
    except ValueError:
        yield wrong(Check.VERDICT, "verdict.json is not JSON that can be read in one way only.")
        return
    try:
        made = score(directory.path)
    except DefcheckError as error:
        yield wrong(Check.VERDICT, f"The results cannot be scored: {_words(error, directory)}")
        return
    by = said.get("defcheck") if isinstance(said, dict) else None
    if not isinstance(by, str) or not _PLAIN.fullmatch(by):
        yield wrong(Check.VERDICT, "verdict.json does not say which version of defcheck wrote it.")
        return
    # Bytes, not values: to Python 1, 1.0 and true are the same, to others they are not.
    same = stated == json_report.render(made).encode()
    if same or (by != __version__ and essence(said) == essence(made)):
        target = f"{made['target']['title']}, guideline {made['guideline']['id']}"
        yield proved(
            Check.VERDICT, f"Scoring the results again gives the same: {made['verdict']}, {target}."
        )
        if not same:
            yield not_proved(
                Check.VERDICT,
                f"What else verdict.json says, such as reasons and causes: defcheck "
                f"{clean_line(by, 40)} wrote it, and this is {__version__}.",
            )
    elif by != __version__:
        yield wrong(
            Check.VERDICT,
            f"The verdict is by defcheck {clean_line(by, 40)}; scoring the results again "
            f"with {__version__} gives another one: {made['verdict']}.",
        )
    else:
        yield wrong(
            Check.VERDICT,
            f"Scoring the results again gives another verdict or other reasons: {made['verdict']}.",
        )


def _begins_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(PACKED)) == PACKED


def _words(error: DefcheckError, directory: RunDirectory) -> str:
    """Return an error without the temporary folder that the files were read in."""
    return clean_line(error.message.replace(f"{directory.path}/", ""))
