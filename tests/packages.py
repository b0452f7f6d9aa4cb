"""Forms of a submission package, filled in as a vendor would."""

import re
from collections.abc import Sequence
from pathlib import Path

Edits = Sequence[tuple[str, str]]
"""Patterns and what each of their places is replaced by."""

ANSWERS: dict[str, Edits] = {
    "system.yaml": (
        (r"^organisation:$", "organisation: Example Clouds"),
        (r"^  name:$", "  name: A. Reviewer"),
        (r"^  email:$", "  email: interop@example.org"),
        (r"^  version:$", '  version: "4.2"'),
        (r"^  kind:$", "  kind: public cloud"),
        (r"^openstack_release:$", 'openstack_release: "2026.1"'),
        (r"^deployment:$", "deployment: |\n  By our own installer.\n  Nothing was changed."),
        (r"^  nodes:.*$", "  nodes: 3"),
        (r"^  description:$", "  description: x86 servers"),
        (r"^set_up_for_tests:$", "set_up_for_tests: none"),
        (r"^    version:$", "    version: 33.0.0"),
        (r"^    back_end:$", "    back_end: Ceph"),
    ),
    "designated-sections.yaml": (
        (r"^    version:$", "    version: 33.0.0"),
        (r"^    in_use:$", "    in_use: true"),
        (r"^    changed:$", "    changed: none"),
        (r"^    replaced:$", "    replaced: none"),
        (r'^(      "[^"]+":)$', r"\1 true"),
    ),
    "additional-properties.yaml": ((r"^additional_properties:$", "additional_properties: false"),),
    "flag-requests.yaml": (
        (r"request: .*$", "request: true"),
        (r"code: .*$", "code: D401"),
        (r"date: .*$", "date: 2026-11-25"),
        (r"bug: .*$", "bug: https://bugs.example.org/1"),
        (r"reason: .*$", "reason: The test wants a tape robot."),
        (r"action: .*$", "action: Take the flag away once the bug is mended."),
    ),
    "scs-report.yaml": ((r"^subject:$", "subject: example-cloud"),),
}


def filled(name: str, text: str) -> str:
    """Return a form with an answer to every question; raise where it does not ask one."""
    for pattern, answer in ANSWERS[name]:
        text, count = re.subn(pattern, answer, text, flags=re.MULTILINE)
        assert count, f"{name} does not ask {pattern}"
    return text


def fill(folder: Path) -> None:
    """Fill in every form of a package."""
    for name in ANSWERS:
        path = folder / name
        if path.exists():
            path.write_text(filled(name, path.read_text(encoding="utf-8")), encoding="utf-8")


def edit(path: Path, pattern: str, words: str, count: int = 1) -> None:
    """Change the first places in a file that look like a pattern, which has to be there."""
    text, found = re.subn(pattern, words, path.read_text(encoding="utf-8"), count=count, flags=re.M)
    assert found, f"{path.name} has no {pattern}"
    path.write_text(text, encoding="utf-8")
