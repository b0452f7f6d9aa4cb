"""The verdict as reStructuredText, for documentation made with docutils or Sphinx."""

from defcheck.report.document import Document
from defcheck.report.written import write


def render(document: Document) -> str:
    """Return the summary."""
    return write("report.rst", document)
