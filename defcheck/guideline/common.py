"""What all schemas write alike: tests, flags, sections, criteria."""

import re

from defcheck.guideline.fields import Fields
from defcheck.guideline.model import Capability, Criterion, Flag, Listing, Section, Status, Test

_CODE = re.compile(r"^\[?(D\d{3})\]?\b")
REFERENCE = re.compile(r"https?://[^\s,;]+[^\s,;.]|\b[0-9a-f]{40}\b|(?<=\bid )\d{6,}\b")


def read_flag(fields: Fields) -> Flag:
    """Read a flag; the reason code stands in brackets, bare, or not at all."""
    reason = fields.text("reason")
    code = _CODE.match(reason)
    return Flag(
        code=code.group(1) if code else "",
        date=fields.text("date"),
        references=tuple(REFERENCE.findall(reason)),
        reason=reason,
        action=fields.text("action"),
    )


def read_test(name: str, fields: Fields) -> Test:
    """Read one test of schema 1.3 or later."""
    flag = None
    if "flagged" in fields:
        if not fields.raw("flagged"):
            raise fields.wrong("flagged", "an object that says why", fields.raw("flagged"))
        flag = read_flag(fields.section("flagged"))
    return Test(
        name=name,
        idempotent_id=fields.text("idempotent_id"),
        aliases=fields.names("aliases"),
        flag=flag,
    )


def read_capability(name: str, fields: Fields) -> Capability:
    """Read a capability, tolerating the misspellings of published files."""
    if isinstance(fields.raw("tests"), list):
        flagged = set(fields.names("flagged"))
        tests = tuple(
            Test(name=test, flag=Flag() if test in flagged else None)
            for test in fields.names("tests")
        )
    else:
        tests = tuple(read_test(test, body) for test, body in fields.sections("tests"))
    return Capability(
        name=name,
        tests=tests,
        description=fields.text(fields.first("description", "descriptin")),
        project=fields.text("project"),
        admin=fields.truth("admin"),
        required_since=fields.text(fields.first("required_since", "required-since")),
        achievements=fields.names(fields.first("achievements", "acheivements")),
    )


def read_listings(fields: Fields) -> tuple[Listing, ...]:
    """Read a component's lists of capabilities, in file order.

    A status that is not known is refused: its capabilities would be lost.
    """
    known = {status.value: status for status in Status}
    for key in fields:
        if key not in known:
            raise fields.unknown(key, known)
    return tuple(Listing(known[key], fields.names(key)) for key in fields)


def read_sections(fields: Fields) -> tuple[Section, ...]:
    """Read a project's designated sections; informational ones are an empty list."""
    if isinstance(fields.raw("sections"), list):
        return tuple(Section(name, designated=True) for name in fields.names("sections"))
    return tuple(
        Section(
            name=name,
            designated=body.truth("designated"),
            description=body.text("description"),
            comment=body.text("comment"),
        )
        for name, body in fields.sections("sections")
    )


def read_criteria(fields: Fields) -> tuple[Criterion, ...]:
    """Read the scoring criteria."""
    return tuple(
        Criterion(
            key=key,
            weight=body.number("weight") or 0,
            name=body.text("name"),
            description=body.text(body.first("description", "Description")),
        )
        for key, body in fields.sections("criteria")
    )
