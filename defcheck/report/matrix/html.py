"""The matrix as one HTML page that needs nothing beside itself."""

from defcheck.report.document import Document
from defcheck.report.matrix.tables import merged, tables
from defcheck.report.pages import template


def render(document: Document) -> str:
    """Return the page; everything that comes from outside is cleaned and escaped."""
    return template("matrix.html").render(doc=document, tables=tables(document), merged=merged)
