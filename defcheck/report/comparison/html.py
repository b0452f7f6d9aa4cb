"""The comparison as one HTML page that needs nothing beside itself."""

from defcheck.report.clean import clean_line
from defcheck.report.comparison.reading import apart, changes, has_answers, lead, not_whole
from defcheck.report.document import Document
from defcheck.report.pages import page
from defcheck.report.written import SIGNS


def render(document: Document) -> str:
    """Return the page; everything that comes from outside is cleaned and escaped."""
    return page(
        "comparison.html",
        styles=("report.css", "matrix.css"),
        doc=document,
        lead=lead(document),
        apart=apart(document),
        changes=changes(document),
        answers=has_answers(document),
        not_whole=not_whole(document),
        signs=SIGNS,
        short=clean_line,
    )
