"""Check what a bundle says of its run: its verdict, whether it can be, what was redacted."""

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
"""Run and tests are timed by different processes, to the second and to the microsecond."""


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
    """Yield, in words, what cannot be true of the times."""
    try:
        started = datetime.fromisoformat(record.inputs.started)
        finished = datetime.fromisoformat(record.outcome.finished)
    except ValueError:
        yield "it is not said when the run began and ended"
        return
    if started.tzinfo is None or finished.tzinfo is None:
        yield "it is not said in which time zone the run began and ended"
        return
    if finished < started:
        yield "the run ended before it began"
        return
    if finished > now + CLOCK_TOLERANCE:
        yield f"the run ended in the future, on {record.outcome.finished}"
    timed = [event for event in results.events if event.started and event.stopped]
    if not timed:
        yield "no result has times"
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
    """Return how many tests ran at the same time at the most."""
    moments = [(event.started, 1) for event in events if event.seconds]
    moments += [(event.stopped, -1) for event in events if event.seconds]
    running = most = 0
    for _, step in sorted(moments):  # what ends at a moment goes before what begins
        running += step
        most = max(most, running)
    return most


def check_reruns(record: RunRecord, results_size: int) -> Iterator[str]:
    """Yield, in words, what cannot be true of resumptions and reruns.

    `size` is that of the raw results in bytes. A resumption lets a test that was
    in progress end later, so that nobody may make one up where none was.
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
    """Return whether a moment lies within the run; times that cannot be read are told elsewhere."""
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
"""What is replaced, in words."""

REDACTABLE_FILES = (RAW_RESULTS, RUN_RECORD, TEMPEST_CONF)
"""Files in which something may be replaced."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


def count_redactions(results: bytes) -> int:
    """Return how often the mark of a secret stands in what results say."""
    return sum(content.count(MARK) for content in list_contents(results))


def check_redaction(record: RunRecord, results: bytes) -> Iterator[tuple[bool, str]]:
    """Yield what there is to say of replaced secrets in a bundle, and whether it is wrong.

    Nothing where neither the record claims any nor the results show one.
    """
    said, found = record.history.redaction, count_redactions(results)
    if said is None:
        if found:
            yield (
                False,
                f"What stood in {_count_places(found)} of {RAW_RESULTS} where *** stands: a secret "
                "was replaced before the results were kept.",
            )
        return
    doubts = list(_find_contradictions(said, record, found))
    yield from ((True, f"The record's redaction cannot be: {doubt}.") for doubt in doubts)
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
        yield f"{clean_line(strange[0], 80)} is nothing that defcheck replaces"
    if SECRETS_KIND not in kinds or len(set(kinds)) < len(kinds):
        yield "it does not say what was replaced"
    if not files or len(set(files)) < len(files):
        yield "it does not say in which files"
    before = str(claimed["results_sha256"])
    if not _SHA256.fullmatch(before):
        yield "it names no sha256 of the results before"
    elif (before == record.outcome.results_sha256) is (RAW_RESULTS in files):
        yield f"the sha256 of {RAW_RESULTS} does not fit what it says of the file"
    if claimed["places"] != count:
        yield f"it counts {claimed['places']} secrets in the results, and *** stands there {count}"


def _list_texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _describe_redacted(claimed: dict[str, object], record: RunRecord) -> str:
    kinds = "; ".join(KIND_TITLES[kind] for kind in _list_texts(claimed["kinds"]))
    changed = ""
    if RAW_RESULTS in _list_texts(claimed["files"]):
        changed = (
            f" The run's own {RAW_RESULTS} had the sha256 {claimed['results_sha256']}, and whoever "
            "has it can compare."
        )
    return (
        f"What stood in {', '.join(_list_texts(claimed['files']))} before it was replaced "
        f"({kinds}): "
        f"nobody can see that in the bundle.{changed}"
    )


def _count_places(number: int) -> str:
    return f"{number} place{'s' * (number != 1)}"


BundleFiles = dict[str, bytes]


def redact_bundle(files: Mapping[str, bytes], kinds: Collection[str]) -> BundleFiles:
    """Return the files of a bundle without secrets, and with other names for some `KINDS`."""
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
    """Return the files of a bundle without what the redactor replaces.

    Where there is nothing to replace they are the same, to the byte. Else the
    record names the sha256 of the results as they are now, where the run was
    resumed in them, what was replaced, and the sha256 of before. The guideline,
    the inventory and all names of tests stay as they are.
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
