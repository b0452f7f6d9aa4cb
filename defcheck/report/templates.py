"""Jinja templates, and escaping for each language that they write."""

import base64
import hashlib
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined, Template
from markupsafe import Markup

from defcheck.util.text import clean_line, clean_text

MAX_LENGTH = 2000
"""Characters of a text that are shown."""

NO_NAME = "(no name)"

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 .,:/=+%#()\[\]_-]*[A-Za-z0-9/)\]_])?")
"""Text that both markups show unchanged between backticks."""

_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>&|~#$!@^:]")
_RST = re.compile(r"[\\`*_{}\[\]<>|#:@^~]")
_BLOCK = re.compile(r"(?:[^\w\s]|\w+[.)])")
"""How a line begins that reStructuredText may take for a list, a rule or a heading."""


def to_single_line(text: object) -> str:
    """Return a text on one line, without control characters."""
    return clean_line(str(text), MAX_LENGTH)


def escape_markdown(text: object) -> str:
    """Return text that Markdown shows unchanged within a line."""
    return _MARKDOWN.sub(r"\\\g<0>", to_single_line(text))


def escape_markdown_line(text: object) -> str:
    """Return text that Markdown shows unchanged at the beginning of a line; never empty."""
    escaped = escape_markdown(text) or NO_NAME
    if number := re.match(r"\d+(?=[.)])", escaped):
        return f"{number[0]}\\{escaped[number.end() :]}"
    return f"\\{escaped}" if escaped[:1] in ("-", "+", "=") else escaped


def format_markdown_code(text: object) -> str:
    """Return a name as inline code if that is safe, else as text."""
    plain = to_single_line(text)
    return f"`{plain}`" if _PLAIN.fullmatch(plain) else escape_markdown_line(plain)


def escape_markdown_advice(text: object) -> str:
    """Return defcheck's own advice; text between backticks becomes inline code."""
    return _escape_advice(text, _MARKDOWN, format_markdown_code)


def escape_rst_advice(text: object) -> str:
    """Return defcheck's own advice; text between backticks becomes inline code."""
    return _escape_advice(text, _RST, format_rst_literal)


def _escape_advice(text: object, special: re.Pattern[str], code: Callable[[str], str]) -> str:
    pieces = to_single_line(text).split("`")
    if len(pieces) % 2 == 0:  # unpaired backtick
        return special.sub(r"\\\g<0>", to_single_line(text))
    return "".join(
        code(piece) if number % 2 else special.sub(r"\\\g<0>", piece)
        for number, piece in enumerate(pieces)
    )


def escape_rst(text: object) -> str:
    """Return text that reStructuredText shows unchanged within a line."""
    return _RST.sub(r"\\\g<0>", to_single_line(text))


def escape_rst_line(text: object) -> str:
    """Return text that reStructuredText shows unchanged at a line's beginning; never empty."""
    # An escaped blank is not shown, and keeps the line from being a list, field or rule.
    plain = to_single_line(text) or NO_NAME
    return f"\\ {escape_rst(plain)}" if _BLOCK.match(plain) else escape_rst(plain)


def format_rst_literal(text: object) -> str:
    """Return a name as a literal if that is safe, else as text."""
    plain = to_single_line(text)
    return f"``{plain}``" if _PLAIN.fullmatch(plain) else escape_rst_line(plain)


def format_rst_heading(text: object, mark: str) -> str:
    """Return a title with its underline; the text is from the template or escaped by it."""
    title = str(text).strip()
    width = sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in title)
    return f"{title}\n{mark * max(4, width)}"


def render_page(name: str, *, styles: tuple[str, ...], script: str = "", **values: Any) -> str:
    """Render a self-contained page from a template that extends page.html.

    The files of `styles` and `script` are embedded and allowed by their hashes; the
    page allows no other style, script or download.
    """
    style = "".join(map(read_source, styles))
    code = read_source(script) if script else ""
    return load_template(name).render(
        style=Markup(style),  # noqa: S704
        script=Markup(code),  # noqa: S704
        security=build_security_policy(style, code),
        **values,
    )


def build_security_policy(style: str, script: str) -> str:
    """Return the Content-Security-Policy of a page with one style, and a script or none."""
    parts = ["default-src 'none'", f"style-src '{_hash_source(style)}'"]
    if script:
        parts.append(f"script-src '{_hash_source(script)}'")
    return "; ".join([*parts, "base-uri 'none'", "form-action 'none'"])


def _hash_source(text: str) -> str:
    """Return how a Content-Security-Policy names an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def load_template(name: str) -> Template:
    """Return an HTML template by its file's name."""
    return create_environment(html=True).get_template(name)


@cache
def read_source(name: str) -> str:
    """Return a style or script of the pages by its file's name."""
    return (files("defcheck_reports") / "templates" / name).read_text(encoding="utf-8")


def create_environment(*, html: bool) -> Environment:
    """Return all templates, for HTML or for formats that have escapes of their own."""
    folder = files("defcheck_reports") / "templates"
    return Environment(
        loader=DictLoader(
            {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
        ),
        autoescape=html,  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_clean_value if html else None,
    )


def _clean_value(value: object) -> object:
    """Clean text from outside; markup is the template's own."""
    return clean_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_BLANK_LINES = re.compile(r"\n{3,}")


@cache
def load_markup_environment() -> Environment:
    """Return all templates with the escaping filters of each markup."""
    found = create_environment(html=False)
    found.filters.update(
        line=to_single_line,
        brief=clean_line,
        md=escape_markdown,
        md_line=escape_markdown_line,
        md_code=format_markdown_code,
        md_words=escape_markdown_advice,
        rst=escape_rst,
        rst_line=escape_rst_line,
        rst_literal=format_rst_literal,
        rst_words=escape_rst_advice,
        rst_heading=format_rst_heading,
    )
    return found


def tidy_blank_lines(text: str) -> str:
    """Return the text with single blank lines between blocks."""
    return _BLANK_LINES.sub("\n\n", text).strip() + "\n"
