"""A guideline as one readable document: HTML, Markdown or reStructuredText."""

import re
from typing import Any

from defcheck import __version__
from defcheck.errors import InputError
from defcheck.report.clean import clean_line
from defcheck.report.guideline.document import Document
from defcheck.report.markup import markup, tidy
from defcheck.report.pages import page

TEMPLATES = {"html": "guideline.html", "markdown": "guideline.md", "rst": "guideline.rst"}
POLICIES = {
    "defcore": "A test counts as met only when it passed; a skip is no pass (DefCore).",
    "scs": "No test may fail; a skip is allowed (SCS-0128).",
}
STATUSES = {
    "required": "A cloud must have them.",
    "advisory": "Announced: expected to become required.",
    "deprecated": "Still there, expected to be removed.",
    "removed": "No longer asked for.",
}

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")


def render(name: str, document: Document) -> str:
    """Return the document in the format called `name`."""
    if name not in TEMPLATES:
        raise InputError(f"There is no format {name}.", f"Known are {', '.join(TEMPLATES)}.")
    values = {
        "doc": _without_blanks(document),
        "policies": POLICIES,
        "statuses": STATUSES,
        "version": __version__,
    }
    if name == "html":
        return page(TEMPLATES[name], styles=("guideline.css",), anchor=_anchor, **values)
    return tidy(markup().get_template(TEMPLATES[name]).render(**values))


def _without_blanks(value: Any) -> Any:
    """Return the document with nothing for texts in which there is nothing to see."""
    if isinstance(value, dict):
        return {key: _without_blanks(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_blanks(item) for item in value]
    if isinstance(value, str):
        seen = value.isprintable() and not value.isspace()
        return value if seen or clean_line(value) else ""
    return value


def _anchor(name: str, prefix: str) -> str:
    """Return a fragment for a name; one that is no plain word gets its code points."""
    if _NAME.fullmatch(name):
        return f"{prefix}-{name}"
    return f"{prefix}-x" + "-".join(f"{ord(letter):x}" for letter in name[:60])
