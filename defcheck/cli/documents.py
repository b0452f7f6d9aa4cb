"""From a source of results to the document that every report is made from."""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.model import Guideline
from defcheck.guideline.select import find_target
from defcheck.report.document import Document, build
from defcheck.report.matrix.document import build as build_matrix
from defcheck.results import sources
from defcheck.results.model import ResultSet
from defcheck.runner.directory import RunDirectory, is_run_directory
from defcheck.runner.record import Record
from defcheck.scoring.evidence import Evidence
from defcheck.scoring.matrix import matrix
from defcheck.scoring.terms import PLAIN, Terms
from defcheck.scoring.verdict import score


def score_run(
    path: Path, guideline_name: str = "", target_name: str = "", terms: Terms = PLAIN
) -> Document:
    """Score a run directory, by default against the guideline and target it was made for."""
    directory = RunDirectory(path)
    record = directory.read_record()
    if guideline_name:
        guideline = catalog.load(guideline_name)
    else:
        guideline = directory.read_guideline(record)
        target_name = target_name or record.target
    verdict = score(
        guideline,
        find_target(guideline, target_name),
        _whole_or_not(directory.read_results(record), record),
        directory.read_inventory(record),
        terms,
    )
    return build(
        verdict,
        source=path.resolve().name,
        results_sha256=directory.results_sha256(),
        record=record,
    )


def _whole_or_not(results: ResultSet, record: Record) -> ResultSet:
    """Return the results, with a problem for each way in which their run did not end well."""
    problems = []
    if record.state != "finished":
        problems.append(f"the run is {record.state}, not finished")
    if record.runner_code:
        problems.append(f"the test runner ended with code {record.runner_code}")
    return replace(results, problems=(*results.problems, *problems))


def score_source(
    source: str, guideline_name: str, target_name: str, terms: Terms = PLAIN
) -> Document:
    """Score any other source of results."""
    if not guideline_name:
        known = ", ".join(entry.id for entry in catalog.entries())
        raise InputError("No guideline is named.", f"Name one with --guideline: {known}.")
    guideline = catalog.load(guideline_name)
    target = find_target(guideline, target_name)
    data, where = sources.load(source)
    results = sources.read_bytes(data, where)
    verdict = score(guideline, target, results, terms=terms)
    return build(verdict, source=Path(where).name, results_sha256=hashlib.sha256(data).hexdigest())


def score_all(source: str, target_name: str = "", terms: Terms = PLAIN) -> Document:
    """Score a run directory or any other source against every guideline at hand."""
    guidelines = [catalog.load(entry.id) for entry in catalog.entries()]
    target = _known_target(guidelines, target_name) if target_name else ""
    if is_run_directory(source):
        directory = RunDirectory(Path(source))
        record = directory.read_record()
        results = _whole_or_not(directory.read_results(record), record)
        evidence = Evidence(results, directory.read_inventory(record))
        name, sha256 = Path(source).resolve().name, directory.results_sha256()
    else:
        data, where = sources.load(source)
        evidence = Evidence(sources.read_bytes(data, where))
        name, sha256 = Path(where).name, hashlib.sha256(data).hexdigest()
    cells = matrix(guidelines, evidence, terms, target)
    return build_matrix(cells, evidence, terms, source=name, results_sha256=sha256)


def _known_target(guidelines: Iterable[Guideline], name: str) -> str:
    """Return the short name of a target that any of the guidelines has."""
    for guideline in guidelines:
        with suppress(InputError):
            return find_target(guideline, name).name
    known = dict.fromkeys(target.name for one in guidelines for target in one.targets)
    raise InputError(f"No guideline has a target {name}.", f"Known are {', '.join(known)}.")
