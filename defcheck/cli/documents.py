"""From a source of results to the documents that every report is made from."""

from collections.abc import Sequence
from contextlib import suppress

from defcheck.cli.given import Given, gather, require_guideline
from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.editions.history import standings
from defcheck.guideline.lookup import Subject, UnknownWordError, lookup
from defcheck.guideline.model import Guideline, Target
from defcheck.guideline.select import find_target
from defcheck.report.document import Document, build
from defcheck.report.explanation.document import Run
from defcheck.report.explanation.document import build as build_explanation
from defcheck.report.matrix.document import build as build_matrix
from defcheck.scoring.matrix import matrix
from defcheck.scoring.terms import PLAIN, Terms
from defcheck.scoring.verdict import judge


def score_one(
    source: str,
    guideline_name: str = "",
    target_name: str = "",
    terms: Terms = PLAIN,
    stestr_run: int | None = None,
) -> Document:
    """Score results, a run directory by default against what it was made for.

    `stestr_run` is the number of a run where `source` is a stestr repository.
    """
    return score_given(source, guideline_name, target_name, terms, stestr_run)[0]


def score_given(
    source: str,
    guideline_name: str = "",
    target_name: str = "",
    terms: Terms = PLAIN,
    stestr_run: int | None = None,
) -> tuple[Document, Given]:
    """Score results like `score_one`, and return what was read with the document."""
    require_guideline(source, guideline_name)
    chosen = catalog.load(guideline_name) if guideline_name else None
    if chosen is not None:
        find_target(chosen, target_name)
    given = gather(source, stestr_run, own_guideline=chosen is None)
    guideline = _either(chosen, given.guideline)
    target = find_target(guideline, target_name or given.target)
    verdict = judge(guideline, target, given.evidence, terms)
    document = build(verdict, source=given.source, results_sha256=given.sha256, record=given.record)
    return document, given


def _either(chosen: Guideline | None, own: Guideline | None) -> Guideline:
    guideline = chosen or own
    if guideline is None:
        raise InputError("No guideline is named.", "Name one with --guideline.")
    return guideline


def score_all(
    source: str, target_name: str = "", terms: Terms = PLAIN, stestr_run: int | None = None
) -> Document:
    """Score results against every guideline at hand."""
    guidelines = _every()
    target = _known_target(guidelines, target_name) if target_name else ""
    given = gather(source, stestr_run, own_guideline=False)
    cells = matrix(guidelines, given.evidence, terms, target)
    return build_matrix(
        cells, given.evidence, terms, source=given.source, results_sha256=given.sha256
    )


def _every() -> list[Guideline]:
    return [catalog.load(entry.id) for entry in catalog.entries()]


def _known_target(guidelines: Sequence[Guideline], name: str) -> str:
    """Return the short name of a target that any of the guidelines has."""
    for guideline in guidelines:
        with suppress(InputError):
            return find_target(guideline, name).name
    known = dict.fromkeys(target.name for one in guidelines for target in one.targets)
    raise InputError(f"No guideline has a target {name}.", f"Known are {', '.join(known)}.")


def explain(
    word: str, guideline_name: str, target_name: str, source: str, terms: Terms
) -> Document:
    """Explain a capability or test, also in results where `source` names any."""
    editions = _every()
    chosen = catalog.load(guideline_name) if guideline_name else None
    given = gather(source, own_guideline=chosen is None) if source else None
    own = given.guideline if given else None
    guideline = chosen or own or _newest_with(word)
    subjects = lookup(guideline, word)
    run = _run(guideline, subjects, target_name, given) if given else None
    return build_explanation(word, guideline, subjects, editions, terms, run)


def _newest_with(word: str) -> Guideline:
    """Return the newest guideline in which `word` means something; approved ones come first."""
    ordered = list(reversed(catalog.entries()))
    ordered.sort(key=lambda entry: (entry.kind != "guideline", entry.status != "approved"))
    for entry in ordered:
        guideline = catalog.load(entry.id)
        with suppress(UnknownWordError):
            lookup(guideline, word)
            return guideline
    return catalog.load(ordered[0].id)


def _run(guideline: Guideline, subjects: Sequence[Subject], target_name: str, given: Given) -> Run:
    """Return the results with the target to judge them for."""
    target = _target(guideline, subjects, target_name or given.target)
    return Run(given.source, target, given.evidence)


def _target(guideline: Guideline, subjects: Sequence[Subject], name: str) -> Target:
    """Return the target called `name`, else the first one that lists what is explained."""
    if name:
        return find_target(guideline, name)
    listing = [
        standing.target
        for subject in subjects
        for standing in standings(guideline, subject.capability.name)
    ]
    return find_target(guideline, listing[0]) if listing else guideline.targets[0]
