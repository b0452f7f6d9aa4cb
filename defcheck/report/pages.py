"""The HTML templates, with everything from outside cleaned and escaped."""

from functools import cache
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined, Template
from markupsafe import Markup

from defcheck.report.clean import clean


def template(name: str) -> Template:
    """Return a template of reports/templates by its file's name."""
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    folder = files("defcheck_reports") / "templates"
    return Environment(
        loader=DictLoader(
            {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_clean_foreign,
    )


def _clean_foreign(value: object) -> object:
    """Clean text from outside; markup is the template's own."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value
