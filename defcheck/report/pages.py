"""The templates of reports/templates; in HTML everything from outside is cleaned and escaped."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined, Template
from markupsafe import Markup

from defcheck.report.clean import clean


def page(name: str, *, styles: tuple[str, ...], script: str = "", **values: Any) -> str:
    """Return a page that needs nothing beside itself, by a template that extends page.html.

    Files of `styles` and `script` are written into it and allowed by their
    hashes; the page lets nothing else style, run or load.
    """
    style = "".join(map(source, styles))
    code = source(script) if script else ""
    return template(name).render(
        style=Markup(style),  # noqa: S704
        script=Markup(code),  # noqa: S704
        security=policy(style, code),
        **values,
    )


def policy(style: str, script: str) -> str:
    """Return the Content-Security-Policy of a page with one style, and a script or none."""
    parts = ["default-src 'none'", f"style-src '{_hash(style)}'"]
    if script:
        parts.append(f"script-src '{_hash(script)}'")
    return "; ".join([*parts, "base-uri 'none'", "form-action 'none'"])


def _hash(text: str) -> str:
    """Return how a Content-Security-Policy names an inline style or script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def template(name: str) -> Template:
    """Return an HTML template by its file's name."""
    return environment(html=True).get_template(name)


@cache
def source(name: str) -> str:
    """Return a style or script of the pages by its file's name."""
    return (files("defcheck_reports") / "templates" / name).read_text(encoding="utf-8")


def environment(*, html: bool) -> Environment:
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
        finalize=_clean_foreign if html else None,
    )


def _clean_foreign(value: object) -> object:
    """Clean text from outside; markup is the template's own."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value
