"""Results that a user names: a run directory, which knows what it was for, or any other source."""

from dataclasses import dataclass, replace
from pathlib import Path

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.model import Guideline
from defcheck.results import sources
from defcheck.results.model import ResultSet
from defcheck.runner.directory import RunDirectory, is_run_directory
from defcheck.runner.record import Record
from defcheck.runner.withheld import explain_withheld
from defcheck.scoring.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Given:
    """Results, ready to be held against guidelines."""

    source: str
    """The name of the file or directory."""

    sha256: str
    """Of the results' bytes."""

    results: ResultSet
    """With a problem for each way in which their run did not end well."""

    evidence: Evidence
    """The same, ready to be asked for demanded tests."""

    record: Record | None = None
    """What a run directory says of its run."""

    guideline: Guideline | None = None
    """The guideline that a run was made for, where another was not asked for."""

    @property
    def target(self) -> str:
        """The target that the run was made for, where its guideline is used."""
        return self.record.target if self.record and self.guideline else ""


def gather(source: str, stestr_run: int | None = None, *, own_guideline: bool = True) -> Given:
    """Read the results at `source`; for a run directory with its guideline, if wanted."""
    if stestr_run is not None or not is_run_directory(source):
        reading = sources.read_source(source, stestr_run)
        results = reading.results
        return Given(Path(reading.where).name, reading.sha256, results, Evidence(results))
    directory = RunDirectory(Path(source))
    record = directory.read_record()
    guideline = directory.read_guideline(record) if own_guideline else None
    results = _whole_or_not(directory.read_results(record), record)
    return Given(
        source=Path(source).resolve().name,
        sha256=directory.results_sha256(),
        results=results,
        evidence=Evidence(results, directory.read_inventory(record), explain_withheld(record)),
        record=record,
        guideline=guideline,
    )


def _whole_or_not(results: ResultSet, record: Record) -> ResultSet:
    """Return the results, with a problem for each way in which their run did not end well."""
    problems = []
    if record.state != "finished":
        problems.append(f"the run is {record.state}, not finished")
    if record.runner_code:
        problems.append(f"the test runner ended with code {record.runner_code}")
    return replace(results, problems=(*results.problems, *problems))


def require_guideline(source: str, name: str) -> None:
    """Raise `InputError` where neither the user nor a run directory names a guideline."""
    if not name and not is_run_directory(source):
        known = ", ".join(catalog.ids())
        raise InputError("No guideline is named.", f"Name one with --guideline: {known}.")
