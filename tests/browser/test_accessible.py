"""axe-core finds nothing to complain of in the page of a run, however it is shown."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from defcheck.workflows.verdicts import score_results
from tests.browser.conftest import PHONE, WIDE, Open
from tests.unit.shared import DATA

pytestmark = pytest.mark.browser


SHOWN = [
    *((run, size, scheme) for run in ("quotas-fail", "varied") for size in (WIDE, PHONE)
      for scheme in ("light", "dark")),
    ("storage", WIDE, "light"),
]  # fmt: skip


@pytest.mark.parametrize(("run", "size", "scheme"), SHOWN)
def test_axe_core_has_no_complaint(
    open_page: Open, varied: dict[str, Any], run: str, size: Any, scheme: Any
) -> None:
    document = varied
    if run != "varied":
        document = score_results(str(DATA / f"{run}.subunit.gz"), "2020.06", "storage")
    page = open_page(document, viewport=size, color_scheme=scheme).page
    page.get_by_role("button", name="unfold all").click()
    results = Axe().run(page, options={"resultTypes": ["violations"]})
    assert results.response["testEngine"]["name"] == "axe-core"
    assert results.violations_count == 0, results.generate_report()


def test_axe_core_would_complain(open_page: Open, varied: dict[str, Any]) -> None:
    page = open_page(varied).page
    page.evaluate("document.querySelector('#words').closest('label').replaceWith(words)")
    page.evaluate("words.removeAttribute('placeholder')")
    assert Axe().run(page).violations_count == 1
