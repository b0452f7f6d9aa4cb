"""Import a guideline file into the user's folder after linting it."""

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.catalog import ImportRecord
from defcheck.guideline.lint.findings import LintFinding, Severity, count_findings
from defcheck.guideline.lint.linter import lint_guideline
from defcheck.guideline.loader import load_guideline_bytes, read_guideline_file
from defcheck.util.files import clip_text


class InvalidGuidelineError(InputError):
    """A file with errors; it carries the lint findings."""

    def __init__(self, message: str, advice: str, findings: tuple[LintFinding, ...]) -> None:
        super().__init__(message, advice)
        self.findings = findings


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The result of an import."""

    id: str
    message: str
    """What was done, in a sentence."""

    findings: tuple[LintFinding, ...] = ()


def verify_sha256(data: bytes, sha256: str, source: str) -> None:
    """Raise `InputError` if the bytes do not have the expected sha256."""
    found = hashlib.sha256(data).hexdigest()
    if found != sha256.strip().lower():
        raise InputError(
            f"{clip_text(source)} is not the expected file: its sha256 is {found}.",
            "Nothing was written. Check the checksum with its publisher.",
        )


def import_guideline(
    data: bytes, imported: ImportRecord, wanted_id: str, *, force: bool
) -> ImportResult:
    """Lint a file and write it to the user's folder.

    A file with errors is refused unless `force` is set; a file that does not load is
    always refused. Existing files are never changed.
    """
    _refuse_web_page(data, imported.source)
    guideline_id = wanted_id or _choose_id(data, imported.source)
    catalog.refuse_invalid_id(guideline_id)
    same = _refuse_taken_id(guideline_id, data)
    if same:
        return ImportResult(guideline_id, same)
    findings = lint_guideline(
        data, clip_text(imported.source), guideline_id, catalog.find_guideline
    )
    errors = count_findings(findings, Severity.ERROR)
    if errors and not force:
        raise InvalidGuidelineError(
            f"{clip_text(imported.source)} has {errors} error{'s' if errors > 1 else ''} "
            "and was not imported.",
            "Fix the file, or import it as it is with --force.",
            findings,
        )
    load_guideline_bytes(data, clip_text(imported.source), guideline_id)
    path = catalog.store_guideline(guideline_id, data, imported)
    return ImportResult(guideline_id, f"Imported {guideline_id} into {path}.", findings)


def _refuse_web_page(data: bytes, source: str) -> None:
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise InputError(
            f"{clip_text(source)} is a web page, not JSON.",
            "Give the URL of the file itself; repository web pages link to it as Raw.",
        )


def _choose_id(data: bytes, source: str) -> str:
    """Return the id that a file states and is named by; raise `InputError` where they differ."""
    path = urlsplit(source).path if "://" in source else source
    name = PurePosixPath(unquote(path)).name
    by_name = name.removesuffix(".json") if name.endswith(".json") else ""
    stated = load_guideline_bytes(data, clip_text(source)).stated_id
    if by_name and stated and by_name.casefold() != stated.casefold():
        raise InputError(
            f"{clip_text(source)} states the id {clip_text(stated)}, "
            f"but the file is {clip_text(by_name)}.",
            "Choose one with --as.",
        )
    return stated or by_name


def _refuse_taken_id(guideline_id: str, data: bytes) -> str:
    """Return a message if the same file exists; raise `InputError` if a different one does."""
    bundled = catalog.find_bundled_entry(guideline_id)
    if bundled is not None:
        published = bundled.origin.sha256 if bundled.origin else ""
        if catalog.read_bundled_file(bundled) == data:
            return f"Nothing to do: it is the bundled guideline {bundled.id}, byte for byte."
        if hashlib.sha256(data).hexdigest() == published:
            return f"Nothing to do: the bundled guideline {bundled.id} was made from this file."
        raise InputError(
            f"{bundled.id} is the id of a bundled guideline with different content.",
            "Import it under another id with --as.",
        )
    path = catalog.find_user_file(guideline_id)
    if path is not None:
        if path.stem == guideline_id and read_guideline_file(path) == data:
            return f"Nothing to do: {guideline_id} is in {path} already, byte for byte."
        raise InputError(
            f"Your guideline folder already has a guideline {path.stem} with different content.",
            f"Use another id with --as, or `defcheck guideline forget {path.stem}` first.",
        )
    return ""
