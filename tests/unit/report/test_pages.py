"""Every page needs nothing beside itself, and its policy lets nothing else in."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from defcheck.report.templates import build_security_policy
from tests.unit.report.pages import HOSTILE, PAGES

TEMPLATES = Path(__file__).resolve().parents[3] / "reports/templates"
BASE = "page.html"


class Attributes(HTMLParser):
    """Collects the names of all attributes, and what would be loaded."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.loads: list[str | None] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for key, value in attrs:
            self.names.add(key)
            if key in ("src", "srcset", "href", "action", "data") and (value or "")[:1] != "#":
                self.loads.append(value)


def test_every_template_of_a_page_is_looked_at_here() -> None:
    pages = {path.name for path in TEMPLATES.glob("*.html")} - {BASE}
    assert pages == {template for template, _ in PAGES.values()}
    assert pages == {"report.html", *HOSTILE}
    for name in pages:
        text = (TEMPLATES / name).read_text(encoding="utf-8")
        assert text.startswith('{% extends "page.html" %}'), name
        assert "<style" not in text
        assert "<script" not in text


@pytest.mark.parametrize("name", PAGES)
def test_only_what_has_a_hash_styles_and_runs(name: str) -> None:
    html = PAGES[name][1]()
    (told,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', html)
    assert told.startswith("default-src 'none'; ")
    assert "unsafe" not in told
    found = {
        tag: re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL) for tag in ("style", "script")
    }
    assert len(found["style"]) == 1
    for tag, texts in found.items():
        for text in texts:
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in told
    assert ("script-src" in told) == bool(found["script"])


@pytest.mark.parametrize("name", PAGES)
def test_it_has_no_style_or_handler_of_its_own_on_an_element(name: str) -> None:
    page = Attributes(PAGES[name][1]())
    assert "style" not in page.names
    assert not [one for one in page.names if one.startswith("on")]
    assert page.loads == []


def test_a_page_without_a_script_lets_none_run() -> None:
    assert "script-src" not in build_security_policy("p {}", "")
    assert "script-src 'sha256-" in build_security_policy("p {}", "f()")
