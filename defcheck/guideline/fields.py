"""Read typed fields from decoded JSON or YAML; errors name the file and the field."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from defcheck.errors import InputError
from defcheck.guideline.models import (
    Capability,
    CapabilityListing,
    Criterion,
    Flag,
    Section,
    Status,
    Test,
)
from defcheck.util.files import clip_text

NAME_LENGTH = 1000
"""Characters; the longest name in a published guideline has 160."""


class JsonFields:
    """A JSON object at a known place in a file.

    A missing field reads as empty; a field of the wrong kind is an
    `InputError` that names the file and the path to the field.
    """

    def __init__(self, value: dict[str, Any], where: str, path: str = "") -> None:
        self._value = value
        self._where = where
        self._path = path

    @classmethod
    def from_document(cls, value: Any, where: str) -> "JsonFields":
        """Wrap a whole document."""
        if not isinstance(value, dict):
            raise InputError(
                f"{where} holds {_describe_type(value)}, not a JSON object.",
                "A guideline is one JSON object with components and capabilities.",
            )
        return cls(value, where)

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def __iter__(self) -> Iterator[str]:
        return iter(self._value)

    def choose_key(self, *keys: str) -> str:
        """Return the first of several spellings that is present, else the first."""
        return next((key for key in keys if key in self._value), keys[0])

    def read_raw(self, key: str) -> Any:
        """Return the field as it stands, None where it is missing."""
        return self._value.get(key)

    def read_text(self, key: str) -> str:
        """Return a text field; a number is taken as its text."""
        value = self._value.get(key, "")
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            raise self.build_type_error(key, "text", value)
        return value

    def read_boolean(self, key: str) -> bool:
        """Return a true/false field."""
        value = self._value.get(key, False)
        if not isinstance(value, bool):
            raise self.build_type_error(key, "true or false", value)
        return value

    def read_number(self, key: str) -> int | None:
        """Return a whole number, also one written as text, or None where missing."""
        value = self._value.get(key)
        if value is None:
            return None
        try:
            return int(str(value))
        except ValueError:
            raise self.build_type_error(key, "a whole number", value) from None

    def read_name(self, key: str) -> str:
        """Return a text field that names something, and so has a bounded length."""
        return self._check_length(self.read_text(key))

    def read_names(self, key: str) -> tuple[str, ...]:
        """Return a list of texts that name something."""
        value = self._value.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.build_type_error(key, "a list of texts", value)
        return tuple(self._check_length(item) for item in value)

    def read_section(self, key: str) -> "JsonFields":
        """Return an object field."""
        value = self._value.get(key, {})
        if not isinstance(value, dict):
            raise self.build_type_error(key, "an object", value)
        return JsonFields(value, self._where, self._join_path(key))

    def read_sections(self, key: str) -> Iterator[tuple[str, "JsonFields"]]:
        """Yield the entries of an object field whose values are objects."""
        outer = self.read_section(key)
        for name in outer:
            yield self._check_length(name), outer.read_section(name)

    def read_items(self, key: str) -> Iterator["JsonFields"]:
        """Yield the entries of a list field whose values are objects."""
        value = self._value.get(key, [])
        if not isinstance(value, list):
            raise self.build_type_error(key, "a list of objects", value)
        for number, item in enumerate(value):
            if not isinstance(item, dict):
                raise self.build_type_error(f"{key}[{number}]", "an object", item)
            yield JsonFields(item, self._where, self._join_path(f"{key}[{number}]"))

    def describe_place(self, key: str) -> str:
        """Return where a field stands: the file and the path to it."""
        return f"{self._where}: {clip_text(self._join_path(key))}"

    def build_type_error(self, key: str, expected: str, value: Any) -> InputError:
        """Return the error for a field of the wrong kind."""
        return InputError(
            f"{self.describe_place(key)} must be {expected}, not {_describe_type(value)}.",
            "Mend the file, or take it from where it was published.",
        )

    def build_unknown_error(self, key: str, known: Iterable[str]) -> InputError:
        """Return the error for a field that should not be there."""
        return InputError(
            f"{self.describe_place(key)} is not known.", f"Known are {', '.join(known)}."
        )

    def _check_length(self, name: str) -> str:
        if len(name) > NAME_LENGTH:
            raise InputError(
                f"{self._where}: the name {clip_text(name)} has {len(name)} characters; "
                f"at most {NAME_LENGTH} are read.",
                "Mend the file, or take it from where it was published.",
            )
        return name

    def _join_path(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key


def _describe_type(value: Any) -> str:
    if value is None:
        return "null"
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true/false"}
    return kinds.get(type(value), "a number")


def parse_day(text: str) -> date:
    """Return the day written as 2026-02-28; raise ValueError for anything else."""
    day = date.fromisoformat(text)
    if day.isoformat() != text:  # 20260228 and 2026-W09-6 are ISO 8601 as well
        raise ValueError(f"{text!r} is not written as YYYY-MM-DD")
    return day


def is_day(text: str) -> bool:
    """Return whether `text` is a day of the calendar, as 2026-02-28."""
    try:
        parse_day(text)
    except ValueError:
        return False
    return True


_CODE = re.compile(r"^\[?(D\d{3})\]?\b")
REFERENCE = re.compile(r"https?://[^\s,;]+[^\s,;.]|\b[0-9a-f]{40}\b|(?<=\bid )\d{6,}\b")


def read_flag(fields: JsonFields) -> Flag:
    """Read a flag; the reason code stands in brackets, bare, or not at all."""
    reason = fields.read_text("reason")
    code = _CODE.match(reason)
    return Flag(
        code=code.group(1) if code else "",
        date=fields.read_text("date"),
        references=tuple(REFERENCE.findall(reason)),
        reason=reason,
        action=fields.read_text("action"),
    )


def read_test(name: str, fields: JsonFields) -> Test:
    """Read one test of schema 1.3 or later."""
    flag = None
    if "flagged" in fields:
        if not fields.read_raw("flagged"):
            raise fields.build_type_error(
                "flagged", "an object that says why", fields.read_raw("flagged")
            )
        flag = read_flag(fields.read_section("flagged"))
    return Test(
        name=name,
        idempotent_id=fields.read_text("idempotent_id"),
        aliases=fields.read_names("aliases"),
        flag=flag,
    )


def read_capability(name: str, fields: JsonFields) -> Capability:
    """Read a capability, tolerating the misspellings of published files."""
    if isinstance(fields.read_raw("tests"), list):
        flagged = set(fields.read_names("flagged"))
        tests = tuple(
            Test(name=test, flag=Flag() if test in flagged else None)
            for test in fields.read_names("tests")
        )
    else:
        tests = tuple(read_test(test, body) for test, body in fields.read_sections("tests"))
    return Capability(
        name=name,
        tests=tests,
        description=fields.read_text(fields.choose_key("description", "descriptin")),
        project=fields.read_text("project"),
        admin=fields.read_boolean("admin"),
        required_since=fields.read_text(fields.choose_key("required_since", "required-since")),
        achievements=fields.read_names(fields.choose_key("achievements", "acheivements")),
    )


def read_listings(fields: JsonFields) -> tuple[CapabilityListing, ...]:
    """Read a component's lists of capabilities, in file order.

    A status that is not known is refused: its capabilities would be lost.
    """
    known = {status.value: status for status in Status}
    for key in fields:
        if key not in known:
            raise fields.build_unknown_error(key, known)
    return tuple(CapabilityListing(known[key], fields.read_names(key)) for key in fields)


def read_sections(fields: JsonFields) -> tuple[Section, ...]:
    """Read a project's designated sections; informational ones are an empty list."""
    if isinstance(fields.read_raw("sections"), list):
        return tuple(Section(name, designated=True) for name in fields.read_names("sections"))
    return tuple(
        Section(
            name=name,
            designated=body.read_boolean("designated"),
            description=body.read_text("description"),
            comment=body.read_text("comment"),
        )
        for name, body in fields.read_sections("sections")
    )


def read_criteria(fields: JsonFields) -> tuple[Criterion, ...]:
    """Read the scoring criteria."""
    return tuple(
        Criterion(
            key=key,
            weight=body.read_number("weight") or 0,
            name=body.read_text("name"),
            description=body.read_text(body.choose_key("description", "Description")),
        )
        for key, body in fields.read_sections("criteria")
    )
