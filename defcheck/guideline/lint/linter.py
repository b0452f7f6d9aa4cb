"""Lint a guideline file: its JSON, its schema, and the rules for references and tests.

In guidelines/schemas, `x-severity`, `x-rule` and `x-message` say how a broken rule is
reported: published files break some rules and are still readable.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any

from defcheck.errors import InputError
from defcheck.guideline.lint.capability_tests import check_tests
from defcheck.guideline.lint.findings import (
    LintFinding,
    Severity,
    Steps,
    build_finding,
    sort_findings,
)
from defcheck.guideline.lint.outline import build_outline
from defcheck.guideline.lint.references import GuidelineFinder, check_references
from defcheck.guideline.loader import SCHEMA_READERS, decode_json, load_guideline_bytes
from defcheck.util.files import clip_text

if TYPE_CHECKING:
    from jsonschema import ValidationError


MAX_DEPTH = 50
"""Levels of nesting; published guidelines have eight."""

_PLACE = re.compile(r": line (\d+) column (\d+) \(char \d+\)$")


class TrackedObject(dict[str, Any]):
    """A JSON object that remembers its duplicate keys."""

    repeated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """The content of a file, decoded."""

    document: Any
    """The decoded JSON, None where it could not be decoded or nests too deep."""

    findings: tuple[LintFinding, ...]
    """What is wrong with it as JSON."""

    usable: bool = True
    """Whether there is a document that further checks can look at."""


def parse_document(data: bytes) -> ParsedDocument:
    """Decode JSON and find keys that stand twice in one object."""
    try:
        document = json.loads(decode_json(data), object_pairs_hook=_build_object)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        return _report_broken("json", f"is not JSON: {_PLACE.sub('', str(error))} at {place}")
    except RecursionError:
        return _report_broken("nesting", f"nests deeper than {MAX_DEPTH} levels")
    except ValueError as error:
        return _report_broken("json", f"is not JSON in UTF-8: {clip_text(str(error))}")
    found: list[LintFinding] = []
    for steps, value in walk_document(document):
        if len(steps) > MAX_DEPTH:
            return _report_broken("nesting", f"nests deeper than {MAX_DEPTH} levels")
        if isinstance(value, TrackedObject):
            found += [
                build_finding(
                    Severity.ERROR,
                    "duplicate-key",
                    (*steps, key),
                    "appears more than once in its object; all but the last would be lost",
                )
                for key in value.repeated
            ]
    return ParsedDocument(document, tuple(found))


def walk_document(document: Any) -> Iterator[tuple[Steps, Any]]:
    """Yield every object and list with the way to it, without recursion.

    One level below `MAX_DEPTH` is still told of, what is in it is not.
    """
    if not isinstance(document, dict | list):
        return
    yield (), document
    waiting: list[tuple[Steps, Iterator[tuple[str | int, Any]]]] = [((), _iterate_items(document))]
    while waiting:
        steps, items = waiting[-1]
        for step, inner in items:
            if isinstance(inner, dict | list):
                below = (*steps, step)
                yield below, inner
                if len(below) <= MAX_DEPTH:
                    waiting.append((below, _iterate_items(inner)))
                break
        else:
            waiting.pop()


def _iterate_items(value: dict[str, Any] | list[Any]) -> Iterator[tuple[str | int, Any]]:
    return iter(value.items()) if isinstance(value, dict) else enumerate(value)


def _build_object(pairs: list[tuple[str, Any]]) -> TrackedObject:
    made = TrackedObject(pairs)
    if len(made) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        made.repeated = tuple(key for key, number in counts.items() if number > 1)
    return made


def _report_broken(rule: str, message: str) -> ParsedDocument:
    return ParsedDocument(None, (build_finding(Severity.ERROR, rule, (), message),), usable=False)


TYPE_WORDS = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
}


def load_schema(version: str) -> dict[str, Any]:
    """Return the JSON Schema of a guideline schema version that has one."""
    data = files("defcheck_guidelines").joinpath(f"schemas/{version}.json").read_bytes()
    schema: dict[str, Any] = json.loads(data)
    return schema


def validate_document(document: Any, version: str) -> Iterator[LintFinding]:
    """Yield everything in which a document breaks its schema."""
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(load_schema(version)).iter_errors(document):
        rules: dict[str, Any] = error.schema
        yield build_finding(
            Severity(rules.get("x-severity", Severity.ERROR)),
            rules.get("x-rule", "schema"),
            tuple(error.absolute_path),
            _describe_error(error, rules),
        )


def _describe_error(error: "ValidationError", rules: dict[str, Any]) -> str:
    """Describe the error; the library's own message would contain the whole value."""
    value: Any = error.instance
    demanded: Any = error.validator_value
    in_a_name = "propertyNames" in error.absolute_schema_path
    subject = f"has the key `{clip_text(value)}`, which " if in_a_name else ""
    if "x-message" in rules:
        return f"{subject}{rules['x-message']}"
    match error.validator:
        case "required":
            missing = [key for key in demanded if key not in value]
            return f"lacks {_quote_names(missing)}"
        case "enum":
            return f"must be one of {_quote_names(demanded)}"
        case "const":
            return f"must be {demanded}"
        case "type":
            wanted = [demanded] if isinstance(demanded, str) else demanded
            return f"must be {' or '.join(TYPE_WORDS[kind] for kind in wanted)}"
        case "minLength" | "minItems":
            return "must not be empty"
        case _:
            return f"breaks the rule `{error.validator}`"


def _quote_names(names: list[Any]) -> str:
    return ", ".join(f"`{name}`" for name in names)


MAX_FINDINGS = 20_000
"""By the schema; the worst published guideline has 77."""


def lint_guideline(
    data: bytes, where: str, file_id: str, known: GuidelineFinder
) -> tuple[LintFinding, ...]:
    """Return all findings on the bytes of a guideline file, the worst first.

    `where` names the file in words, `file_id` is the id by its file name, where
    it has one, and `known` finds other guidelines. A file without an error
    among its findings loads.
    """
    known = cache(known)
    parsed = parse_document(data)
    found = list(parsed.findings)
    if parsed.usable:
        found += _check_schema(parsed.document)
        version = _read_version(parsed.document)
        if version in SCHEMA_READERS:
            outlined = build_outline(parsed.document, version)
            found += check_references(outlined, file_id, known)
            found += check_tests(outlined)
    if not any(one.severity is Severity.ERROR for one in found):
        found += _check_loading(data, where, file_id)
    return sort_findings(found)


def _read_version(document: Any) -> str:
    """Return the schema version that a document states, empty where it states none."""
    if not isinstance(document, dict):
        return ""
    metadata = document.get("metadata", document)
    version = metadata.get("schema") if isinstance(metadata, dict) else None
    return version if isinstance(version, str) else ""


def _check_schema(document: Any) -> Iterator[LintFinding]:
    """Yield what is wrong with the document by the schema of its version."""
    version = _read_version(document)
    if not isinstance(document, dict):
        yield build_finding(Severity.ERROR, "schema", (), "must be an object")
    elif version not in SCHEMA_READERS:
        yield build_finding(
            Severity.ERROR,
            "schema-version",
            (),
            f"states the schema version {clip_text(version) or 'none'}, which is not supported; "
            f"supported: {', '.join(SCHEMA_READERS)}",
        )
    else:
        broken = validate_document(document, version)
        yield from islice(broken, MAX_FINDINGS)
        if next(broken, None) is not None:
            yield build_finding(
                Severity.ERROR,
                "too-many",
                (),
                f"breaks its schema in more than {MAX_FINDINGS} places; these are the first",
            )


def _check_loading(data: bytes, where: str, file_id: str) -> Iterator[LintFinding]:
    """Load the file as other commands do: the linter must never accept what the loader refuses."""
    try:
        load_guideline_bytes(data, where, file_id)
    except InputError as error:
        yield build_finding(Severity.ERROR, "unloadable", (), error.message)
