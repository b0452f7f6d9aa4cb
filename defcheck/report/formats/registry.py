"""The output formats of each kind of document, and rendering by format name."""

import importlib
import json
from collections.abc import Callable
from typing import Any

from defcheck.errors import InputError
from defcheck.report.models.verdict_report import Document


def render_json(document: Document) -> str:
    """Return the whole document."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


VERDICT_FORMATS = {
    "text": "text:render_verdict_text",
    "json": "registry:render_json",
    "html": "html:render_verdict_html",
    "markdown": "markup:render_verdict_markdown",
    "rst": "markup:render_verdict_rst",
    "junit": "junit:render_verdict_junit",
    "csv": "csv_table:render_verdict_csv",
}
"""Format to the `module:function` here that renders it: `(document, **options) -> str`."""

MATRIX_FORMATS = {
    "text": "comparison_text:render_matrix_text",
    "json": "registry:render_json",
    "html": "html:render_matrix_html",
}

EXPLANATION_FORMATS = {
    "text": "explanation_text:render_explanation_text",
    "json": "registry:render_json",
}

CLEANUP_FORMATS = {
    "text": "cloud_text:render_cleanup_text",
    "json": "registry:render_json",
}

COMPARISON_FORMATS = {
    "text": "comparison_text:render_comparison_text",
    "json": "registry:render_json",
    "html": "html:render_comparison_html",
    "markdown": "markup:render_comparison_markdown",
    "csv": "csv_table:render_comparison_csv",
}

GATE_FORMATS = {
    "text": "comparison_text:render_gate_text",
    "json": "registry:render_json",
    "markdown": "markup:render_gate_markdown",
}

FORMATS_OF_DOCUMENT = {
    "defcheck verdict 1": VERDICT_FORMATS,
    "defcheck matrix 1": MATRIX_FORMATS,
    "defcheck comparison 1": COMPARISON_FORMATS,
    "defcheck gate 1": GATE_FORMATS,
    "defcheck explanation 1": EXPLANATION_FORMATS,
    "defcheck cleanup 1": CLEANUP_FORMATS,
}
"""The format that a document states to its writers."""


SUMMARY_OF_DOCUMENT = {
    "defcheck verdict 1": "text:summarize_verdict",
    "defcheck comparison 1": "comparison_text:summarize_comparison",
    "defcheck gate 1": "comparison_text:summarize_gate",
    "defcheck cleanup 1": "cloud_text:summarize_cleanup",
}
"""The format that a document states to the `module:function` that says it in one line."""


def summarize_document(document: Document) -> str:
    """Return a document in one line; empty where its kind has none."""
    if document["format"] not in SUMMARY_OF_DOCUMENT:
        return ""
    return str(_load_function(SUMMARY_OF_DOCUMENT[document["format"]])(document))


def render_document(name: str, document: Document, **options: Any) -> str:
    """Return the document in the format called `name`.

    `text` takes width, color and verbose, and of a verdict run_path.
    """
    known = FORMATS_OF_DOCUMENT[document["format"]]
    if name not in known:
        raise InputError(f"Unknown format: {name}.", f"Available: {', '.join(known)}.")
    return str(_load_function(known[name])(document, **options))


def _load_function(target: str) -> Callable[..., Any]:
    """Return the function that `module:function` names, in this package.

    A renderer is imported only when it is used: some need Jinja.
    """
    module, _, name = target.partition(":")
    function: Callable[..., Any] = getattr(importlib.import_module(f"{__package__}.{module}"), name)
    return function
