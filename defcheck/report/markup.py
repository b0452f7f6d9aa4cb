"""The templates of Markdown and reStructuredText, with the escapes that those need."""

import re
from functools import cache

from jinja2 import Environment

from defcheck.report import escape
from defcheck.report.clean import clean_line
from defcheck.report.pages import environment

_BLANK_LINES = re.compile(r"\n{3,}")


@cache
def markup() -> Environment:
    """Return all templates with the filters that make text harmless in each markup."""
    found = environment(html=False)
    found.filters.update(
        line=escape.line,
        brief=clean_line,
        md=escape.markdown,
        md_line=escape.markdown_line,
        md_code=escape.markdown_code,
        md_words=escape.markdown_words,
        rst=escape.rst,
        rst_line=escape.rst_line,
        rst_literal=escape.rst_literal,
        rst_words=escape.rst_words,
        rst_heading=escape.rst_heading,
    )
    return found


def tidy(text: str) -> str:
    """Return the text with single blank lines between blocks."""
    return _BLANK_LINES.sub("\n\n", text).strip() + "\n"
