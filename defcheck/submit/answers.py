"""What a server said, in words for a person, or as the JSON that was expected of it."""

import html
import json
import re
from typing import Any

from defcheck.errors import UnusableError
from defcheck.files import clip
from defcheck.report.clean import clean_line
from defcheck.submit.transport import Answer

_TITLE = re.compile(r"<title[^<>]*>([^<]*)", re.IGNORECASE)
_PAGE = re.compile(r"\s*<(!doctype|html|head|body)\b", re.IGNORECASE)


def document(answer: Answer) -> Any:
    """Return the decoded JSON of an answer, None where it holds none that is whole."""
    if answer.trouble:
        return None
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def words(answer: Answer) -> str:
    """Return what a server said: RefStack's title and detail, else what it sent, cut."""
    if answer.trouble:
        return f"an answer that {clean_line(answer.trouble)}"
    text = answer.body[:65536].decode("utf-8", "replace").removeprefix("\ufeff")
    found = document(answer)
    if isinstance(found, dict):
        said = [str(found[key]) for key in ("title", "detail") if found.get(key)]
        if said:
            return clean_line(": ".join(said))
    if _PAGE.match(text):
        title = _TITLE.search(text)
        named = clean_line(html.unescape(title[1]), 120) if title else ""
        return f"a web page called {named!r}" if named else "a web page"
    return clean_line(text) or "nothing"


def unexpected(answer: Answer, wanted: str, advice: str = "") -> UnusableError:
    """Return the error for an answer that is not the one that was `wanted`."""
    status = f"{answer.status} {clean_line(answer.reason, 60)}".strip()
    if answer.status >= 500:
        usual = "The server failed. Try again later, and ask its administrator if it fails again."
    else:
        usual = "If that is not a RefStack server, give the right address with --url."
    return UnusableError(
        f"{clip(answer.url)} answers {status}, not {wanted}: {words(answer).rstrip('.')}.",
        advice or usual,
    )
