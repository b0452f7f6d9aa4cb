"""The verdict as one HTML page that needs nothing beside itself."""

from functools import cache
from importlib.resources import files

from jinja2 import DictLoader, Environment, StrictUndefined, Template
from markupsafe import Markup

from defcheck.report.clean import clean
from defcheck.report.document import Document
from defcheck.report.grouping import allowed_skips, disagreeing, without_pass

STATUSES = ("required", "advisory", "deprecated", "removed")


def render(document: Document) -> str:
    """Return the page; everything that comes from outside is cleaned and escaped."""
    return _template().render(
        doc=document,
        groups=without_pass(document),
        allowed=allowed_skips(document),
        reruns=disagreeing(document),
        components=_map(document),
        sections=_by_status(document),
    )


@cache
def _template() -> Template:
    folder = files("defcheck_reports") / "templates"
    names = ("report.html", "report.css")
    environment = Environment(
        loader=DictLoader({name: (folder / name).read_text(encoding="utf-8") for name in names}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_clean_foreign,
    )
    return environment.get_template("report.html")


def _clean_foreign(value: object) -> object:
    """Clean text from outside; markup is the template's own."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _by_status(document: Document) -> dict[str, list[Document]]:
    found = {
        status: [item for item in document["capabilities"] if item["status"] == status]
        for status in STATUSES
    }
    return {status: items for status, items in found.items() if items}


def _map(document: Document) -> dict[str, list[Document]]:
    """Return the required capabilities by component, for the map at the top."""
    found: dict[str, list[Document]] = {}
    for item in document["capabilities"]:
        if item["status"] == "required":
            found.setdefault(item["component"], []).append(item)
    return found
