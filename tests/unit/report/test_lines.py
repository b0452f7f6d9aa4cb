"""Documents in one line, as --quiet shows them."""

from typing import Any

import pytest

from defcheck.report.formats import cloud_text as preflight
from defcheck.report.formats import registry
from tests.unit.cloud.preflight import clouds
from tests.unit.report.test_left_behind import cleanup, found
from tests.unit.report.test_preflight import HOSTILE, lacking
from tests.unit.report.test_preflight import document as preflight_document

Document = dict[str, Any]


def test_a_verdict(passing: Document, mixed: Document) -> None:
    for document in (passing, mixed):
        line = registry.summarize_document(document)
        assert line.startswith(registry.render_document("text", document).splitlines()[0] + ": ")
        assert line.endswith(document["why"])


def test_a_cleanup_says_what_it_could_not_see() -> None:
    assert registry.summarize_document(cleanup()) == "No leftovers of this run in c"
    blind = cleanup(ours=[found()], unseen=["Nova does not answer.", "Nor does Cinder."])
    assert registry.summarize_document(blind) == "1 leftover in c; 2 places could not be checked"


def test_a_preflight() -> None:
    assert preflight.summarize_preflight(preflight_document(clouds.SCENE)).endswith(
        "  OpenStack Powered Platform: No blocking issues."
    )
    assert "tests will not pass with this cloud as it is" in preflight.summarize_preflight(
        preflight_document(lacking())
    )


@pytest.mark.parametrize(
    "kind",
    [kind for kind in registry.FORMATS_OF_DOCUMENT if kind not in registry.SUMMARY_OF_DOCUMENT],
)
def test_other_documents_have_no_summary_line(kind: str) -> None:
    assert registry.summarize_document({"format": kind}) == ""


def test_hostile_names_stay_in_the_line(passing: Document) -> None:
    passing["target"]["title"] = passing["guideline"]["id"] = f"{HOSTILE}\nPASS"
    line = registry.summarize_document(passing)
    assert line.isprintable()
    assert "\u202e" not in line
