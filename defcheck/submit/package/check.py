"""Check a package: whether it is complete, and whether it fits the bundle in it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from defcheck import __version__
from defcheck.errors import InputError
from defcheck.guideline.days import is_day
from defcheck.submit import bundle
from defcheck.submit.archive import unpack
from defcheck.submit.package import content, flags, form, make, scs
from defcheck.submit.package.facts import Facts
from defcheck.submit.package.remarks import Kind, Remark, note, right, still_open, wrong
from defcheck.submit.verify import Proof, Score, verify


def check(
    files: Mapping[str, bytes], allowed: Path | None, score: Score, *, sealed: bool = False
) -> list[Remark]:
    """Return what is right, open and wrong in the files of a package, by name.

    `allowed` names the signers whose bundles count. Raises `InputError` where a
    form cannot be read at all.
    """
    filled = {name: form.read(name, files[name]) for name in content.FORMS if name in files}
    found, facts = _bundle(files[content.BUNDLE], allowed, score)
    if facts is None:
        return found + [one for name in filled for one in form.look(name, filled[name])]
    expected = make.make(facts, files[content.BUNDLE])
    found += _files(files, expected, facts, sealed)
    asked = {name: filled[name] for name in make.forms(facts) if name in filled}
    said = []
    for name, value in asked.items():
        looked = list(form.look(name, value))
        held = form.hold(name, form.read(name, expected[name]), value)
        remarks = looked + [one for one in held if one not in looked]
        said += remarks or [right(name, "is filled in.")]
    if not _stop(said):
        said += _sense(facts, asked)
        if sealed and not _stop(said):
            said += _derived(files, facts, asked)
    return found + said


def _stop(remarks: list[Remark]) -> bool:
    """Return whether forms cannot be looked at any further."""
    return any(one.kind in (Kind.OPEN, Kind.WRONG) for one in remarks)


def derived(facts: Facts, filled: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files of a sealed package that follow from its forms."""
    asked = flags.asked(filled[content.FLAGS]) if content.FLAGS in filled else []
    return {content.GUIDELINE_FLAGS: flags.for_guideline(facts, asked)} if asked else {}


def seal(files: Mapping[str, bytes], score: Score) -> dict[str, bytes]:
    """Return the files of a complete package, with those that follow from its forms."""
    facts = Facts.of(unpack(files[content.BUNDLE], bundle.FILES), score)
    names = make.forms(facts)
    filled = {name: form.read(name, files[name]) for name in names}
    kept = (content.BUNDLE, content.REPORT, content.README, *names)
    return {name: files[name] for name in kept} | derived(facts, filled)


def _bundle(data: bytes, allowed: Path | None, score: Score) -> tuple[list[Remark], Facts | None]:
    """Return what the checks of the bundle say, and its facts where it stood them."""
    name = content.BUNDLE
    try:
        findings = verify(data, allowed, score)
    except InputError as error:
        return [wrong(name, error.message)], None
    bad = [wrong(name, one.text) for one in findings if one.proof is Proof.WRONG]
    if bad:
        return bad, None
    facts = Facts.of(unpack(data, bundle.FILES), score)
    count = sum(one.proof is Proof.PROVED for one in findings)
    verdict = facts.document["verdict"]
    return [
        right(name, f"stands its {count} checks; the verdict is {verdict}."),
        *(note(name, f"Not proved: {one.text}") for one in findings if one.proof is Proof.OPEN),
    ], facts


def _files(
    files: Mapping[str, bytes], expected: Mapping[str, bytes], facts: Facts, sealed: bool
) -> Iterator[Remark]:
    """Yield which files lack, are of another run, or are not as defcheck wrote them."""
    for name in sorted(expected.keys() - files.keys()):
        yield still_open(name, "is missing.")
    for name in (*content.FORMS, content.GUIDELINE_FLAGS):
        if name in files and name not in expected and (name in content.FORMS or not sealed):
            yield wrong(name, "does not belong to a package of this run.")
    for name in (content.REPORT, content.README):
        if name not in files:
            continue
        if files[name] == expected[name]:
            yield right(name, "is what defcheck makes of the bundle.")
        elif facts.made_by == __version__ or _headline(files[name]) != _headline(expected[name]):
            yield wrong(name, "is not what defcheck makes of the bundle.")
        else:
            yield note(
                name,
                f"Not proved: it is by defcheck {facts.made_by}, this is {__version__}, and only "
                "its headline was looked at.",
            )


def _headline(page: bytes) -> list[bytes]:
    """Return the lines of a report or README that state the verdict, whichever version made it."""
    return [
        line.strip()
        for line in page.splitlines()
        if re.match(rb"\s*(<title>|<h1>.*</svg> )?(PASS|FAIL|INCOMPLETE)\b", line)
    ]


def _sense(facts: Facts, filled: Mapping[str, Any]) -> Iterator[Remark]:
    """Yield what complete forms say that cannot be, and what a reader has to know of them."""
    if content.SECTIONS in filled:
        yield from _sections(filled[content.SECTIONS])
    if content.PROPERTIES in filled:
        yield from _properties(facts, filled[content.PROPERTIES])
    if content.FLAGS in filled:
        yield from _flags(facts, filled[content.FLAGS])
    if content.SCS_REPORT in filled and not facts.names_replaced:
        yield note(content.SCS_REPORT, scs.PUBLIC)
    if facts.document["verdict"] != "pass" and content.FLAGS not in filled:
        yield note(content.BUNDLE, "The verdict is no pass.")


def _sections(filled: Any) -> Iterator[Remark]:
    for project in filled["projects"]:
        unused = [name for name, used in project.get(form.QUESTIONS, {}).items() if not used]
        if project["in_use"] and unused:
            yield wrong(
                content.SECTIONS,
                f"projects.{project['project']}: in_use is true, and false of {', '.join(unused)}.",
            )
        elif not project["in_use"]:
            yield note(
                content.SECTIONS,
                f"{project['project']}: designated code is not in use, and the guideline asks "
                "for it.",
            )


def _properties(facts: Facts, filled: Any) -> Iterator[Remark]:
    tests = facts.over_properties
    if tests and not filled["additional_properties"]:
        yield wrong(
            content.PROPERTIES,
            f"additional_properties is false, and in the bundle {len(tests)} failed over "
            f"additional properties, such as {tests[0]}.",
        )
    elif filled["additional_properties"]:
        yield note(content.PROPERTIES, "Answers hold additional properties.")


def _flags(facts: Facts, filled: Any) -> Iterator[Remark]:
    asked = flags.asked(filled)
    for flag in asked:
        if not is_day(flag["date"]):
            yield wrong(
                content.FLAGS,
                f"flags.{flag['test']}.date is {flag['date']}, which is no day of the calendar.",
            )
    lacking = len(facts.without_pass)
    words = f"{lacking} demanded tests have no pass, for {len(asked)} a flag is asked for."
    if asked:
        words += f" Were all granted, the verdict would be {flags.granted(facts, asked)}."
    yield note(content.FLAGS, words)


def _derived(
    files: Mapping[str, bytes], facts: Facts, filled: Mapping[str, Any]
) -> Iterator[Remark]:
    """Yield whether the files that follow from the forms do."""
    expected = derived(facts, filled)
    name = content.GUIDELINE_FLAGS
    if files.get(name) != expected.get(name):
        yield wrong(name, f"does not follow from {content.FLAGS}.")
    elif name in expected:
        yield right(name, f"follows from {content.FLAGS}.")
