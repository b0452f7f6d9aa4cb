"""Documents about several verdicts: the comparison of runs and the matrix of guidelines.

Their schemas are reports/schemas/comparison-1.json and reports/schemas/matrix-1.json.
A comparison lists changes only for two runs: from the first to the second.
"""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict
from enum import StrEnum

from defcheck import __version__
from defcheck.report.causes import choose_worst_test, collect_listed_tests
from defcheck.report.models.verdict_report import Document, refstack_facts
from defcheck.scoring.evidence import Evidence
from defcheck.scoring.matrix import MatrixCell, OutlookStep, TargetOutlook, build_outlooks
from defcheck.scoring.policy import ScoringOptions
from defcheck.scoring.verdict import TestVerdict, choose_worst, count_tests, group_by_test

MATRIX_FORMAT = "defcheck matrix 1"


def build_matrix_document(
    cells: Sequence[MatrixCell],
    evidence: Evidence,
    terms: ScoringOptions,
    *,
    source: str,
    results_sha256: str,
) -> Document:
    """Build the matrix of the verdicts on the results of `source`."""
    return {
        "format": MATRIX_FORMAT,
        "defcheck": __version__,
        "results": {"source": source, "format": evidence.format, "sha256": results_sha256},
        "changes": list(terms.changes),
        "problems": list(evidence.problems),
        "verdicts": [_cell_facts(cell) for cell in cells],
        "outlooks": [_outlook_facts(outlook) for outlook in build_outlooks(cells)],
    }


def _cell_facts(cell: MatrixCell) -> Document:
    verdict = cell.verdict
    return {
        "guideline": cell.guideline.id,
        "status": cell.guideline.status,
        "policy": cell.guideline.policy.value,
        "target": {"name": cell.target.name, "title": cell.target.title},
        "verdict": verdict.judgement.value if verdict else None,
        "without_overlay": (
            verdict.without_overlay.value if verdict and verdict.without_overlay else None
        ),
        "error": cell.error,
        "counted": asdict(count_tests(verdict.counted_tests)) if verdict else None,
        "ran": cell.ran,
        "refstack": refstack_facts(verdict.refstack) if verdict else None,
    }


def _outlook_facts(outlook: TargetOutlook) -> Document:
    return {
        "target": outlook.target,
        "passed": outlook.passed or None,
        "steps": [_step_facts(step) for step in outlook.steps],
    }


def _step_facts(step: OutlookStep) -> Document:
    return {
        "guideline": step.cell.guideline.id,
        "status": step.cell.guideline.status,
        "ran": step.cell.ran,
        "counted": count_tests(step.cell.verdict.counted_tests).total if step.cell.verdict else 0,
        "required": _list_gaps(step.required),
        "advisory": _list_gaps(step.advisory),
    }


def _list_gaps(lacking: Sequence[TestVerdict]) -> list[Document]:
    return [_gap_facts(listings) for listings in group_by_test(lacking).values()]


def _gap_facts(listings: Sequence[TestVerdict]) -> Document:
    test = choose_worst(listings)
    return {
        "capabilities": [one.capability for one in listings],
        "test": test.name,
        "outcome": test.outcome.value,
        "judgement": test.judgement.value,
        "reason": test.reason,
    }


Tables = dict[tuple[str, ...], list[list[Document]]]
"""The targets of a table, and the verdicts of each guideline that has them."""


def group_into_tables(document: Document) -> Tables:
    """Return one table for each set of targets, in guideline order."""
    by_guideline: dict[str, list[Document]] = {}
    for row in document["verdicts"]:
        by_guideline.setdefault(row["guideline"], []).append(row)
    found: Tables = {}
    for rows in by_guideline.values():
        found.setdefault(tuple(row["target"]["name"] for row in rows), []).append(rows)
    return found


def differs_from_refstack(row: Document) -> bool:
    """Return whether RefStack's answer differs from the verdict."""
    answer = row["refstack"]["answer"] if row["refstack"] else None
    return answer is not None and (answer == "YES") != (row["verdict"] == "pass")


def merge_steps(steps: list[Document]) -> list[tuple[list[str], Document]]:
    """Merge outlook steps with the same gaps; each gets the ids of all its guidelines."""
    found: dict[str, tuple[list[str], Document]] = {}
    for step in steps:
        gaps = (*step["required"], None, *step["advisory"])
        key = repr([gap and (gap["test"], gap["reason"]) for gap in gaps])
        names, _ = found.setdefault(key, ([], step))
        names.append(step["guideline"])
    return list(found.values())


COMPARISON_FORMAT = "defcheck comparison 1"

SLOWER_FACTOR = 2.0
"""A test is reported as slower from this factor on."""

SLOWER_SECONDS = 5.0
"""And from this difference on, in seconds; smaller differences are noise."""

FAILED_OUTCOMES = ("failed", "fixture error", "passed, teardown error")
"""Outcomes that make a test that passed a regression; the others only lose the pass."""


class ResultChange(StrEnum):
    """How the result of a test changed from one run to another."""

    REGRESSED = "broke"
    """It met the rule, and now fails."""

    LOST_PASS = "lost"
    """It passed, and now neither passes nor fails: skipped, not run, interrupted.

    An allowed skip counts like a pass here: a test that then did not run has lost it.
    """

    FIXED = "mended"
    """It now passes, or now has an allowed skip and did not meet the rule before."""

    OTHER = "other"
    """It met the rule neither time, with different outcomes."""

    FLAKY = "flaky"
    """It both passed and failed within one of the runs."""

    SLOWER = "slower"
    """It passed both times and took much longer."""


def build_comparison_document(labels: Sequence[str], verdicts: Sequence[Document]) -> Document:
    """Build the comparison of labelled verdicts on the same guideline and target."""
    first = verdicts[0]
    capabilities = [_compare_capability(items) for items in _zip_capabilities(verdicts)]
    tests = _compare_tests(verdicts)
    return {
        "format": COMPARISON_FORMAT,
        "defcheck": __version__,
        "guideline": {key: first["guideline"][key] for key in ("id", "sha256")},
        "target": first["target"],
        "policy": first["policy"],
        "columns": [_describe_column(*pair) for pair in zip(labels, verdicts, strict=True)],
        "capabilities": capabilities,
        "tests": [test for test in tests if _has_difference(test)],
        "same": sum(not _has_difference(test) for test in tests),
        "changes": _list_changes(tests) if len(verdicts) == 2 else None,
    }


def _describe_column(label: str, verdict: Document) -> Document:
    run = verdict["run"]
    return {
        "label": label,
        "source": verdict["results"]["source"],
        "sha256": verdict["results"]["sha256"],
        "cloud": run["cloud"]["name"] if run else "",
        "started": run["started"] if run else "",
        "verdict": verdict["verdict"],
        "counted": verdict["counts"]["counted"],
        "capabilities": verdict["counts"]["capabilities"],
        "refstack": verdict["refstack"] and verdict["refstack"]["answer"],
        "problems": verdict["problems"],
    }


def _zip_capabilities(verdicts: Sequence[Document]) -> list[tuple[Document, ...]]:
    """Yield each capability with its entry in every verdict; the order is always the same."""
    return list(zip(*(verdict["capabilities"] for verdict in verdicts), strict=True))


def _compare_capability(items: Sequence[Document]) -> Document:
    return {
        **{key: items[0][key] for key in ("name", "status", "component")},
        "judgements": [item["judgement"] for item in items],
    }


def _compare_tests(verdicts: Sequence[Document]) -> list[Document]:
    """Return each test once, with its capabilities and its result in every run."""
    flaky = [{one["name"] for one in verdict["flaky"]} for verdict in verdicts]
    beside = [collect_listed_tests(verdict) for verdict in verdicts]
    return [
        {
            "name": name,
            "counted": any(one.counted for one in listings),
            "capabilities": [one.capability for one in listings],
            "results": [
                _describe_result(choose_worst_test(listed[name]), names)
                for listed, names in zip(beside, flaky, strict=True)
            ],
        }
        for name, listings in beside[0].items()
    ]


def _describe_result(test: Document, flaky: Set[str]) -> Document:
    return {
        **{key: test[key] for key in ("outcome", "judgement", "reason", "seconds")},
        "flaky": not flaky.isdisjoint(test["found"]),
    }


def _has_difference(test: Document) -> bool:
    results = test["results"]
    return len({one["outcome"] for one in results}) > 1 or any(one["flaky"] for one in results)


def _list_changes(tests: Sequence[Document]) -> Document:
    changes: dict[str, list[Document]] = {kind.value: [] for kind in ResultChange}
    for test in tests:
        before, after = test["results"]
        for kind in classify_changes(before, after):
            changes[kind.value].append({"name": test["name"], "counted": test["counted"]})
    return changes


def classify_changes(
    before: Mapping[str, object], after: Mapping[str, object]
) -> list[ResultChange]:
    """Return how a test changed between two results; nothing if it did not."""
    found = [ResultChange.FLAKY] if before["flaky"] or after["flaky"] else []
    passed = (before["outcome"] == "passed", after["outcome"] == "passed")
    # If the policy allows skips, a skipped test meets the rule, so it can regress too.
    meets = (before["judgement"] == "pass", after["judgement"] == "pass")
    if passed == (True, True):
        found += [ResultChange.SLOWER] if _is_slower(before["seconds"], after["seconds"]) else []
    elif passed == (True, False) or meets == (True, False):
        failed = after["outcome"] in FAILED_OUTCOMES
        found.append(ResultChange.REGRESSED if failed else ResultChange.LOST_PASS)
    elif passed == (False, True) or meets == (False, True):
        found.append(ResultChange.FIXED)
    elif before["outcome"] != after["outcome"]:
        found.append(ResultChange.OTHER)
    return found


def _is_slower(before: object, after: object) -> bool:
    if not isinstance(before, int | float) or not isinstance(after, int | float):
        return False
    return after >= SLOWER_FACTOR * before and after - before >= SLOWER_SECONDS


CHANGE_TITLES = {
    ResultChange.REGRESSED: "Regressions",
    ResultChange.LOST_PASS: "No longer passing, without a failure",
    ResultChange.FIXED: "Fixed",
    ResultChange.OTHER: "Still not passing, with a different outcome",
    ResultChange.FLAKY: "Flaky",
    ResultChange.SLOWER: "Slower",
}

CHANGE_WORDS = {
    ResultChange.REGRESSED: ("regressed", "regressed"),
    ResultChange.LOST_PASS: ("no longer passes", "no longer pass"),
    ResultChange.FIXED: ("was fixed", "were fixed"),
    ResultChange.OTHER: ("changed but does not pass", "changed but do not pass"),
}
"""Wording of the changes that can change a verdict, for one test and for several."""


def describe_change_count(kind: ResultChange, number: int) -> str:
    """Return how many tests changed this way, in words; empty for none."""
    return f"{number} {CHANGE_WORDS[kind][number > 1]}" if number else ""


def describe_comparison(document: Document) -> str:
    """Summarize in a sentence: which runs pass and, for two runs, what changed."""
    columns = document["columns"]
    passing = [column["label"] for column in columns if column["verdict"] == "pass"]
    if len(passing) == len(columns):
        passes = f"All {len(columns)} pass."
    elif passing:
        verb = "passes" if len(passing) == 1 else "pass"
        passes = f"{len(passing)} of {len(columns)} {verb}: {', '.join(passing)}."
    else:
        passes = f"None of the {len(columns)} passes."
    if document["changes"] is None:
        return passes
    told = [
        describe_change_count(kind, sum(one["counted"] for one in document["changes"][kind.value]))
        for kind in CHANGE_WORDS
    ]
    between = ", ".join(filter(None, told)) or "no counted test changed"
    return f"{passes} From the first to the second: {between}."


def has_refstack_answers(document: Document) -> bool:
    """Return whether any column has a RefStack answer; RefStack never had SCS-0128."""
    return any(column["refstack"] for column in document["columns"])


def list_damaged_results(document: Document) -> list[str]:
    """Return a sentence for each column with damaged or incomplete results."""
    return [
        f"The results of {column['label']} are incomplete: {'; '.join(column['problems'][:3])}."
        for column in document["columns"]
        if column["problems"]
    ]


def list_differing_capabilities(document: Document) -> list[Document]:
    """Return the capabilities on which the columns differ."""
    return [item for item in document["capabilities"] if len(set(item["judgements"])) > 1]


def list_titled_changes(document: Document) -> list[tuple[str, list[Document]]]:
    """Return the changed tests by title; nothing unless there are two columns."""
    found = document["changes"] or {}
    tests = {test["name"]: test for test in document["tests"]}
    return [
        (title, [{**one, "results": tests.get(one["name"], {}).get("results")} for one in listed])
        for kind, title in CHANGE_TITLES.items()
        if (listed := found.get(kind.value))
    ]


def choose_column_labels(verdicts: Sequence[Document]) -> list[str]:
    """Return a unique label for each verdict.

    The cloud name alone if that is unique, else with the day, the time or the source.
    """
    for choice in (_label_by_cloud, _label_by_day, _label_by_time, _label_by_source):
        labels = [choice(verdict) for verdict in verdicts]
        if all(labels) and len(set(labels)) == len(labels):
            return labels
    seen: Counter[str] = Counter()
    found = []
    for verdict in verdicts:
        source = _label_by_source(verdict)
        seen[source] += 1
        found.append(f"{source} ({seen[source]})" if seen[source] > 1 else source)
    return found


def _label_by_cloud(verdict: Document) -> str:
    return str(verdict["run"]["cloud"]["name"]) if verdict["run"] else _label_by_source(verdict)


def _label_by_day(verdict: Document) -> str:
    return f"{_label_by_cloud(verdict)} {verdict['run']['started'][:10]}" if verdict["run"] else ""


def _label_by_time(verdict: Document) -> str:
    return f"{_label_by_cloud(verdict)} {verdict['run']['started'][:19]}" if verdict["run"] else ""


def _label_by_source(verdict: Document) -> str:
    return str(verdict["results"]["source"])
