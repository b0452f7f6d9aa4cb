"""Every format writes the same verdict, and nothing hostile gets through."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from defcheck.errors import InputError
from defcheck.report.formats import registry, text
from defcheck.report.formats.html import MAX_NAMED_TESTS, cut_middle
from defcheck.util.text import clean_line, clean_text

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[3] / "reports/schemas/verdict-1.json").read_bytes()
)
Document = dict[str, Any]


@pytest.mark.parametrize("name", registry.VERDICT_FORMATS)
def test_every_format_has_a_writer_that_states_the_verdict(name: str, mixed: Document) -> None:
    assert "fail" in registry.render_document(name, mixed).lower()


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(InputError, match="Unknown format: pdf") as caught:
        registry.render_document("pdf", {"format": "defcheck verdict 1"})
    assert "html" in caught.value.advice


@pytest.mark.parametrize("fixture", ["passing", "mixed", "hostile"])
def test_json_follows_its_schema(fixture: str, request: pytest.FixtureRequest) -> None:
    document = json.loads(registry.render_document("json", request.getfixturevalue(fixture)))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)


def test_the_schema_refuses_a_pass_with_a_problem(passing: Document) -> None:
    passing["problems"] = ["cut off"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(passing)


def test_the_same_results_give_the_same_bytes(mixed: Document) -> None:
    for name in registry.VERDICT_FORMATS:
        assert registry.render_document(name, mixed) == registry.render_document(name, mixed)


class Page(HTMLParser):
    """Collects what a page would load or run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for key, value in attrs:
            self.attributes.append(key)
            if key == "id":
                self.ids.append(value or "")
            if key in ("src", "href") and not (value or "").startswith("#"):
                self.loads.append(f"{key}={value}")
            assert not key.startswith("on"), key

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(document: Document) -> Page:
    page = Page()
    page.feed(registry.render_document("html", document))
    page.close()
    return page


def test_the_page_loads_nothing_and_runs_nothing_but_its_own_script(hostile: Document) -> None:
    page = read(hostile)
    assert page.loads == []
    assert page.tags.count("script") == page.tags.count("style") == 1
    assert "{{ 7 * 7 }}" in "".join(page.text)
    assert not any(name == "style" for name in page.attributes)


@pytest.mark.parametrize("fixture", ["passing", "mixed", "hostile"])
def test_only_what_has_a_hash_styles_and_runs(fixture: str, request: pytest.FixtureRequest) -> None:
    html = registry.render_document("html", request.getfixturevalue(fixture))
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', html)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_hostile_text_is_escaped_stripped_and_cut(hostile: Document) -> None:
    html = registry.render_document("html", hostile)
    assert html.count("<script") == 1
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert "characters omitted" in html
    assert len(html) < 200_000


def test_the_terminal_gets_no_escape_from_results(hostile: Document) -> None:
    shown = registry.render_document("text", hostile)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "<script>alert(1)</script>" in shown


def test_the_page_shows_every_capability_test_reason_flag_and_origin(mixed: Document) -> None:
    page = read(mixed)
    words = " ".join("".join(page.text).split())
    assert {"put", "get", "old", "none", "new"} <= set(page.ids)
    assert "1/3 counted tests passed" in words
    assert "1 of 4 passed with 1 flagged test, shown and not counted" in words
    assert "no feature" in words
    assert "http.Error: 500" in words
    assert "matched by alias: m.O.test_get" in words
    assert "Flagged on 2030-01-02: D404 Doubled." in words
    assert mixed["guideline"]["sha256"] in words
    assert "47.0.0, Python 3.11" in words
    assert "a damaged packet was skipped" in words


def test_summary_lists_what_blocks_a_pass(mixed: Document) -> None:
    shown = registry.render_document("text", mixed)
    assert shown.splitlines()[0] == "FAIL  OpenStack Powered Storage, guideline 2031.01"
    assert "1 failed: Error: 500" in shown
    assert "1 skipped: no feature" in shown
    assert "flagged and failed" not in shown
    assert "incomplete results: a damaged packet was skipped" in shown


def test_a_narrow_terminal_loses_no_word(mixed: Document) -> None:
    wide = text.render_verdict_text(mixed, width=120)
    narrow = text.render_verdict_text(mixed, width=20)
    assert sorted(wide.split()) == sorted(narrow.split())


def test_colour_is_only_on_request(passing: Document) -> None:
    assert "\x1b[" in text.render_verdict_text(passing, color=True)
    assert "\x1b[" not in text.render_verdict_text(passing)


def test_clean_keeps_words_and_newlines() -> None:
    assert clean_text("a\x1b[1mb\x00c\n\td\u200bé") == "abc\n\tdé"
    assert clean_line("a\nb   c", 5) == "a b c"
    assert clean_line("0123456789", 6) == "012…89"
    assert len(clean_text("x" * 10**7)) < 21_000


def test_of_a_long_traceback_the_beginning_and_mostly_the_end_are_shown() -> None:
    shown = cut_middle("b" * 500 + "m" * 9_000 + "e" * 500, 1_000)
    assert shown.startswith("b" * 250 + "\n\n… 9000 of 10000 characters omitted")
    assert shown.endswith("m" * 250 + "e" * 500)
    assert cut_middle("as it is", 8) == "as it is"


def test_a_cause_with_very_many_tests_names_the_first(mixed: Document) -> None:
    mixed["causes"][0]["tests"] *= MAX_NAMED_TESTS + 7
    assert "7 more are among the tests below." in registry.render_document("html", mixed)


def test_quotation_marks_stay_in_a_traceback_and_tags_do_not(mixed: Document) -> None:
    test = next(one for one in mixed["capabilities"] if one["name"] == "put")["tests"][0]
    test["details"] = """File "x.py" & '</pre><script>alert(1)</script>'"""
    html = registry.render_document("html", mixed)
    assert """>File "x.py" &amp; '&lt;/pre&gt;&lt;script&gt;alert""" in html
