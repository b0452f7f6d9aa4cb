"""The gate as Markdown, for GitHub's and GitLab's summaries of a job."""

from defcheck.report.document import Document
from defcheck.report.markup import markup, tidy
from defcheck.report.written import MOST

SIGNS = {"open": "✓", "closed": "✗", "unclear": "○"}


def render(document: Document) -> str:
    """Return the summary."""
    template = markup().get_template("gate.md")
    return tidy(template.render(doc=document, signs=SIGNS, most=MOST))
