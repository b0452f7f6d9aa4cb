"""The comparison as Markdown, for GitHub's and GitLab's summaries of a job."""

from defcheck.report.comparison.reading import apart, changes, has_answers, lead, not_whole
from defcheck.report.document import Document
from defcheck.report.markup import markup, tidy
from defcheck.report.written import MOST, SIGNS


def render(document: Document) -> str:
    """Return the summary."""
    text = (
        markup()
        .get_template("comparison.md")
        .render(
            doc=document,
            lead=lead(document),
            apart=apart(document),
            changes=changes(document),
            answers=has_answers(document),
            not_whole=not_whole(document),
            signs=SIGNS,
            most=MOST,
        )
    )
    return tidy(text)
