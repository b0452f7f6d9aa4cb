"""Reports as plain words, whatever their markup."""

import html
import re
from typing import Any

from defcheck.report.formats import registry


def plain(name: str, document: dict[str, Any]) -> str:
    """Return a report as words in one line, without its markup."""
    text = registry.render_document(name, document)
    if name == "html":
        text = re.sub(r"<(?:style|script)>.*?</(?:style|script)>", "", text, flags=re.DOTALL)
        text = html.unescape(re.sub(r"<[^>]*>", "", text))
    return " ".join(text.replace("\\", "").split())
