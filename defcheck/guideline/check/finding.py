"""What a check found in a guideline file, and how it is shown."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from defcheck.files import clip

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Severity(StrEnum):
    """How much a finding matters, the worst first."""

    ERROR = "error"
    """The file cannot be loaded, or it demands what it cannot mean."""

    WARNING = "warning"
    """It can be used, but breaks a rule for guidelines."""

    NOTE = "note"
    """Nothing is wrong, but something cannot be told from this file alone."""


RANK = {severity: rank for rank, severity in enumerate(Severity)}

Steps = tuple[str | int, ...]
"""The way to a place in a document: keys and numbers of list entries."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found."""

    severity: Severity
    rule: str
    """Short name of the rule, such as `flag-code`."""

    path: str
    """JSON path (RFC 9535) of the place, `$` for the whole document."""

    message: str
    """What is wrong there, in words, without the path."""


def finding(severity: Severity, rule: str, steps: Sequence[str | int], message: str) -> Finding:
    """Return a finding at a place of a document."""
    return Finding(severity, rule, json_path(steps), message)


def json_path(steps: Sequence[str | int]) -> str:
    """Return the JSON path of a place; very long keys are cut."""
    path = "$"
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            path += f".{clip(step, 300)}"
        else:
            quoted = clip(step, 300).replace("\\", "\\\\").replace("'", "\\'")
            path += f"['{quoted}']"
    return path


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings each once, the worst first, then by rule and place."""
    return tuple(
        sorted(set(findings), key=lambda one: (RANK[one.severity], one.rule, one.path, one.message))
    )


def count(findings: Iterable[Finding], severity: Severity) -> int:
    """Return how many findings have a severity."""
    return sum(one.severity is severity for one in findings)


def as_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return the findings JSON-ready."""
    return [
        {
            "severity": one.severity.value,
            "rule": one.rule,
            "path": one.path,
            "message": one.message,
        }
        for one in findings
    ]


def summary(findings: Sequence[Finding]) -> str:
    """Return how many there are of each severity, in words."""
    if not findings:
        return "nothing found"
    parts = []
    for severity in Severity:
        number = count(findings, severity)
        if number:
            parts.append(f"{number} {severity}{'s' if number > 1 else ''}")
    return ", ".join(parts)


def lines(findings: Sequence[Finding]) -> Iterable[str]:
    """Yield the findings for a terminal, those of one rule together under its name."""
    heading = None
    for one in findings:
        if (one.severity, one.rule) != heading:
            heading = (one.severity, one.rule)
            number = sum((other.severity, other.rule) == heading for other in findings)
            yield f"  {one.severity} {one.rule} ({number})"
        yield f"    {one.path} {one.message}"
