"""A guideline as a document: everything is there, and nothing hostile gets through."""

import io
import re
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from docutils import nodes
from docutils.core import publish_doctree
from markdown_it import MarkdownIt

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.models import Guideline
from defcheck.guideline.selection import find_target
from defcheck.report.formats.guideline import TEMPLATES, render_guideline
from defcheck.report.models.guideline import build_guideline_document
from tests.unit.shared import load

VOID = {"meta", "br"}
HOSTILE = (
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "<img src=x onerror=alert(1)>",
    "</style></title><b>",
    "{{ 7 * 7 }} {% raw %}",
    "| a | b |",
    "[x](javascript:alert(1))",
    "![x](http://x.test/y.png)",
    "<http://x.test>",
    "http://x.test/ and a@x.test",
    "&lt;b&gt; &#60;",
    "**b** __b__ *i* _i_ `c` ``c`` ~~s~~",
    "`unclosed ``twice",
    "# heading #",
    "===",
    "---",
    "- item",
    "+ item",
    "* item",
    "1. item",
    "12) item",
    "(a) item",
    "mmxviii. item",
    "#. item",
    "> quote",
    "    code",
    "```",
    "~~~",
    ".. raw:: html",
    ".. include:: /etc/passwd",
    ".. image:: http://x.test/y.png",
    "text::",
    "::",
    ":field: value",
    ":math:`x` |sub| [1]_ name_ `link <http://x.test>`_ anon__",
    ">>> print(1)",
    "| line block",
    "__ http://x.test",
    "-a option",
    "--option  value",
    "\\ \\\\ \\",
    "\x1b[31mred\x1b]0;title\x07\x9b31m",
    "\u202eevil\u2066\u200b",
    "one\ntwo\r\n\nthree\n====\n\n.. raw:: html\n\n   <b>\n",
    "",
    " ",
    "\u65e5\u672c\u8a9e",
    "e\u0301\u0301",
    "x" * 900,
)
"""What names and texts of a guideline file must not do in any of the formats."""


def hostile(text: str) -> Guideline:
    """Return a guideline with the text in every field that takes any text."""
    name = text or "(empty)"
    test = {
        "idempotent_id": text,
        "aliases": [text, name],
        "flagged": {"reason": text, "date": text, "action": text},
    }
    section = {"designated": True, "description": text, "comment": text}
    body = {"guidance": text, "comment": text, "sections": {name: section}}
    made = {
        "metadata": {
            "id": text,
            "schema": "2.0",
            "source": text,
            "scoring": {
                "criteria": {name: {"name": text, "description": text, "weight": 3}},
                "cutoff_score": 2,
            },
            "os_trademark_approval": {
                "status": text,
                "target_approval": text,
                "replaces": text,
                "releases": [text, name],
            },
        },
        "platforms": {name: {"description": text, "components": [{"name": name}]}},
        "add-ons": {
            "own": {
                "components": [{"name": "two"}],
                "required_platform_components": [{"name": name}],
            }
        },
        "components": {
            name: {
                "capabilities": {"required": [name, "bare"], "removed": ["gone" + name]},
                "designated_sections": {name: [text]},
            },
            "two": {"capabilities": {"advisory": [name]}},
        },
        "capabilities": {
            name: {
                "description": text,
                "project": text,
                "admin": True,
                "required_since": text,
                "achievements": [name, text],
                "tests": {name: test},
            },
            "bare": {"tests": {}},
            f"stray{name}": {"description": text, "tests": {f"stray{name}": test}},
        },
        "designated_sections": {name: {"required": body, name: body}},
        "test_repositories": {
            name: {"repository": text, "reference": text, "description": text},
            "plain": {"repository": "https://x.test/", "reference": text},
        },
    }
    return load(made, guideline_id=text)


def document(guideline: Guideline) -> dict[str, Any]:
    return build_guideline_document(guideline, guideline.targets, catalog.find_origin(guideline))


@cache
def harmless(form: str, *, empty: bool) -> str:
    """Return the same document with a harmless text: what its shape should be."""
    return render_guideline(form, document(hostile("" if empty else "calm")))


class Page(HTMLParser):
    """Collects what a page holds, would load or would run."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for key, value in attrs:
            assert key in {
                *("id", "class", "href", "lang", "charset", "name", "content"),
                *("http-equiv", "aria-label"),
            }, key
            if key == "id":
                self.ids.append(value or "")
            if key == "href":
                self.links.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


ALLOWED_TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "section", "nav"),
    *("h1", "h2", "h3", "p", "div", "span", "b", "strong", "em", "code", "a", "br", "ul", "li"),
    *("dl", "dt", "dd", "details", "summary", "footer"),
}
ALLOWED_TOKENS = {
    *("heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline"),
    *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
    *("text", "text_special", "code_inline", "strong_open", "strong_close", "softbreak"),
}
ALLOWED_NODES = (
    *(nodes.document, nodes.title, nodes.section, nodes.paragraph, nodes.Text),
    *(nodes.bullet_list, nodes.list_item, nodes.literal),
)


def read_rst(source: str) -> nodes.document:
    """Parse as docutils does by default; a warning is an error."""
    settings = {"halt_level": 2, "report_level": 2, "warning_stream": io.StringIO()}
    tree: nodes.document = publish_doctree(source, settings_overrides=settings)
    return tree


def read_markdown(source: str) -> list[Any]:
    """Parse as GitHub does, with tables, strikethrough and HTML; return all tokens."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return [token for block in parser.parse(source) for token in (block, *(block.children or ()))]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:24]))
def test_hostile_text_stays_text_in_html(text: str) -> None:
    source = render_guideline("html", document(hostile(text)))
    page = Page(source)
    assert set(page.tags) <= ALLOWED_TAGS
    assert not page.open
    assert all(link.removeprefix("#") in page.ids for link in page.links)
    assert all(link.startswith("#") for link in page.links)
    assert len(page.ids) == len(set(page.ids))
    assert page.tags.count("style") == 1
    assert not set("\x1b\x07\x9b\u202e\u2066\u200b") & set(source)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:24]))
def test_hostile_text_stays_text_in_markdown(text: str) -> None:
    source = render_guideline("markdown", document(hostile(text)))
    tokens = read_markdown(source)
    assert {token.type for token in tokens} <= ALLOWED_TOKENS
    calm = read_markdown(harmless("markdown", empty=not text.strip()))
    for kind in ("heading_open", "bullet_list_open", "list_item_open"):
        assert [one.type for one in tokens].count(kind) == [one.type for one in calm].count(kind)
    assert not set("\x1b\x07\x9b\u202e\u2066\u200b") & set(source)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:24]))
def test_hostile_text_stays_text_in_rst(text: str) -> None:
    source = render_guideline("rst", document(hostile(text)))
    tree = read_rst(source)
    strange = [node for node in tree.findall() if not isinstance(node, ALLOWED_NODES)]
    assert strange == []
    calm = read_rst(harmless("rst", empty=not text.strip()))
    for kind in (nodes.section, nodes.bullet_list, nodes.list_item):
        assert len(list(tree.findall(kind))) == len(list(calm.findall(kind)))
    assert not set("\x1b\x07\x9b\u202e\u2066\u200b") & set(source)


@pytest.mark.parametrize("text", [one for one in HOSTILE if one.isascii() and one.isprintable()])
def test_hostile_text_is_shown_as_it_is(text: str) -> None:
    """Escapes must not be seen: what a reader gets is the text of the file."""
    wanted = " ".join(text.split())[:100]
    found = document(hostile(text))
    page = " ".join("".join(Page(render_guideline("html", found)).text).split())
    tree = read_rst(render_guideline("rst", found)).astext()
    tokens = read_markdown(render_guideline("markdown", found))
    shown = "".join(one.content for one in tokens if one.type not in ("inline", "softbreak"))
    for output in (page, tree, shown):
        assert wanted in output


@pytest.mark.parametrize("entry", catalog.list_entries(), ids=lambda one: str(one.id))
def test_every_bundled_guideline_is_written_in_every_format(entry: catalog.CatalogEntry) -> None:
    guideline = catalog.load_guideline(entry.id)
    found = document(guideline)
    html = render_guideline("html", found)
    page = Page(html)
    assert not page.open
    assert set(page.tags) <= ALLOWED_TAGS
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    markdown = render_guideline("markdown", found)
    tokens = read_markdown(markdown)
    assert {token.type for token in tokens} <= ALLOWED_TOKENS
    rst = render_guideline("rst", found)
    tree = read_rst(rst)
    assert not [node for node in tree.findall() if not isinstance(node, ALLOWED_NODES)]
    outputs = (
        set(re.split(r"[\s;,]+", " ".join(page.text))),
        {token.content for token in tokens if token.type == "code_inline"},
        {node.astext() for node in tree.findall(nodes.literal)},
    )
    for capability in guideline.capabilities.values():
        wanted = {capability.name}
        for test in capability.tests:
            wanted |= {test.name, *filter(None, [test.idempotent_id]), *test.aliases}
        for words in outputs:
            assert not {name for name in wanted if "," not in name} - words
    if not guideline.linked:
        flags = sum(
            test.flag is not None
            for capability in guideline.capabilities.values()
            for test in capability.tests
        )
        assert markdown.count("- Flagged") == rst.count("- Flagged") == flags
    assert entry.origin
    for text in (html, markdown, rst):
        assert entry.origin.commit in text
        assert entry.origin.sha256 in text
        assert guideline.sha256 in text


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    source = render_guideline("html", document(catalog.load_guideline("2020.06")))
    assert "default-src 'none'" in source
    assert "url(" not in source
    assert "@import" not in source
    assert " src=" not in source


def test_scores_are_sums_of_the_weights_of_known_achievements() -> None:
    made = hostile("calm")
    (first, bare) = document(made)["components"][0]["listings"][0]["capabilities"]
    assert (first["score"], bare["score"]) == (6, None)
    found = document(catalog.load_guideline("2020.06"))
    (item,) = [
        item
        for item in found["components"][0]["listings"][0]["capabilities"]
        if item["name"] == "compute-servers-create"
    ]
    assert item["score"] == 100
    assert found["cutoff_score"] == 74


def test_a_capability_is_told_once_and_named_where_it_comes_again() -> None:
    found = document(catalog.load_guideline("2020.06"))
    again = [
        item
        for part in found["components"]
        for listing in part["listings"]
        for item in listing["capabilities"]
        if item["told_under"]
    ]
    assert [(item["name"], item["told_under"]) for item in again] == [
        ("identity-v3-tokens-create", "os_powered_compute"),
        ("identity-v3-tokens-delete", "os_powered_compute"),
    ]


def test_removed_capabilities_that_are_not_defined_are_named() -> None:
    text = render_guideline("markdown", document(catalog.load_guideline("2018.02")))
    assert "- `volumes-v3-attach-detach`: this guideline no longer defines it." in text


def test_one_target_has_only_its_own_components_and_sections() -> None:
    guideline = catalog.load_guideline("2020.06")
    target = find_target(guideline, "storage")
    found = build_guideline_document(guideline, [target], None)
    assert [part["name"] for part in found["components"]] == ["os_powered_storage"]
    assert found["unlisted"] == []
    assert {one["project"] for one in found["designated"]} == {"keystone", "swift"}
    text = render_guideline("rst", found)
    assert "Only OpenStack Powered Storage is shown." in text
    assert "compute-servers-create" not in text


def test_a_component_of_another_guideline_is_told_as_such() -> None:
    text = render_guideline("rst", document(catalog.load_guideline("nfv.next")))
    assert "of guideline 2017.09\n----" in text


def test_a_format_that_is_not_known_names_the_known_ones() -> None:
    with pytest.raises(InputError, match="Unknown format: pdf") as caught:
        render_guideline("pdf", {})
    assert caught.value.advice == f"Available: {', '.join(TEMPLATES)}."


@pytest.mark.parametrize("form", TEMPLATES)
def test_a_test_of_two_capabilities_is_counted_once(form: str) -> None:
    guideline = catalog.load_guideline("2020.06")
    document = build_guideline_document(guideline, guideline.targets[:1], None)
    platform = document["targets"][0]
    assert (platform["tests"], platform["counted"], platform["capabilities"]) == (284, 273, 78)
    shown = " ".join(re.sub(r"<[^>]*>", "", render_guideline(form, document)).split())
    assert "273 counted tests and 11 flagged in 78 required capabilities" in shown
