"""From a source of results to the document that every report is made from."""

import hashlib
from dataclasses import replace
from pathlib import Path

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.select import find_target
from defcheck.report.document import Document, build
from defcheck.results import sources
from defcheck.results.model import ResultSet
from defcheck.runner.directory import RunDirectory
from defcheck.runner.record import Record
from defcheck.scoring.verdict import score


def score_run(path: Path, guideline_name: str = "", target_name: str = "") -> Document:
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


def score_source(source: str, guideline_name: str, target_name: str) -> Document:
    """Score any other source of results."""
    if not guideline_name:
        known = ", ".join(catalog.ids())
        raise InputError("No guideline is named.", f"Name one with --guideline: {known}.")
    guideline = catalog.load(guideline_name)
    target = find_target(guideline, target_name)
    data, where = sources.load(source)
    results = sources.read_bytes(data, where)
    verdict = score(guideline, target, results)
    return build(verdict, source=Path(where).name, results_sha256=hashlib.sha256(data).hexdigest())
