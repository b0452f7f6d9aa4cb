"""What a bundle says was replaced in it, and whether that can be."""

import re
from collections.abc import Iterator

from defcheck.redaction.pseudonyms import ADDRESSES, NAMES
from defcheck.redaction.redactor import MARK
from defcheck.report.clean import clean_line
from defcheck.results.rewriting import contents
from defcheck.results.sources import RAW_RESULTS, RUN_RECORD
from defcheck.runner.directory import CONF
from defcheck.runner.record import Record

SECRETS = "secrets"
KINDS = {
    SECRETS: "passwords, tokens, keys and signatures",
    ADDRESSES: "IP addresses and host names",
    NAMES: "names of hosts, projects, users, domains and of the cloud",
}
"""What is replaced, in words."""

REDACTED = (RAW_RESULTS, RUN_RECORD, CONF)
"""Files in which something may be replaced."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


def places(results: bytes) -> int:
    """Return how often the mark of a secret stands in what results say."""
    return sum(content.count(MARK) for content in contents(results))


def judge(record: Record, results: bytes) -> Iterator[tuple[bool, str]]:
    """Yield what there is to say of replaced secrets in a bundle, and whether it is wrong.

    Nothing where neither the record claims any nor the results show one.
    """
    said, found = record.redaction, places(results)
    if said is None:
        if found:
            yield (
                False,
                f"What stood in {_counted(found)} of {RAW_RESULTS} where *** stands: a secret was "
                "replaced before the results were kept.",
            )
        return
    doubts = list(_doubts(said, record, found))
    yield from ((True, f"The record's redaction cannot be: {doubt}.") for doubt in doubts)
    if not doubts:
        yield (False, _open(said, record))


def _doubts(said: dict[str, object], record: Record, found: int) -> Iterator[str]:
    kinds, files = _words(said["kinds"]), _words(said["files"])
    strange = [one for one in kinds if one not in KINDS] + [
        one for one in files if one not in REDACTED
    ]
    if strange:
        yield f"{clean_line(strange[0], 80)} is nothing that defcheck replaces"
    if SECRETS not in kinds or len(set(kinds)) < len(kinds):
        yield "it does not say what was replaced"
    if not files or len(set(files)) < len(files):
        yield "it does not say in which files"
    before = str(said["results_sha256"])
    if not _SHA256.fullmatch(before):
        yield "it names no sha256 of the results before"
    elif (before == record.results_sha256) is (RAW_RESULTS in files):
        yield f"the sha256 of {RAW_RESULTS} does not fit what it says of the file"
    if said["places"] != found:
        yield f"it counts {said['places']} secrets in the results, and *** stands there {found}"


def _words(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _open(said: dict[str, object], record: Record) -> str:
    kinds = "; ".join(KINDS[kind] for kind in _words(said["kinds"]))
    changed = ""
    if RAW_RESULTS in _words(said["files"]):
        changed = (
            f" The run's own {RAW_RESULTS} had the sha256 {said['results_sha256']}, and whoever "
            "has it can compare."
        )
    return (
        f"What stood in {', '.join(_words(said['files']))} before it was replaced ({kinds}): "
        f"nobody can see that in the bundle.{changed}"
    )


def _counted(number: int) -> str:
    return f"{number} place{'s' * (number != 1)}"
