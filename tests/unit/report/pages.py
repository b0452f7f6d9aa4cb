"""Every kind of page that defcheck writes, of real results and of hostile ones."""

from collections.abc import Callable
from functools import cache
from typing import Any

from defcheck.guideline import catalog
from defcheck.report.formats import registry
from defcheck.report.formats.guideline import render_guideline
from defcheck.report.models.comparison import build_comparison_document
from defcheck.results.models import Event, Outcome
from defcheck.workflows.verdicts import score_against_all_guidelines, score_results
from tests.unit.report.conftest import build_document
from tests.unit.report.test_guideline_render import document as guideline_document
from tests.unit.report.test_guideline_render import hostile as hostile_guideline
from tests.unit.shared import DATA

JSON = dict[str, Any]
Poison = Callable[[Any], Any]


@cache
def _verdict(stream: str) -> JSON:
    return score_results(str(DATA / f"{stream}.subunit.gz"), "2020.06", "storage")


def varied() -> JSON:
    """Return a verdict with a bit of everything: a skip, an alias, a flag, advisory and empty."""
    return build_document(
        Event("m.A.test_put", Outcome.FAILED, "x.Forbidden: Forbidden", "Traceback\nForbidden"),
        Event("m.A.test_odd", Outcome.SKIPPED, "Skipped because of bug#1"),
        Event("m.O.test_get", Outcome.PASSED),
        Event("m.A.test_old", Outcome.FAILED, "flagged and failed"),
        problems=("a damaged packet was skipped",),
    )


def _report() -> str:
    return registry.render_document("html", _verdict("quotas-fail"))


def _two() -> str:
    """Return two runs beside each other, which also tell what changed."""
    return registry.render_document(
        "html",
        build_comparison_document(
            ["before", "after"], [_verdict("storage"), _verdict("quotas-fail")]
        ),
    )


def _four() -> str:
    streams = ("storage", "quotas-fail", "quotas", "class-skip")
    return registry.render_document(
        "html", build_comparison_document(streams, [_verdict(one) for one in streams])
    )


def beside(number: int) -> str:
    """Return as many runs beside each other, two by turns."""
    verdicts = [_verdict(("storage", "quotas-fail")[one % 2]) for one in range(number)]
    labels = [f"region-{one}.example.org" for one in range(number)]
    return registry.render_document("html", build_comparison_document(labels, verdicts))


def _matrix() -> str:
    return registry.render_document(
        "html", score_against_all_guidelines(str(DATA / "quotas-fail.subunit.gz"))
    )


def _guideline() -> str:
    return render_guideline("html", guideline_document(catalog.load_guideline("2020.06")))


PAGES: dict[str, tuple[str, Callable[[], str]]] = {
    "report": ("report.html", _report),
    "two runs": ("comparison.html", _two),
    "four runs": ("comparison.html", _four),
    "matrix": ("matrix.html", _matrix),
    "guideline": ("guideline.html", _guideline),
}
"""Each page by name: its template, and how it is made of real results."""


def _hostile_comparison(poison: Poison) -> str:
    verdicts = [varied(), build_document(Event("m.A.test_put", Outcome.PASSED))]
    return registry.render_document(
        "html", poison(build_comparison_document(["one", "two"], verdicts))
    )


def _hostile_matrix(poison: Poison) -> str:
    document = poison(score_against_all_guidelines(str(DATA / "quotas-fail.subunit.gz"), "object"))
    return registry.render_document("html", document)


def _hostile_guideline(poison: Poison) -> str:
    return render_guideline("html", guideline_document(hostile_guideline(poison("x"))))


HOSTILE: dict[str, Callable[[Poison], str]] = {
    "comparison.html": _hostile_comparison,
    "matrix.html": _hostile_matrix,
    "guideline.html": _hostile_guideline,
}
"""Templates of pages other than the report, and how they are made of hostile text."""
