"""The comparison as one HTML page that needs nothing beside itself."""

from defcheck.report.comparison.reading import apart, changes
from defcheck.report.document import Document
from defcheck.report.pages import template
from defcheck.report.written import SIGNS


def render(document: Document) -> str:
    """Return the page; everything that comes from outside is cleaned and escaped."""
    return template("comparison.html").render(
        doc=document, apart=apart(document), changes=changes(document), signs=SIGNS
    )
