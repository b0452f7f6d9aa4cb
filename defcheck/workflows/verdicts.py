"""Load results and score them against one target or all guidelines."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.history.editions import list_standings
from defcheck.guideline.matching import Subject, UnknownSubjectError, find_subjects
from defcheck.guideline.models import Guideline, Target
from defcheck.guideline.selection import find_target
from defcheck.report.models.comparison import build_matrix_document
from defcheck.report.models.explanation import ExplainedResults, build_explanation_document
from defcheck.report.models.verdict_report import Document, build_verdict_document
from defcheck.results import loader
from defcheck.results.models import ResultSet
from defcheck.runner.record import RunRecord
from defcheck.runner.run_directory import RunDirectory, is_run_directory
from defcheck.scoring.evidence import Evidence
from defcheck.scoring.matrix import score_matrix
from defcheck.scoring.policy import DEFAULT_OPTIONS, ScoringOptions
from defcheck.scoring.verdict import score_evidence


@dataclass(frozen=True, slots=True)
class ScorableResults:
    """Results, ready to be scored."""

    source: str
    """The name of the file or directory."""

    sha256: str
    """Sha256 of the bytes of the results."""

    results: ResultSet
    """With a problem for each way in which their run did not end well."""

    evidence: Evidence
    """The same, indexed for look-ups of required tests."""

    record: RunRecord | None = None
    """The record of the run, from a run directory."""

    guideline: Guideline | None = None
    """The guideline of the run, unless another one was requested."""

    @property
    def target(self) -> str:
        """The target of the run, if its guideline is used."""
        return self.record.inputs.target if self.record and self.guideline else ""


def load_results(
    source: str, stestr_run: int | None = None, *, own_guideline: bool = True
) -> ScorableResults:
    """Read the results at `source`; for a run directory optionally with its guideline."""
    if stestr_run is not None or not is_run_directory(source):
        reading = loader.load_source(source, stestr_run)
        results = reading.results
        return ScorableResults(Path(reading.where).name, reading.sha256, results, Evidence(results))
    directory = RunDirectory(Path(source))
    record = directory.read_record()
    guideline = directory.read_guideline(record) if own_guideline else None
    results, evidence = directory.read_evidence(record)
    return ScorableResults(
        source=Path(source).resolve().name,
        sha256=directory.results_sha256(),
        results=results,
        evidence=evidence,
        record=record,
        guideline=guideline,
    )


def require_guideline_name(source: str, name: str) -> None:
    """Raise `InputError` if neither the user nor a run directory names a guideline."""
    if not name and not is_run_directory(source):
        known = ", ".join(catalog.list_ids())
        raise InputError("No guideline given.", f"Give one with --guideline: {known}.")


def score_results(
    source: str,
    guideline_name: str = "",
    target_name: str = "",
    scoring_options: ScoringOptions = DEFAULT_OPTIONS,
    stestr_run: int | None = None,
) -> Document:
    """Score results; a run directory by default against its own guideline and target.

    `stestr_run` is the number of a run if `source` is a stestr repository.
    """
    return score_and_load(source, guideline_name, target_name, scoring_options, stestr_run)[0]


def score_and_load(
    source: str,
    guideline_name: str = "",
    target_name: str = "",
    scoring_options: ScoringOptions = DEFAULT_OPTIONS,
    stestr_run: int | None = None,
) -> tuple[Document, ScorableResults]:
    """Score results like `score_results`, and return the results with the document."""
    require_guideline_name(source, guideline_name)
    chosen = catalog.load_guideline(guideline_name) if guideline_name else None
    target = find_target(chosen, target_name) if chosen else None
    given = load_results(source, stestr_run, own_guideline=chosen is None)
    guideline = _choose_guideline(chosen, given.guideline)
    target = target or find_target(guideline, target_name or given.target)
    verdict = score_evidence(guideline, target, given.evidence, scoring_options)
    document = build_verdict_document(
        verdict, source=given.source, results_sha256=given.sha256, record=given.record
    )
    return document, given


def _choose_guideline(chosen: Guideline | None, own: Guideline | None) -> Guideline:
    guideline = chosen or own
    if guideline is None:
        raise InputError("No guideline given.", "Give one with --guideline.")
    return guideline


def score_against_all_guidelines(
    source: str,
    target_name: str = "",
    scoring_options: ScoringOptions = DEFAULT_OPTIONS,
    stestr_run: int | None = None,
) -> Document:
    """Score results against every available guideline."""
    guidelines = _load_all_guidelines()
    target = _find_target_name(guidelines, target_name) if target_name else ""
    given = load_results(source, stestr_run, own_guideline=False)
    cells = score_matrix(guidelines, given.evidence, scoring_options, target)
    return build_matrix_document(
        cells, given.evidence, scoring_options, source=given.source, results_sha256=given.sha256
    )


def _load_all_guidelines() -> list[Guideline]:
    return [catalog.load_guideline(entry.id) for entry in catalog.list_entries()]


def _find_target_name(guidelines: Sequence[Guideline], name: str) -> str:
    """Return the short name of a target that any of the guidelines has."""
    for guideline in guidelines:
        with suppress(InputError):
            return find_target(guideline, name).name
    known = dict.fromkeys(target.name for one in guidelines for target in one.targets)
    raise InputError(f"No guideline has a target {name}.", f"Available: {', '.join(known)}.")


def explain_subject(
    word: str, guideline_name: str, target_name: str, source: str, scoring_options: ScoringOptions
) -> Document:
    """Explain a capability or test, with its result if `source` is given."""
    editions = _load_all_guidelines()
    chosen = catalog.load_guideline(guideline_name) if guideline_name else None
    given = load_results(source, own_guideline=chosen is None) if source else None
    own = given.guideline if given else None
    guideline = chosen or own or _newest_guideline_with(word)
    subjects = find_subjects(guideline, word)
    run = _describe_run(guideline, subjects, target_name, given) if given else None
    return build_explanation_document(word, guideline, subjects, editions, scoring_options, run)


def _newest_guideline_with(word: str) -> Guideline:
    """Return the newest guideline that contains `word`; approved ones come first."""
    ordered = list(reversed(catalog.list_entries()))
    ordered.sort(key=lambda entry: (entry.kind != "guideline", entry.status != "approved"))
    for entry in ordered:
        guideline = catalog.load_guideline(entry.id)
        with suppress(UnknownSubjectError):
            find_subjects(guideline, word)
            return guideline
    return catalog.load_guideline(ordered[0].id)


def _describe_run(
    guideline: Guideline, subjects: Sequence[Subject], target_name: str, loaded: ScorableResults
) -> ExplainedResults:
    """Return the results with the target to score them for."""
    target = _choose_target(guideline, subjects, target_name or loaded.target)
    return ExplainedResults(loaded.source, target, loaded.evidence)


def _choose_target(guideline: Guideline, subjects: Sequence[Subject], name: str) -> Target:
    """Return the target called `name`, else the first one that contains the explained item."""
    if name:
        return find_target(guideline, name)
    listing = [
        standing.target
        for subject in subjects
        for standing in list_standings(guideline, subject.capability.name)
    ]
    return find_target(guideline, listing[0]) if listing else guideline.targets[0]
