"""What checks of guideline files found, for people and programs."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from defcheck import __version__
from defcheck.guideline.check.finding import Finding, Severity, as_json, count, lines, summary

FORMAT = "defcheck check 1"
"""Its schema is reports/schemas/check-1.json."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One guideline file and what was found in it."""

    name: str
    """As the user named it."""

    data: bytes
    findings: tuple[Finding, ...]

    def bad(self, *, strict: bool) -> bool:
        """Return whether there is an error; where it is strict, or a warning."""
        wrong = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
        return any(one.severity in wrong for one in self.findings)


def document(
    checked: Sequence[Checked], unreadable: Sequence[tuple[str, str]], *, strict: bool
) -> dict[str, Any]:
    """Return everything JSON-ready; `unreadable` pairs names with what is wrong."""
    return {
        "format": FORMAT,
        "defcheck": __version__,
        "strict": strict,
        "files": [
            {
                "name": one.name,
                "sha256": hashlib.sha256(one.data).hexdigest(),
                "good": not one.bad(strict=strict),
                "errors": count(one.findings, Severity.ERROR),
                "warnings": count(one.findings, Severity.WARNING),
                "notes": count(one.findings, Severity.NOTE),
                "findings": as_json(one.findings),
            }
            for one in checked
        ],
        "unreadable": [{"name": name, "message": message} for name, message in unreadable],
    }


def text(checked: Sequence[Checked]) -> Iterator[str]:
    """Yield lines for a terminal: each file with its summary, then its findings."""
    for one in checked:
        yield f"{one.name}: {summary(one.findings)}"
        yield from lines(one.findings)
