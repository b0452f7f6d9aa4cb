"""The formats that documents can be written in."""

import importlib
from typing import Any

from defcheck.errors import InputError
from defcheck.report.document import Document

VERDICT = {
    "text": "defcheck.report.text",
    "json": "defcheck.report.json_report",
    "html": "defcheck.report.html",
}
"""Name to module; each has `render(document) -> str`."""

MATRIX = {
    "text": "defcheck.report.matrix.text",
    "json": "defcheck.report.json_report",
    "html": "defcheck.report.matrix.html",
}

EXPLANATION = {
    "text": "defcheck.report.explanation.text",
    "json": "defcheck.report.json_report",
}

CLEANUP = {
    "text": "defcheck.report.cleanup.text",
    "json": "defcheck.report.json_report",
}

FORMATS = VERDICT
"""The names that users know of a verdict's formats; a matrix has them all too."""

WRITERS = {
    "defcheck verdict 1": VERDICT,
    "defcheck matrix 1": MATRIX,
    "defcheck explanation 1": EXPLANATION,
    "defcheck cleanup 1": CLEANUP,
}
"""The format that a document states to its writers."""


def render(name: str, document: Document, **options: Any) -> str:
    """Return the document in the format called `name`; `text` takes width and color."""
    if name not in FORMATS:
        raise InputError(f"There is no format {name}.", f"Known are {', '.join(FORMATS)}.")
    module = importlib.import_module(WRITERS[document["format"]][name])
    return str(module.render(document, **options))
