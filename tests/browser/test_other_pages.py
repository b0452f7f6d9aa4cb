"""The pages of comparisons, of all guidelines at once and of a guideline in a real browser."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import PHONE, WIDE, Open
from tests.browser.test_hostile import poisoned
from tests.unit.report.pages import HOSTILE, PAGES, beside

pytestmark = pytest.mark.browser

OTHERS = [name for name, (template, _) in PAGES.items() if template != "report.html"]
A4 = 688
"""Pixels between the margins of a page that stands upright."""

UNFOLD = "document.querySelectorAll('details').forEach(one => { one.open = true })"


@pytest.mark.parametrize("name", OTHERS)
def test_it_opens_styled_and_says_and_asks_nothing(open_page: Open, name: str) -> None:
    opened = open_page(PAGES[name][1]())
    assert opened.page.locator("h1").is_visible()
    assert opened.page.evaluate("getComputedStyle(document.body).margin") == "0px"
    opened.quiet()


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_core_has_no_complaint(open_page: Open, name: str, size: Any, scheme: Any) -> None:
    page = open_page(PAGES[name][1](), viewport=size, color_scheme=scheme).page
    page.evaluate(UNFOLD)
    results = Axe().run(page, options={"resultTypes": ["violations"]})
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("name", OTHERS)
def test_a_phone_need_not_scroll_the_page_sideways(open_page: Open, name: str) -> None:
    page = open_page(PAGES[name][1](), viewport=PHONE).page
    page.evaluate(UNFOLD)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_many_runs_fit_on_a4(open_page: Open) -> None:
    page = open_page(beside(20), viewport={"width": A4, "height": 900}).page
    page.evaluate(UNFOLD)
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= A4
    assert page.get_by_text("✓ pass, ✗ fail").first.is_visible()


@pytest.mark.parametrize("template", HOSTILE)
def test_hostile_text_does_nothing(open_page: Open, template: str) -> None:
    opened = open_page(HOSTILE[template](poisoned))
    page = opened.page
    page.evaluate(UNFOLD)
    page.wait_for_timeout(300)
    assert page.evaluate("window.defcheck_was_here") is None
    assert page.locator("script").count() == 0
    assert page.locator("style").count() == 1
    assert page.locator("img, iframe, base, link, a[href^=javascript]").count() == 0
    assert "7 * 7" in page.locator("body").inner_text()
    text = page.evaluate("document.documentElement.outerHTML")
    for letter in "\x1b\x07\x00\u202e\u202c\u2066\u2069\u200b":
        assert letter not in text
    opened.quiet()


@pytest.mark.parametrize("name", OTHERS)
def test_its_policy_stops_what_would_get_in(open_page: Open, name: str) -> None:
    opened = open_page(PAGES[name][1]())
    opened.page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.got_in = true";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", "<p id=p style='color: red'>p</p>");
        }"""
    )
    opened.page.wait_for_timeout(100)
    assert opened.page.evaluate("window.got_in") is None
    assert opened.page.evaluate("getComputedStyle(p).color") != "rgb(255, 0, 0)"
    assert sum("Content Security Policy" in said for said in opened.said) == 2
