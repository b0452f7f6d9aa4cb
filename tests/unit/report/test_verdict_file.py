"""Markdown and reStructuredText say the verdict, and show hostile text as text."""

import io
from typing import Any

import pytest
from docutils import nodes
from docutils.core import publish_doctree
from markdown_it import MarkdownIt

from defcheck.report.causes import group_causes
from defcheck.report.formats import markup
from defcheck.results.models import Event, Outcome
from tests.unit.report.conftest import build_document
from tests.unit.report.test_guideline_render import HOSTILE

Document = dict[str, Any]
FOLDS = ("<details>", "<summary>", "</details>", "</summary>")


def html_of(document: Document) -> str:
    """Return what a forge makes of the Markdown, without our own folds."""
    text: str = (
        MarkdownIt("commonmark", {"html": True})
        .enable("table")
        .render(markup.render_verdict_markdown(document))
    )
    for fold in FOLDS:
        text = text.replace(fold, "")
    return text


def tree_of(document: Document) -> tuple[nodes.document, str]:
    warnings = io.StringIO()
    tree = publish_doctree(
        markup.render_verdict_rst(document),
        settings_overrides={"warning_stream": warnings, "report_level": 1, "halt_level": 5},
    )
    return tree, warnings.getvalue()


def saying(text: str) -> Document:
    return build_document(
        Event("m.A.test_put", Outcome.FAILED, text),
        Event("m.A.test_odd", Outcome.SKIPPED, text),
        problems=(text,),
    )


def test_markdown_has_the_verdict_the_counts_and_the_reasons(mixed: Document) -> None:
    text = markup.render_verdict_markdown(mixed)
    assert text.startswith("# ✗ FAIL: OpenStack Powered Storage, guideline 2031.01\n")
    assert "| counted tests | 1 of 3 | 1 | 1 |" in text
    assert "✗ **1 failed**: Error\\: 500" in text
    assert "a damaged packet was skipped" in text


def test_rst_has_the_verdict_the_counts_and_the_reasons(mixed: Document) -> None:
    tree, warnings = tree_of(mixed)
    assert warnings == ""
    text = tree.astext()
    assert "FAIL: OpenStack Powered Storage, guideline 2031.01" in text
    assert "Error: 500" in text
    assert [row.astext().split() for row in tree.findall(nodes.row)][1] == [
        *("counted", "tests"),
        *("1", "of", "3", "1", "1"),
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_makes_nothing_of_hostile_text(text: str) -> None:
    html = html_of(saying(text))
    for tag in ("<script", "<img", "<a ", "<b>", "<em>", "<hr", "<blockquote", 'onmouseover="'):
        assert tag not in html
    assert html.count("<h2") == html_of(saying("plain")).count("<h2")
    assert "\x1b" not in html
    assert "\u202e" not in html


@pytest.mark.parametrize("text", HOSTILE)
def test_rst_makes_nothing_of_hostile_text(text: str) -> None:
    tree, warnings = tree_of(saying(text))
    assert warnings == ""
    for kind in (nodes.raw, nodes.image, nodes.reference, nodes.emphasis, nodes.block_quote):
        assert not list(tree.findall(kind))
    assert len(list(tree.findall(nodes.section))) == len(
        list(tree_of(saying("plain"))[0].findall(nodes.section))
    )


def test_a_long_list_is_cut_and_says_so(mixed: Document) -> None:
    item = next(one for one in mixed["capabilities"] if one["name"] == "put")
    item["tests"] = [{**item["tests"][0], "name": f"m.A.test_put_{n}"} for n in range(60)]
    mixed["causes"] = group_causes(mixed["capabilities"])
    for text in (markup.render_verdict_markdown(mixed), markup.render_verdict_rst(mixed)):
        assert text.count("m.A.test_put_") == 50
        assert "- and 10 more" in text


def test_commands_in_advice_are_shown_as_such(mixed: Document) -> None:
    mixed["causes"][0]["advice"] = "Try `defcheck resume` *now*, or not."
    assert "→ Try `defcheck resume` \\*now\\*, or not.\n" in markup.render_verdict_markdown(mixed)
    tree, warnings = tree_of(mixed)
    assert warnings == ""
    assert "defcheck resume" in [one.astext() for one in tree.findall(nodes.literal)]
    mixed["causes"][0]["advice"] = "One ` alone"
    assert "→ One \\` alone\n" in markup.render_verdict_markdown(mixed)
