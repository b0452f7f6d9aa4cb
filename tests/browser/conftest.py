"""A real Chromium, Debian's, driven by Playwright; everything that a page does is recorded."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from defcheck.report.formats import registry
from defcheck.workflows.verdicts import score_results
from tests.unit.report import pages
from tests.unit.shared import DATA

CHROMIUM = shutil.which("chromium")
PHONE = {"width": 390, "height": 844}
WIDE = {"width": 1280, "height": 900}


@dataclass
class Opened:
    """A page in the browser, with all that it did on its own."""

    page: Page
    said: list[str] = field(default_factory=list)
    """Messages on the console, errors and dialogs."""

    asked: list[str] = field(default_factory=list)
    """What it asked for, the page itself left out."""

    def shown(self) -> list[str]:
        """Return the ids of the tests that are to be seen."""
        return [str(test.get_attribute("id")) for test in self.page.locator(".test:visible").all()]

    def quiet(self) -> None:
        """Require that it neither said nor asked for anything."""
        assert (self.said, self.asked) == ([], [])


Open = Callable[..., Opened]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no chromium; Debian's package of that name has it")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open the page of a verdict, or any page by its HTML."""
    contexts: list[BrowserContext] = []

    def opened(shown: dict[str, Any] | str, *, hash_: str = "", **options: Any) -> Opened:
        path = tmp_path / f"report-{len(contexts)}.html"
        html = shown if isinstance(shown, str) else registry.render_document("html", shown)
        path.write_text(html, encoding="utf-8")
        context = chromium.new_context(**{"viewport": WIDE, **options})
        contexts.append(context)
        found = Opened(context.new_page())
        found.page.on("console", lambda message: found.said.append(message.text))
        found.page.on("pageerror", lambda error: found.said.append(str(error)))
        found.page.on("dialog", lambda dialog: found.said.append("dialog"))
        found.page.on("dialog", lambda dialog: dialog.dismiss())
        found.page.on(
            "request",
            lambda request: (
                found.asked.append(request.url)
                if not request.url.startswith(path.as_uri())
                else None
            ),
        )
        found.page.goto(path.as_uri() + hash_)
        return found

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def failing() -> dict[str, Any]:
    """Return the verdict on a real run: 3 tests passed, 2 failed, 53 were not run."""
    return score_results(str(DATA / "quotas-fail.subunit.gz"), "2020.06", "storage")


@pytest.fixture
def varied() -> dict[str, Any]:
    """Return a verdict with a bit of everything."""
    return pages.varied()
