"""Read a form that a vendor filled in, and check it against its schema and its blank."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from defcheck.errors import InputError
from defcheck.submission.package import model
from defcheck.submission.package.model import PackageFinding, open_finding, wrong_finding
from defcheck.util.json_yaml import decode_plain_yaml
from defcheck.util.text import clean_line

FORM_SCHEMAS = {
    model.SYSTEM: "system-description-1.json",
    model.SECTIONS: "designated-sections-1.json",
    model.PROPERTIES: "additional-properties-1.json",
    model.FLAGS: "flag-requests-1.json",
    model.SCS_REPORT: "scs-report-1.json",
}

MAX_FORM_BYTES = 8 * 1024 * 1024
"""Of a form: the report for the monitor has 0.1 MiB."""

QUESTIONS = "sections"
"""The field whose own fields are not the schema's but the guideline's."""

SUBJECT = "subject"
"""The field of the SCS report that is open."""

MAX_NAMED_ENTRIES = 5
"""Entries of a list that lack the same and are named one by one."""

TYPE_NAMES = {
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "fields with values",
}


def read_form(name: str, data: bytes) -> Any:
    """Return the value of a form; raise `InputError` where it is no YAML."""
    advice = "Mend the line, or make the package anew elsewhere and copy what you wrote."
    if len(data) > MAX_FORM_BYTES:
        raise InputError(
            f"{name} is larger than {MAX_FORM_BYTES // 2**20} MiB.", "Write less into it."
        )
    return decode_plain_yaml(data, name, advice, days=False)


def validate_form(name: str, filled: Any) -> Iterator[PackageFinding]:
    """Yield what is open or wrong in a form by its schema, open fields of one place together."""
    from jsonschema import Draft202012Validator

    text = (files("defcheck_reports") / "schemas" / FORM_SCHEMAS[name]).read_text(encoding="utf-8")
    empty: dict[str, list[str]] = {}
    said: dict[PackageFinding, None] = {}
    for error in Draft202012Validator(json.loads(text)).iter_errors(filled):
        path, value = list(error.absolute_path), error.instance
        if error.validator == "required" and isinstance(value, dict):
            missing = set(error.validator_value) - set(value)
            _add_empty_fields(empty, path, filled, missing)
        elif path and (value is None or (isinstance(value, str) and not value.strip())):
            _add_empty_fields(empty, path[:-1], filled, {path[-1]})
        else:
            where = describe_location(path, filled) or "the form"
            said.update(dict.fromkeys(_explain_schema_error(name, where, error)))
    yield from _report_empty_fields(name, empty)
    yield from said


def _report_empty_fields(name: str, empty: Mapping[str, Sequence[str]]) -> Iterator[PackageFinding]:
    """Yield what is open, in few lines where many entries lack the same."""
    said = {where: clean_line(", ".join(fields), 500) for where, fields in empty.items()}
    alike = Counter((where.partition(".")[0], named) for where, named in said.items())
    told = set()
    for where, named in said.items():
        fields = len(empty[where])
        verb = "is" if fields == 1 else "are"
        listed, _, entry = where.partition(".")
        entries = alike[listed, named]
        if entries <= MAX_NAMED_ENTRIES:
            lead = f"{where}: " if where else ""
            yield open_finding(name, f"{lead}{named} {verb} not filled in.", fields)
        elif (listed, named) not in told:
            told.add((listed, named))
            text = f"{listed}: {named} {verb} not filled in for {entries} entries, as {entry}."
            yield open_finding(name, text, fields * entries)


def _add_empty_fields(
    empty: dict[str, list[str]], path: list[Any], filled: Any, keys: set[Any]
) -> None:
    """Note fields as empty, in the order of the form, which the schema's checks do not keep."""
    parent = filled
    for part in path:
        parent = parent[part]
    order = [str(key) for key in parent] if isinstance(parent, dict) else []
    names = {str(key + 1) if isinstance(key, int) else str(key) for key in keys}
    known = empty.setdefault(describe_location(path, filled), [])
    known += sorted(names - set(known))
    known.sort(key=lambda name: order.index(name) if name in order else len(order))


def _explain_schema_error(name: str, where: str, error: Any) -> Iterator[PackageFinding]:
    value, rule = error.instance, error.validator_value
    if error.validator == "additionalProperties" and isinstance(value, dict):
        for key in map(str, value.keys() - error.schema.get("properties", {}).keys()):
            yield wrong_finding(
                name, f"{where} has the field {clean_line(key, 80)}, which none may have."
            )
    elif error.validator == "type":
        wanted = " or ".join(TYPE_NAMES[one] for one in _as_list(rule) if one in TYPE_NAMES)
        quote = "; put it in quotes" if "string" in _as_list(rule) and _is_scalar(value) else ""
        yield wrong_finding(name, f"{where} must be {wanted}, not {describe_value(value)}{quote}.")
    elif error.validator == "enum":
        known = ", ".join(str(one) for one in rule if one is not None)
        yield wrong_finding(
            name, f"{where} is {describe_value(value)}; it must be one of: {known}."
        )
    elif error.validator == "const":
        yield wrong_finding(
            name, f"{where} is {describe_value(value)}; it must be {describe_value(rule)}."
        )
    else:
        meant = error.schema.get("description", "")
        yield wrong_finding(
            name, f"{where} is {describe_value(value)}, which it cannot be. {meant}".strip()
        )


def compare_with_blank(
    name: str, blank: Any, filled: Any, path: tuple[str, ...] = ()
) -> Iterator[PackageFinding]:
    """Yield where a form differs from its blank in something that is no open field."""
    if name == model.SCS_REPORT:
        yield from _compare_exactly(name, blank, filled, path)
    elif isinstance(blank, dict) and isinstance(filled, dict):
        if path[-1:] == (QUESTIONS,):
            yield from _compare_questions(name, blank, filled, path)
        for key, value in blank.items():
            if key in filled:
                yield from compare_with_blank(name, value, filled[key], (*path, str(key)))
    elif isinstance(blank, list) and blank and isinstance(blank[0], dict):
        yield from _compare_entries(name, blank, filled, path)
    elif blank is not None and blank != [] and blank != filled and filled is not None:
        yield wrong_finding(
            name,
            f"{_join_path(path)} is {describe_value(filled)}, "
            f"the bundle says {describe_value(blank)}.",
        )


def _compare_exactly(
    name: str, blank: Any, filled: Any, path: tuple[str, ...]
) -> Iterator[PackageFinding]:
    """Hold a report in which one field alone is open: nothing may be more or less."""
    if not isinstance(blank, dict) or not isinstance(filled, dict):
        if blank != filled:
            yield wrong_finding(
                name,
                f"{_join_path(path)} is {describe_value(filled)}, "
                f"the bundle says {describe_value(blank)}.",
            )
        return
    for key in (*blank, *(key for key in filled if key not in blank)):
        way = (*path, str(key))
        if way == (SUBJECT,):
            continue
        if key not in filled:
            yield wrong_finding(name, f"{_join_path(way)} is missing, the bundle has it.")
        elif key not in blank:
            yield wrong_finding(name, f"{_join_path(way)} is in no result of the bundle.")
        else:
            yield from _compare_exactly(name, blank[key], filled[key], way)


def _compare_questions(
    name: str, blank: Any, filled: Any, path: tuple[str, ...]
) -> Iterator[PackageFinding]:
    lacking = [key for key in blank if key not in filled]
    if lacking:
        yield open_finding(name, f"{_join_path(path)} lacks {', '.join(lacking)}.", len(lacking))
    for key in filled:
        if key not in blank:
            yield wrong_finding(
                name, f"{_join_path(path)} has {describe_value(key)}, the guideline does not."
            )


def _compare_entries(
    name: str, blank: Any, filled: Any, path: tuple[str, ...]
) -> Iterator[PackageFinding]:
    """Hold entries of a list together by their first field."""
    if not isinstance(filled, list):
        return
    key = next(iter(blank[0]))
    there: dict[str, Any] = {}
    for entry in filled:
        label = str(entry.get(key)) if isinstance(entry, dict) else ""
        if label in there:
            yield wrong_finding(name, f"{_join_path(path)} has {clean_line(label, 200)} twice.")
        there.setdefault(label, entry)
    for entry in blank:
        label = str(entry[key])
        if label in there:
            yield from compare_with_blank(name, entry, there.pop(label), (*path, label))
        else:
            yield open_finding(
                name, f"{_join_path(path)} lacks the {key} {clean_line(label, 200)}."
            )
    for label in there:
        if label:
            yield wrong_finding(
                name,
                f"{_join_path(path)} has the {key} {clean_line(label, 200)}, the bundle does not.",
            )


def _join_path(path: tuple[str, ...]) -> str:
    return clean_line(".".join(path), 300)


def describe_location(path: Iterable[Any], root: Any) -> str:
    """Return the way to a field of `root`, as projects.nova.version; empty for the whole.

    An entry of a list is called by its first field.
    """
    words = []
    for part in path:
        root = root[part]
        first = next(iter(root.values()), None) if isinstance(root, dict) else None
        named = isinstance(part, int) and isinstance(first, str) and first.strip()
        number = part + 1 if isinstance(part, int) else part
        words.append(clean_line(str(first if named else number), 200))
    return ".".join(words)


def describe_value(value: Any) -> str:
    """Return a value as a person would recognise it."""
    if isinstance(value, Mapping):
        return "fields with values"
    return clean_line(json.dumps(value, ensure_ascii=False, default=str), 120)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, int | float | bool)


def _as_list(rule: Any) -> list[str]:
    return [rule] if isinstance(rule, str) else list(rule)
