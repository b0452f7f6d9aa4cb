"""The matrix as one HTML page that needs nothing beside itself."""

from defcheck.report.document import Document
from defcheck.report.matrix.tables import merged, tables
from defcheck.report.pages import page


def render(document: Document) -> str:
    """Return the page; everything that comes from outside is cleaned and escaped."""
    return page(
        "matrix.html",
        styles=("report.css", "matrix.css"),
        doc=document,
        tables=tables(document),
        merged=merged,
    )
