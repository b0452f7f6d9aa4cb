"""A class that is skipped by the number of a bug is skipped, in every format and wording."""

from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from defcheck.guideline.selection import find_target
from defcheck.report.models.verdict_report import build_verdict_document
from defcheck.results.loader import load_results
from defcheck.results.models import ResultSet
from defcheck.scoring.policy import Judgement
from defcheck.scoring.verdict import score_results
from tests.unit.results.streams import attached, begun, ended, v1, v2
from tests.unit.results.writers import write_case, write_end, write_junitxml
from tests.unit.shared import guideline

OWNER = "tempest.api.compute.servers.test_servers.ServersTestJSON"
TEST = f"{OWNER}.test_create"
LAUNCHPAD = "Skipped until bug: https://launchpad.net/bugs/1317133 is resolved."

REASONS = (
    LAUNCHPAD,
    "Skipped until bug: https://storyboard.openstack.org/#!/story/1317133 is resolved.",
    "Skipped until Bug: 1317133 is resolved.",
    "Skipped because of bug#1317133.",
)
"""How releases of Tempest say it."""

NAMES = (
    f"setUpClass ({OWNER})",
    f"{OWNER}.setUpClass",
    f"setUpModule ({OWNER.rpartition('.')[0]})",
    TEST,
    f"{TEST}[id-585e934c-448e-43c4-acbf-d06a9b899997,smoke]",
)
"""Whose skip it is: the class's, the module's, or the test's own."""


def stream(name: str, reason: str, file: str = "reason") -> list[dict[str, object]]:
    return [begun(name), attached(name, file, reason), ended(name, "skip")]


def junit(name: str, inner: str) -> bytes:
    return f"<testsuite name='s'>{write_case('', name, inner)}</testsuite>".encode()


FORMATS: dict[str, Callable[[str, str], bytes]] = {
    "subunit v1": lambda name, reason: v1(*stream(name, reason)),
    "subunit v1, plain": lambda name, reason: (
        f"test: {name}\nskip: {name} [\n{reason}\n]\n".encode()
    ),
    "subunit v2": lambda name, reason: v2(*stream(name, reason)),
    "subunit v2, without a beginning": lambda name, reason: v2(*stream(name, reason)[1:]),
    "subunit2junitxml": lambda name, reason: write_junitxml(stream(name, reason)),
    "JUnit, attribute": lambda name, reason: junit(name, write_end("skip", reason)),
    "JUnit, text": lambda name, reason: junit(name, f"<skipped>{escape(reason)}</skipped>"),
}


def results(folder: Path, written: bytes) -> ResultSet:
    path = folder / "results"
    path.write_bytes(written)
    return load_results(str(path))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", FORMATS)
def test_skip_by_bug_number_is_a_skip_with_its_reason(tmp_path: Path, form: str, name: str) -> None:
    for reason in REASONS:
        found = results(tmp_path, FORMATS[form](name, reason))
        assert found.problems == ()
        wanted = guideline({TEST: {}})
        verdict = score_results(wanted, find_target(wanted), found)
        (test,) = verdict.tests
        assert (test.outcome.value, test.reason) == ("skipped", reason)
        document = build_verdict_document(verdict, source="s", results_sha256="0" * 64)
        (cause,) = document["causes"]
        assert cause["kind"] == "known bug"
        assert document["counts"]["counted"]["failed"] == 0
        assert verdict.judgement is Judgement.INCOMPLETE


@pytest.mark.parametrize("form", FORMATS)
def test_skip_by_bug_number_is_allowed_where_skips_are(tmp_path: Path, form: str) -> None:
    found = results(tmp_path, FORMATS[form](NAMES[0], LAUNCHPAD))
    wanted = guideline({TEST: {}, f"{OWNER}.test_delete": {}}, policy="scs")
    verdict = score_results(wanted, find_target(wanted), found)
    assert {test.outcome.value for test in verdict.tests} == {"skipped"}
