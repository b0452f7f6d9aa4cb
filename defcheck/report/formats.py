"""The formats that documents can be written in."""

import importlib
from typing import Any

from defcheck.errors import InputError
from defcheck.report.document import Document

VERDICT = {
    "text": "defcheck.report.text",
    "json": "defcheck.report.json_report",
    "html": "defcheck.report.html",
    "markdown": "defcheck.report.markdown",
    "rst": "defcheck.report.rst",
    "junit": "defcheck.report.junit",
    "csv": "defcheck.report.csv_table",
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

COMPARISON = {
    "text": "defcheck.report.comparison.text",
    "json": "defcheck.report.json_report",
    "html": "defcheck.report.comparison.html",
    "markdown": "defcheck.report.comparison.markdown",
    "csv": "defcheck.report.comparison.csv_table",
}

GATE = {
    "text": "defcheck.report.gate.text",
    "json": "defcheck.report.json_report",
    "markdown": "defcheck.report.gate.markdown",
}

WRITERS = {
    "defcheck verdict 1": VERDICT,
    "defcheck matrix 1": MATRIX,
    "defcheck comparison 1": COMPARISON,
    "defcheck gate 1": GATE,
    "defcheck explanation 1": EXPLANATION,
    "defcheck cleanup 1": CLEANUP,
}
"""The format that a document states to its writers."""


LINES = (
    *("defcheck verdict 1", "defcheck comparison 1", "defcheck gate 1"),
    "defcheck cleanup 1",
)
"""Documents whose text has a `line(document) -> str`, which says it all in one."""


def line(document: Document) -> str:
    """Return a document in one line; empty where its kind has none."""
    if document["format"] not in LINES:
        return ""
    return str(importlib.import_module(WRITERS[document["format"]]["text"]).line(document))


def render(name: str, document: Document, **options: Any) -> str:
    """Return the document in the format called `name`.

    `text` takes width, color and verbose, and of a verdict run_path.
    """
    known = WRITERS[document["format"]]
    if name not in known:
        raise InputError(f"There is no format {name}.", f"Known are {', '.join(known)}.")
    module = importlib.import_module(known[name])
    return str(module.render(document, **options))
