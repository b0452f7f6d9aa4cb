"""Everything that can be said against a guideline file, not the first thing alone."""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

from defcheck.errors import InputError
from defcheck.files import clip
from defcheck.guideline.check.conformance import conform
from defcheck.guideline.check.finding import Finding, Severity, finding, ordered
from defcheck.guideline.check.outline import outline
from defcheck.guideline.check.parsing import parse
from defcheck.guideline.check.references import Known, check_references
from defcheck.guideline.check.testrules import check_tests
from defcheck.guideline.load import READERS, load_bytes

MAX_FINDINGS = 20_000
"""By the schema; the worst published guideline has 77."""


def check(data: bytes, where: str, file_id: str, known: Known) -> tuple[Finding, ...]:
    """Return all findings on the bytes of a guideline file, the worst first.

    `where` names the file in words, `file_id` is the id by its file name, where
    it has one, and `known` finds other guidelines. A file without an error
    among its findings loads.
    """
    known = cache(known)
    parsed = parse(data)
    found = list(parsed.findings)
    if parsed.usable:
        found += _look(parsed.document)
        version = _version(parsed.document)
        if version in READERS:
            outlined = outline(parsed.document, version)
            found += check_references(outlined, file_id, known)
            found += check_tests(outlined)
    if not any(one.severity is Severity.ERROR for one in found):
        found += _load(data, where, file_id)
    return ordered(found)


def _version(document: Any) -> str:
    """Return the schema version that a document states, empty where it states none."""
    if not isinstance(document, dict):
        return ""
    metadata = document.get("metadata", document)
    version = metadata.get("schema") if isinstance(metadata, dict) else None
    return version if isinstance(version, str) else ""


def _look(document: Any) -> Iterator[Finding]:
    """Yield what is wrong with the document by the schema of its version."""
    version = _version(document)
    if not isinstance(document, dict):
        yield finding(Severity.ERROR, "schema", (), "must be an object")
    elif version not in READERS:
        yield finding(
            Severity.ERROR,
            "schema-version",
            (),
            f"states the schema version {clip(version) or 'none'}, which is not known; "
            f"known are {', '.join(READERS)}",
        )
    else:
        broken = conform(document, version)
        yield from islice(broken, MAX_FINDINGS)
        if next(broken, None) is not None:
            yield finding(
                Severity.ERROR,
                "too-many",
                (),
                f"breaks its schema in more than {MAX_FINDINGS} places; these are the first",
            )


def _load(data: bytes, where: str, file_id: str) -> Iterator[Finding]:
    """Load it in earnest: what is refused then must never seem fine here."""
    try:
        load_bytes(data, where, file_id)
    except InputError as error:
        yield finding(Severity.ERROR, "unloadable", (), error.message)
