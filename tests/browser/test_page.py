"""The report of a run in a real browser: filter, search, folds, links, print, no script."""

from typing import Any

import pytest

from tests.browser.conftest import PHONE, Open

pytestmark = pytest.mark.browser

JSON = dict[str, Any]


def test_it_opens_with_the_verdict_and_says_and_asks_nothing(
    open_page: Open, failing: JSON
) -> None:
    opened = open_page(failing)
    page = opened.page
    assert page.title() == "FAIL: OpenStack Powered Storage, guideline 2020.06"
    assert page.locator("h1 .word").inner_text().strip() == "FAIL"
    numbers = [one.inner_text() for one in page.locator(".number b").all()]
    assert numbers == ["3/58", "2", "53"]
    assert page.locator(".cause").count() == 2
    opened.quiet()


def test_a_choice_shows_the_tests_with_that_outcome_alone(open_page: Open, failing: JSON) -> None:
    opened = open_page(failing)
    page = opened.page
    page.get_by_role("button", name="failed 2").click()
    assert len(opened.shown()) == 2
    assert page.locator("#shown").inner_text() == "2 of 58 tests"
    assert page.locator("details.capability:visible").count() == 1
    assert page.get_by_role("button", name="failed 2").get_attribute("aria-pressed") == "true"
    page.get_by_role("button", name="all 58").click()
    assert page.locator("#shown").inner_text() == "58 tests"
    assert page.locator("details.capability:visible").count() == 20
    opened.quiet()


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("ContainerQuotasTest UPLOAD", 3),
        ("id-22eeeb2b-3668-4160-baef-44790f65a5a0", 1),
        ("mismatcherror", 2),
        ("objectstore-slo-support", 4),
    ],
)
def test_the_search_looks_at_name_id_traceback_and_capability(
    open_page: Open, failing: JSON, words: str, number: int
) -> None:
    opened = open_page(failing)
    opened.page.get_by_role("searchbox", name="Search tests").fill(words)
    opened.page.locator("#shown", has_text=f"{number} of 58 tests").wait_for()
    assert len(opened.shown()) == number
    opened.quiet()


def test_what_no_test_has_is_said(open_page: Open, failing: JSON) -> None:
    opened = open_page(failing)
    opened.page.locator("#words").fill("no such test (((")
    opened.page.get_by_text("No test matches.").wait_for()
    assert opened.shown() == []
    opened.quiet()


def test_a_flagged_test_is_a_choice_of_its_own(open_page: Open, varied: JSON) -> None:
    opened = open_page(varied)
    opened.page.get_by_role("button", name="flagged 1").click()
    (shown,) = opened.shown()
    assert "m.A.test_old" in opened.page.locator(f"#{shown}").inner_text()


def test_a_test_unfolds_to_its_id_and_traceback(open_page: Open, failing: JSON) -> None:
    opened = open_page(failing)
    test = opened.page.locator(".test.fail").first
    assert test.locator("pre").is_hidden()
    test.locator("summary").click()
    assert test.locator("pre").is_visible()
    assert "matched by name" in test.inner_text()
    test.locator("summary").press("Enter")
    assert test.locator("pre").is_hidden()


def test_everything_folds_and_unfolds(open_page: Open, failing: JSON) -> None:
    page = open_page(failing).page
    page.get_by_role("button", name="fold all", exact=True).click()
    assert page.locator(".test:visible").count() == 0
    page.get_by_role("button", name="unfold all").click()
    assert page.locator(".test:visible").count() == 60
    assert page.locator("pre:visible").count() == 2


def test_the_map_leads_to_a_capability_and_opens_it(open_page: Open, failing: JSON) -> None:
    page = open_page(failing).page
    passed = page.locator("#objectstore-container-metadata")
    page.evaluate("document.getElementById('objectstore-container-metadata').open = false")
    page.locator(".map").get_by_role("link", name="objectstore-container-metadata").click()
    assert passed.locator(".test").first.is_visible()


def test_a_cause_leads_to_its_tests_though_the_filter_hides_them(
    open_page: Open, failing: JSON
) -> None:
    page = open_page(failing).page
    page.get_by_role("button", name="passed 3").click()
    page.locator(".cause.fail").get_by_role("link", name="test_upload_large_object").click()
    test = page.locator(".test.fail").first
    assert test.locator("pre").is_visible()
    assert page.locator("#shown").inner_text() == "58 tests"


def test_an_address_with_a_place_opens_it(open_page: Open, failing: JSON) -> None:
    page = open_page(failing, hash_="#objectstore-account-list").page
    assert page.locator("#objectstore-account-list .test").first.is_visible()


def test_the_command_is_selected_or_copied(open_page: Open, failing: JSON) -> None:
    page = open_page(failing).page
    page.get_by_role("button", name="copy").click()
    assert page.evaluate("getSelection().toString()") == failing["reproduce"]


def test_without_javascript_everything_is_there(open_page: Open, failing: JSON) -> None:
    opened = open_page(failing, java_script_enabled=False)
    page = opened.page
    assert page.locator("#filter").is_hidden()
    assert page.locator("#copy").is_hidden()
    assert page.locator(".test").count() == 60
    test = page.locator(".test.fail").first
    test.locator("summary").click()
    assert test.locator("pre").is_visible()
    page.locator(".map").get_by_role("link", name="objectstore-container-acl").click()
    assert page.url.endswith("#objectstore-container-acl")
    assert opened.asked == []


def test_a_phone_does_not_scroll_sideways(open_page: Open, failing: JSON, varied: JSON) -> None:
    for document in (failing, varied):
        page = open_page(document, viewport=PHONE).page
        page.get_by_role("button", name="unfold all").click()
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_print_has_all_tests_on_a4_and_no_buttons(open_page: Open, failing: JSON) -> None:
    page = open_page(failing).page
    page.emulate_media(media="print")
    assert page.locator("#filter").is_hidden()
    assert page.locator(".test").last.is_visible()
    assert page.locator(".test.fail .facts").first.is_visible()
    assert page.locator(".test.fail pre").first.is_hidden()
    page.locator(".test.fail").first.evaluate("one => one.open = true")
    assert page.locator(".test.fail pre").first.is_visible()
    pdf = page.pdf(prefer_css_page_size=True)
    assert b"/MediaBox [0 0 594" in pdf or b"/MediaBox [0 0 595" in pdf
