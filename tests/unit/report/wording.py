"""Reports as plain words, whatever their markup."""

import html
import re
from typing import Any

from defcheck.report import formats


def plain(name: str, document: dict[str, Any]) -> str:
    """Return a report as words in one line, without its markup."""
    text = formats.render(name, document)
    if name == "html":
        text = re.sub(r"<(?:style|script)>.*?</(?:style|script)>", "", text, flags=re.DOTALL)
        text = html.unescape(re.sub(r"<[^>]*>", "", text))
    return " ".join(text.replace("\\", "").split())
