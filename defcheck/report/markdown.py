"""The verdict as Markdown, for GitHub's and GitLab's summaries of a job."""

from defcheck.report.document import Document
from defcheck.report.written import write


def render(document: Document) -> str:
    """Return the summary; long lists are folded where the reader knows `details`."""
    return write("report.md", document)
