"""The verdict as a text that a forge, a wiki or a mail shows: Markdown and reStructuredText."""

from defcheck.report.capabilities import describe_proved, describe_unprovable
from defcheck.report.document import Document
from defcheck.report.grouping import (
    against,
    allowed_skips,
    by_component,
    disagreeing,
    needing_accounts,
    outcomes,
    predictions,
    refstack_counts_otherwise,
    said,
)
from defcheck.report.leftbehind import headline
from defcheck.report.markup import markup, tidy

SIGNS = {"pass": "✓", "fail": "✗", "incomplete": "○", "flagged": "⚑", "untested": "∅"}
"""The sign beside each word, so that a table is taken in at a glance."""

MOST = 50
"""Tests named for one reason; every test is in the JSON and CSV formats."""


def write(template: str, document: Document) -> str:
    """Return the verdict by one of the templates of reports/templates."""
    text = (
        markup()
        .get_template(template)
        .render(
            doc=document,
            signs=SIGNS,
            most=MOST,
            causes=against(document),
            unprovable=describe_unprovable(document["counts"]["capabilities"]),
            refstack_pairs=refstack_counts_otherwise(document),
            needing_accounts=needing_accounts(document),
            proved=describe_proved,
            outcomes=outcomes,
            said=said,
            predictions=predictions(document),
            allowed=allowed_skips(document),
            reruns=disagreeing(document),
            components=by_component(document),
            left_behind=headline(document),
        )
    )
    return tidy(text)
