"""The verdict as one HTML page that needs nothing beside itself."""

from defcheck.report.document import Document
from defcheck.report.grouping import allowed_skips, by_component, disagreeing, without_pass
from defcheck.report.leftbehind import headline
from defcheck.report.pages import template

STATUSES = ("required", "advisory", "deprecated", "removed")


def render(document: Document, label: str = "") -> str:
    """Return the page; everything that comes from outside is cleaned and escaped.

    A `label` says above everything else what the page is and is not.
    """
    return template("report.html").render(
        doc=document,
        label=label,
        groups=without_pass(document),
        allowed=allowed_skips(document),
        reruns=disagreeing(document),
        left_behind=headline(document),
        components=by_component(document),
        sections=_by_status(document),
    )


def _by_status(document: Document) -> dict[str, list[Document]]:
    found = {
        status: [item for item in document["capabilities"] if item["status"] == status]
        for status in STATUSES
    }
    return {status: items for status, items in found.items() if items}
