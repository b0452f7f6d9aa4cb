"""Every kind of page that defcheck writes, of real results and of hostile ones."""

from collections.abc import Callable
from functools import cache
from typing import Any

from defcheck.cli.documents import score_all, score_one
from defcheck.guideline import catalog
from defcheck.report import formats
from defcheck.report.comparison.document import build
from defcheck.report.guideline.render import render as render_guideline
from defcheck.results.model import Event, Outcome
from tests.unit.report.conftest import build_document
from tests.unit.report.test_guideline_render import document as guideline_document
from tests.unit.report.test_guideline_render import hostile as hostile_guideline
from tests.unit.shared import DATA

JSON = dict[str, Any]
Poison = Callable[[Any], Any]


@cache
def _verdict(stream: str) -> JSON:
    return score_one(str(DATA / f"{stream}.subunit.gz"), "2020.06", "storage")


def varied() -> JSON:
    """Return a verdict with a bit of everything: a skip, an alias, a flag, advisory and empty."""
    return build_document(
        Event("m.A.test_put", Outcome.FAILED, "x.Forbidden: Forbidden", "Traceback\nForbidden"),
        Event("m.A.test_odd", Outcome.SKIPPED, "Skipped because of bug#1"),
        Event("m.O.test_get", Outcome.PASSED),
        Event("m.A.test_old", Outcome.FAILED, "flagged and failed"),
        problems=("a damaged packet was left out",),
    )


def _report() -> str:
    return formats.render("html", _verdict("quotas-fail"))


def _two() -> str:
    """Return two runs beside each other, which also tell what changed."""
    return formats.render(
        "html", build(["before", "after"], [_verdict("storage"), _verdict("quotas-fail")])
    )


def _four() -> str:
    streams = ("storage", "quotas-fail", "quotas", "class-skip")
    return formats.render("html", build(streams, [_verdict(one) for one in streams]))


def beside(number: int) -> str:
    """Return as many runs beside each other, two by turns."""
    verdicts = [_verdict(("storage", "quotas-fail")[one % 2]) for one in range(number)]
    labels = [f"region-{one}.example.org" for one in range(number)]
    return formats.render("html", build(labels, verdicts))


def _matrix() -> str:
    return formats.render("html", score_all(str(DATA / "quotas-fail.subunit.gz")))


def _guideline() -> str:
    return render_guideline("html", guideline_document(catalog.load("2020.06")))


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
    return formats.render("html", poison(build(["one", "two"], verdicts)))


def _hostile_matrix(poison: Poison) -> str:
    document = poison(score_all(str(DATA / "quotas-fail.subunit.gz"), "object"))
    return formats.render("html", document)


def _hostile_guideline(poison: Poison) -> str:
    return render_guideline("html", guideline_document(hostile_guideline(poison("x"))))


HOSTILE: dict[str, Callable[[Poison], str]] = {
    "comparison.html": _hostile_comparison,
    "matrix.html": _hostile_matrix,
    "guideline.html": _hostile_guideline,
}
"""Templates of pages other than the report, and how they are made of hostile text."""
