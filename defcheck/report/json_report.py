"""The verdict as JSON, by the schema reports/schemas/verdict-1.json."""

import json

from defcheck.report.document import Document


def render(document: Document) -> str:
    """Return the whole document."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
