"""Markdown and reStructuredText: the verdict, the comparison, the gate."""

from defcheck.report.models.comparison import (
    describe_comparison,
    has_refstack_answers,
    list_damaged_results,
    list_differing_capabilities,
    list_titled_changes,
)
from defcheck.report.models.verdict_report import Document
from defcheck.report.templates import load_markup_environment, tidy_blank_lines
from defcheck.report.verdict_summary import (
    build_template_context,
    describe_cause,
    list_allowed_skips,
    list_blocking_causes,
)

SIGNS = {"pass": "✓", "fail": "✗", "incomplete": "○", "flagged": "⚑", "untested": "∅"}
"""The sign beside each word, so that a table is taken in at a glance."""

MAX_LISTED = 50
"""Tests named for one reason; every test is in the JSON and CSV formats."""


def render_verdict_template(template: str, document: Document) -> str:
    """Return the verdict by one of the templates of reports/templates."""
    text = (
        load_markup_environment()
        .get_template(template)
        .render(
            build_template_context(document),
            signs=SIGNS,
            most=MAX_LISTED,
            causes=list_blocking_causes(document),
            said=describe_cause,
            allowed=list_allowed_skips(document),
        )
    )
    return tidy_blank_lines(text)


def render_verdict_markdown(document: Document) -> str:
    """Return the summary; long lists are folded where the reader knows `details`."""
    return render_verdict_template("report.md", document)


def render_verdict_rst(document: Document) -> str:
    """Return the summary."""
    return render_verdict_template("report.rst", document)


def render_comparison_markdown(document: Document) -> str:
    """Return the summary."""
    text = (
        load_markup_environment()
        .get_template("comparison.md")
        .render(
            doc=document,
            lead=describe_comparison(document),
            apart=list_differing_capabilities(document),
            changes=list_titled_changes(document),
            answers=has_refstack_answers(document),
            not_whole=list_damaged_results(document),
            signs=SIGNS,
            most=MAX_LISTED,
        )
    )
    return tidy_blank_lines(text)


GATE_SIGNS = {"open": "✓", "closed": "✗", "unclear": "○"}


def render_gate_markdown(document: Document) -> str:
    """Return the summary."""
    template = load_markup_environment().get_template("gate.md")
    return tidy_blank_lines(template.render(doc=document, signs=GATE_SIGNS, most=MAX_LISTED))
