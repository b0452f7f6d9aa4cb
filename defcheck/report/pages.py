"""The templates of reports/templates; in HTML everything from outside is cleaned and escaped."""

from functools import cache
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined, Template
from markupsafe import Markup

from defcheck.report.clean import clean


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
