"""Lint findings on a guideline file: severity, rule, place and message."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from defcheck.util.files import clip_text

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Severity(StrEnum):
    """How much a finding matters, the worst first."""

    ERROR = "error"
    """The file cannot be loaded, or what it requires makes no sense."""

    WARNING = "warning"
    """It can be used, but breaks a rule for guidelines."""

    NOTE = "note"
    """Nothing is wrong, but something cannot be told from this file alone."""


SEVERITY_RANK = {severity: rank for rank, severity in enumerate(Severity)}

Steps = tuple[str | int, ...]
"""The way to a place in a document: keys and numbers of list entries."""


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing that a check found."""

    severity: Severity
    rule: str
    """Short name of the rule, such as `flag-code`."""

    path: str
    """JSON path (RFC 9535) of the place, `$` for the whole document."""

    message: str
    """What is wrong there, in words, without the path."""


def build_finding(
    severity: Severity, rule: str, steps: Sequence[str | int], message: str
) -> LintFinding:
    """Return a finding at a place of a document."""
    return LintFinding(severity, rule, format_json_path(steps), message)


def format_json_path(steps: Sequence[str | int]) -> str:
    """Return the JSON path of a place; very long keys are cut."""
    path = "$"
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            path += f".{clip_text(step, 300)}"
        else:
            quoted = clip_text(step, 300).replace("\\", "\\\\").replace("'", "\\'")
            path += f"['{quoted}']"
    return path


def sort_findings(findings: Iterable[LintFinding]) -> tuple[LintFinding, ...]:
    """Return findings each once, the worst first, then by rule and place."""
    return tuple(
        sorted(
            set(findings),
            key=lambda one: (SEVERITY_RANK[one.severity], one.rule, one.path, one.message),
        )
    )


def count_findings(findings: Iterable[LintFinding], severity: Severity) -> int:
    """Return how many findings have a severity."""
    return sum(one.severity is severity for one in findings)


def export_findings(findings: Iterable[LintFinding]) -> list[dict[str, Any]]:
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


def summarise_findings(findings: Sequence[LintFinding]) -> str:
    """Return how many there are of each severity, in words."""
    if not findings:
        return "no findings"
    parts = []
    for severity in Severity:
        number = count_findings(findings, severity)
        if number:
            parts.append(f"{number} {severity}{'s' if number > 1 else ''}")
    return ", ".join(parts)


def render_findings(findings: Sequence[LintFinding]) -> Iterable[str]:
    """Yield the findings for a terminal, those of one rule together under its name."""
    heading = None
    for one in findings:
        if (one.severity, one.rule) != heading:
            heading = (one.severity, one.rule)
            number = sum((other.severity, other.rule) == heading for other in findings)
            yield f"  {one.severity} {one.rule} ({number})"
        yield f"    {one.path} {one.message}"
