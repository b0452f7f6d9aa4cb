"""Check what a bundle says of its run: verdict, consistency, and what was redacted."""

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from defcheck.guideline.selection import find_target
from defcheck.redaction.pseudonyms import ADDRESSES, KINDS, NAMES, Pseudonyms, iter_texts
from defcheck.redaction.redactor import MARK, Redactor, redact_document
from defcheck.report.formats import registry
from defcheck.report.models.verdict_report import Document, build_verdict_document
from defcheck.results.loader import RAW_RESULTS, RUN_RECORD
from defcheck.results.models import Event, ResultSet
from defcheck.results.stream_rewriter import list_contents, rewrite_stream
from defcheck.runner.record import RunRecord
from defcheck.runner.run_directory import TEMPEST_CONF, TESTS_AND_SUMS, RunDirectory
from defcheck.scoring.verdict import score_evidence
from defcheck.util.text import clean_line

CLOCK_TOLERANCE = timedelta(seconds=5)
"""Different processes time the run (to the second) and the tests."""


def score_run_directory(path: Path) -> Document:
    """Score a run directory by its guideline's own policy, as `defcheck score` does."""
    directory = RunDirectory(path)
    record = directory.read_record()
    guideline = directory.read_guideline(record)
    _, evidence = directory.read_evidence(record)
    return build_verdict_document(
        score_evidence(guideline, find_target(guideline, record.inputs.target), evidence),
        source=RAW_RESULTS,
        results_sha256=directory.results_sha256(),
        record=record,
    )


def check_times(record: RunRecord, results: ResultSet, now: datetime) -> Iterator[str]:
    """Yield a sentence for each inconsistency of the times."""
    try:
        started = datetime.fromisoformat(record.inputs.started)
        finished = datetime.fromisoformat(record.outcome.finished)
    except ValueError:
        yield "the record does not say when the run began and ended"
        return
    if started.tzinfo is None or finished.tzinfo is None:
        yield "the times of the run have no time zone"
        return
    if finished < started:
        yield "the run ended before it began"
        return
    if finished > now + CLOCK_TOLERANCE:
        yield f"the run ended in the future, on {record.outcome.finished}"
    timed = [event for event in results.events if event.started and event.stopped]
    if not timed:
        yield "no result has a time"
    for event in timed:
        if (event.seconds or 0) < 0:
            yield f"{event.name} ended before it began"
            return
    begin = min((event.started for event in timed if event.started), default=started)
    end = max((event.stopped for event in timed if event.stopped), default=finished)
    if started - begin > CLOCK_TOLERANCE or end - finished > CLOCK_TOLERANCE:
        yield "tests ran before the run began or after it ended"
    most = _count_concurrent_tests(timed)
    if most > record.max_workers:
        yield f"{most} tests ran at once, with {record.max_workers} workers"


def _count_concurrent_tests(events: list[Event]) -> int:
    """Return the largest number of tests that ran at the same time."""
    moments = [(event.started, 1) for event in events if event.seconds]
    moments += [(event.stopped, -1) for event in events if event.seconds]
    running = most = 0
    for _, step in sorted(moments):  # at the same moment, ends come before starts
        running += step
        most = max(most, running)
    return most


def check_reruns(record: RunRecord, results_size: int) -> Iterator[str]:
    """Yield a sentence for each inconsistency of resumptions and reruns.

    `results_size` is the size of the raw results in bytes. A resumption lets a test in
    progress end later, so an invented one could hide a failure.
    """
    planned = set(record.inputs.planned)
    for word, entries, key in (
        ("resumed", record.history.resumed, "again"),
        ("repeated", record.history.reruns, "tests"),
    ):
        at = 0
        for entry in entries:
            if not at <= entry["offset"] <= results_size:
                yield f"it was {word} at a place that the results do not have"
            at = entry["offset"]
            strange = sorted(set(entry[key]) - planned)
            if strange:
                yield f"it was {word} with a test that was not planned, {strange[0]}"
    for entry in record.history.resumed:
        if not _is_within_run(record, entry["at"]):
            yield "it was resumed before it began or after it ended"
    if any(entry["round"] < 1 or not entry["tests"] for entry in record.history.reruns):
        yield "it was repeated without a test, or in no round"


def _is_within_run(record: RunRecord, timestamp: str) -> bool:
    """Return whether a time lies within the run; unreadable times are reported elsewhere."""
    try:
        begin, at, end = map(
            datetime.fromisoformat, (record.inputs.started, timestamp, record.outcome.finished)
        )
        return begin - at <= CLOCK_TOLERANCE and at - end <= CLOCK_TOLERANCE
    except (ValueError, TypeError):
        return False


SECRETS_KIND = "secrets"
KIND_TITLES = {
    SECRETS_KIND: "passwords, tokens, keys and signatures",
    ADDRESSES: "IP addresses and host names",
    NAMES: "names of hosts, projects, users, domains and of the cloud",
}
"""What is replaced, for messages."""

REDACTABLE_FILES = (RAW_RESULTS, RUN_RECORD, TEMPEST_CONF)
"""Files in which defcheck replaces secrets, addresses and names."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


def count_redactions(results: bytes) -> int:
    """Return how often the mark of a secret occurs in the results."""
    return sum(content.count(MARK) for content in list_contents(results))


def check_redaction(record: RunRecord, results: bytes) -> Iterator[tuple[bool, str]]:
    """Yield remarks on the replaced secrets of a bundle, and whether each is wrong.

    Yields nothing if neither the record nor the results show one.
    """
    said, found = record.history.redaction, count_redactions(results)
    if said is None:
        if found:
            yield (
                False,
                f"The original text of {_count_places(found)} in {RAW_RESULTS} that now read ***: "
                "secrets were replaced before the results were stored.",
            )
        return
    doubts = list(_find_contradictions(said, record, found))
    yield from ((True, f"The record's redaction is inconsistent: {doubt}.") for doubt in doubts)
    if not doubts:
        yield (False, _describe_redacted(said, record))


def _find_contradictions(
    claimed: dict[str, object], record: RunRecord, count: int
) -> Iterator[str]:
    kinds, files = _list_texts(claimed["kinds"]), _list_texts(claimed["files"])
    strange = [one for one in kinds if one not in KIND_TITLES] + [
        one for one in files if one not in REDACTABLE_FILES
    ]
    if strange:
        yield f"{clean_line(strange[0], 80)} is not a kind of text that defcheck replaces"
    if SECRETS_KIND not in kinds or len(set(kinds)) < len(kinds):
        yield "it does not say what was replaced"
    if not files or len(set(files)) < len(files):
        yield "it does not say in which files"
    before = str(claimed["results_sha256"])
    if not _SHA256.fullmatch(before):
        yield "it does not give the sha256 of the original results"
    elif (before == record.outcome.results_sha256) is (RAW_RESULTS in files):
        yield f"the sha256 of {RAW_RESULTS} contradicts what it says about the file"
    if claimed["places"] != count:
        yield f"it counts {claimed['places']} secrets in the results, but *** occurs {count}"


def _list_texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _describe_redacted(claimed: dict[str, object], record: RunRecord) -> str:
    kinds = "; ".join(KIND_TITLES[kind] for kind in _list_texts(claimed["kinds"]))
    changed = ""
    if RAW_RESULTS in _list_texts(claimed["files"]):
        changed = (
            f" The original {RAW_RESULTS} of the run has the sha256 {claimed['results_sha256']}, "
            "so whoever has it can compare."
        )
    return (
        f"The original text in {', '.join(_list_texts(claimed['files']))} that was replaced "
        f"({kinds}): "
        f"the bundle does not contain it.{changed}"
    )


def _count_places(number: int) -> str:
    return f"{number} place{'s' * (number != 1)}"


BundleFiles = dict[str, bytes]


def redact_bundle(files: Mapping[str, bytes], kinds: Collection[str]) -> BundleFiles:
    """Return the files of a bundle without secrets, with some `KINDS` as placeholders."""
    asked = [kind for kind in KINDS if kind in kinds]
    if not asked:
        return redact_files(files, Redactor(), [SECRETS_KIND])
    record = json.loads(files[RUN_RECORD])
    names = Pseudonyms(asked, [record["cloud"]["name"]])
    for text in iter_texts({key: record[key] for key in record if key not in TESTS_AND_SUMS}):
        names.learn_from(text)
    for text in (files[TEMPEST_CONF], *list_contents(files[RAW_RESULTS])):
        names.learn_from(text)
    return redact_files(files, Redactor(pseudonyms=names), [SECRETS_KIND, *asked])


def redact_files(
    files: Mapping[str, bytes], redactor: Redactor, kinds: Sequence[str]
) -> BundleFiles:
    """Return the files of a bundle with the redactor's replacements.

    Without anything to replace they are the same, byte for byte. Otherwise the
    record gets the new sha256 of the results, the new places of resumptions in
    them, what was replaced, and the original sha256. The guideline, the inventory
    and all names of tests stay as they are.
    """
    record = json.loads(files[RUN_RECORD])
    bounds = [one for key in ("resumed", "reruns") for one in record.get(key, ())]
    results = rewrite_stream(
        files[RAW_RESULTS], redactor.redact_bytes, [int(one["offset"]) for one in bounds]
    )
    clean = redact_document(record, redactor.redact_text, TESTS_AND_SUMS | {"redaction", "format"})
    conf = redactor.redact_bytes(files[TEMPEST_CONF])
    changed = {
        RAW_RESULTS: results.data != files[RAW_RESULTS],
        RUN_RECORD: clean != record,
        TEMPEST_CONF: conf != files[TEMPEST_CONF],
    }
    if not any(changed.values()):
        return dict(files)
    bounds = [one for key in ("resumed", "reruns") for one in clean.get(key, ())]
    for one, offset in zip(bounds, results.offsets, strict=True):
        one["offset"] = offset
    before: dict[str, Any] = record.get("redaction") or {}
    clean["redaction"] = {
        "kinds": list(dict.fromkeys([*before.get("kinds", ()), *kinds])),
        "files": sorted({*before.get("files", ()), *(name for name in changed if changed[name])}),
        "places": count_redactions(results.data),
        "results_sha256": before.get("results_sha256") or record["results_sha256"],
    }
    clean["results_sha256"] = hashlib.sha256(results.data).hexdigest()
    return {
        **files,
        RAW_RESULTS: results.data,
        RUN_RECORD: registry.render_json(clean).encode(),
        TEMPEST_CONF: conf,
    }
