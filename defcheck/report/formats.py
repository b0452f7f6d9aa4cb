"""The formats a verdict can be written in."""

import importlib
from collections.abc import Callable
from typing import cast

from defcheck.errors import InputError
from defcheck.report.document import Document

FORMATS = {
    "text": "defcheck.report.text",
    "json": "defcheck.report.json_report",
    "html": "defcheck.report.html",
}
"""Name to module; each has `render(document) -> str`."""


def render(name: str, document: Document) -> str:
    """Return the document in the format called `name`."""
    if name not in FORMATS:
        raise InputError(f"There is no format {name}.", f"Known are {', '.join(FORMATS)}.")
    writer = cast(Callable[[Document], str], importlib.import_module(FORMATS[name]).render)
    return writer(document)
