"""`defcheck gate` in a pipeline: one line, the exit code, and what is new."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]

DATA = Path(__file__).resolve().parents[2] / "data"
GOOD, BAD, CUT, SKIPPED, PART = (
    DATA / f"{one}.subunit.gz"
    for one in ("storage", "quotas-fail", "killed-worker", "class-skip", "quotas")
)
SCHEMA = Path(__file__).resolve().parents[3] / "reports/schemas/gate-1.json"
TARGET = ("-g", "2020.06", "-t", "storage")
KNOWN = """\
format: defcheck overlay 1
flags:
  - test: tempest.api.object_storage.test_container_quotas.ContainerQuotasTest.{}
    date: 2020-01-01
    expires: {}
    reason: The proxy answers late.
    approver: Cloud operations
"""


@pytest.mark.parametrize(
    ("results", "more", "code", "line"),
    [
        (
            GOOD,
            (),
            0,
            "GATE OPEN  58 of 58 different tests meet the rule. There is no baseline.\n",
        ),
        (
            GOOD,
            ("--baseline", GOOD),
            0,
            "GATE OPEN  No new problems in 58 different tests.\n",
        ),
        (
            BAD,
            ("--baseline", GOOD),
            1,
            "GATE CLOSED  Of 58 different tests, 2 regressed since the baseline. 53 did not run.",
        ),
        (
            BAD,
            ("--baseline", BAD),
            0,
            "GATE OPEN  No new problems in 58 different tests. 55",
        ),
        (
            BAD,
            (),
            1,
            "GATE CLOSED  Of 58 different tests, 2 failed or are incomplete. 53 did not run. "
            "There is no baseline.",
        ),
        (
            SKIPPED,
            ("--accept-incomplete",),
            3,
            "GATE UNCLEAR  Of 58 different tests, 53 did not run, which --accept-incomplete does "
            "not accept. 1 test that did not pass is accepted by --accept-incomplete. "
            "There is no baseline.",
        ),
        (CUT, ("--accept-incomplete",), 3, "GATE UNCLEAR  The results are incomplete: "),
        (BAD, ("--accept-incomplete",), 1, "GATE CLOSED  Of 58 different tests, 2 failed"),
        (CUT, (), 3, "GATE UNCLEAR  The results are incomplete: "),
        # A job that was cut off says nothing against the cloud.
        (CUT, ("--baseline", GOOD), 3, "GATE UNCLEAR  The results are incomplete: "),
        (
            CUT,
            ("--baseline", GOOD, "--fail-on", "incomplete"),
            1,
            "GATE CLOSED  Of 58 different tests, 54 no longer pass since the baseline.",
        ),
    ],
)
def test_one_line_and_the_exit_code(
    defcheck: Run, results: Path, more: tuple[str | Path, ...], code: int, line: str
) -> None:
    done = defcheck("gate", results, *TARGET, *more)
    assert done.returncode == code
    assert done.stdout.startswith(line)


@pytest.mark.parametrize(
    ("outcome", "codes"),
    [
        ('<skipped message="no volumes"/>', (3, 0)),
        ('<failure message="503"/>', (1, 1)),
        (None, (3, 3)),
    ],
    ids=["skipped", "failed", "not run"],
)
def test_an_incomplete_verdict_opens_only_where_the_user_accepts_it(
    defcheck: Run, tmp_path: Path, outcome: str | None, codes: tuple[int, int]
) -> None:
    names = ["t.A.test_a", "t.A.test_b"]
    guideline = {
        "metadata": {"id": "2031.01", "schema": "2.0"},
        "platforms": {"OpenStack Powered Storage": {"components": [{"name": "c"}]}},
        "components": {"c": {"capabilities": {"required": ["all"]}}},
        "capabilities": {"all": {"tests": {name: {} for name in names}}},
    }
    (tmp_path / "small.json").write_text(json.dumps(guideline))
    second = f'<testcase classname="t.A" name="test_b">{outcome}</testcase>' if outcome else ""
    results = tmp_path / "r.xml"
    results.write_text(f'<testsuite><testcase classname="t.A" name="test_a"/>{second}</testsuite>')
    given = ("gate", results, "-g", tmp_path / "small.json", "-t", "object")
    empty = tmp_path / "known.yaml"
    empty.write_text("format: defcheck overlay 1\nflags: []")
    plain, option = defcheck(*given), defcheck(*given, "--accept-incomplete")
    assert (plain.returncode, option.returncode) == codes
    assert defcheck(*given, "--known", empty).returncode == codes[0]
    assert "There is no baseline." in plain.stdout.splitlines()[0]
    if option.returncode == 0:
        assert "1 test that did not pass is accepted by --accept-incomplete." in option.stdout
        assert "A.test_b: skipped, accepted by --accept-incomplete" in option.stdout


def test_json_follows_its_schema(defcheck: Run) -> None:
    schema = json.loads(SCHEMA.read_bytes())
    for more in (
        (),
        ("--baseline", GOOD),
        ("--fail-on", "incomplete", "--fail-on", "advisory"),
        ("--accept-incomplete",),
    ):
        for results in (GOOD, BAD, CUT, SKIPPED):
            done = defcheck("gate", results, *TARGET, *more, "-f", "json")
            jsonschema.Draft202012Validator(schema).validate(json.loads(done.stdout))


def test_a_verdict_serves_as_baseline(defcheck: Run, refused: Refused, tmp_path: Path) -> None:
    assert defcheck("score", GOOD, *TARGET, "-f", "json:accepted.json").returncode == 0
    accepted = tmp_path / "work/accepted.json"
    done = defcheck("gate", GOOD, *TARGET, "--baseline", accepted)
    assert (done.returncode, done.stdout[:9]) == (0, "GATE OPEN")
    unnamed = accepted.with_name("accepted")
    unnamed.write_bytes(accepted.read_bytes())
    assert defcheck("gate", GOOD, *TARGET, "--baseline", unnamed).returncode == 0
    accepted.write_text(accepted.read_text().replace('"verdict": "pass"', '"verdict": "fine"'))
    refused(defcheck("gate", GOOD, *TARGET, "--baseline", accepted), 2, "verdict", "schema")
    accepted.write_text(accepted.read_text().replace("verdict 1", "verdict 9"))
    refused(defcheck("gate", GOOD, *TARGET, "--baseline", accepted), 2, "defcheck verdict 9")


def test_baseline_with_other_words_for_its_policy_is_taken(defcheck: Run, tmp_path: Path) -> None:
    defcheck("score", GOOD, *TARGET, "-f", "json:accepted.json")
    (path,) = tmp_path.rglob("accepted.json")
    document = json.loads(path.read_bytes())
    document["policy"].update(title="Other words", rule="Said otherwise by an older version.")
    path.write_text(json.dumps(document))
    done = defcheck("gate", GOOD, *TARGET, "--baseline", "accepted.json")
    assert done.returncode == 0, done.stderr


def test_a_baseline_of_another_guideline_target_or_policy(
    defcheck: Run, refused: Refused, tmp_path: Path
) -> None:
    defcheck("score", GOOD, "-g", "2018.11", "-t", "storage", "-f", "json:g.json")
    defcheck("score", GOOD, "-g", "2020.06", "-t", "compute", "-f", "json:t.json")
    defcheck("score", GOOD, *TARGET, "--strict", "-f", "json:p.json")
    refused(
        defcheck("gate", GOOD, *TARGET, "--baseline", "g.json"), 2, "2020.06", "2018.11", "again"
    )
    refused(defcheck("gate", GOOD, *TARGET, "--baseline", "t.json"), 2, "compute")
    refused(defcheck("gate", GOOD, *TARGET, "--baseline", "p.json"), 2, "another policy")
    refused(defcheck("gate", GOOD, *TARGET, "--baseline", CUT), 2, "is incomplete")
    refused(defcheck("gate", GOOD, *TARGET, "--fail-on", "regression"), 2, "needs a baseline")
    skips = defcheck("score", SKIPPED, *TARGET, "-f", "json:s.json")
    assert skips.returncode == 3
    nothing = tmp_path / "work/s.json"
    nothing.write_text(nothing.read_text().replace('"outcome": "passed"', '"outcome": "skipped"'))
    refused(
        defcheck("gate", GOOD, *TARGET, "--baseline", nothing), 2, "No test passed in", "s.json"
    )


def test_a_baseline_that_is_not_there_is_refused(defcheck: Run, refused: Refused) -> None:
    for name in ("gone", "gone.json", "none"):
        done = defcheck("gate", GOOD, *TARGET, "--baseline", name)
        refused(done, 2, f"The baseline {name} does not exist.", "omit --baseline")
    refused(defcheck("gate", GOOD, *TARGET, "--baseline", ""), 2, "--baseline is empty")


def test_options_that_contradict_each_other_are_refused(defcheck: Run, refused: Refused) -> None:
    both = ("--accept-incomplete", "--fail-on", "incomplete")
    refused(defcheck("gate", PART, *TARGET, *both), 2, "--accept-incomplete", "contradict")


def test_known_failures_are_accepted_until_they_expire(
    defcheck: Run, refused: Refused, tmp_path: Path
) -> None:
    path = tmp_path / "known.yaml"
    path.write_text(KNOWN.format("test_upload_large_object", "2999-12-31"))
    done = defcheck("gate", BAD, *TARGET, "--known", path)
    assert (done.returncode, "Closing: 1" in done.stdout) == (1, True)
    assert "known, active 2999-12-31, Cloud operations: The proxy answers late." in done.stdout
    path.write_text(KNOWN.format("test_upload_large_object", "2020-01-02"))
    done = defcheck("gate", BAD, *TARGET, "--known", path)
    assert "Closing: 2" in done.stdout
    assert "known, expired 2020-01-02" in done.stdout
    path.write_text(KNOWN.format("test_upload_valid_object", "2999-12-31"))
    done = defcheck("gate", GOOD, *TARGET, "--known", path)
    assert "test_upload_valid_object accepts nothing here" in " ".join(done.stdout.split())
    path.write_text("format: defcheck overlay 1\nflags: []")  # the last one was taken off
    assert defcheck("gate", GOOD, *TARGET, "--known", path).returncode == 0
    assert defcheck("gate", PART, *TARGET, "--known", path).returncode == 3
    path.write_text("format: nothing")
    refused(defcheck("gate", BAD, *TARGET, "--known", path), 2, "no overlay")


def test_markdown_says_it_too(defcheck: Run) -> None:
    done = defcheck("gate", BAD, *TARGET, "--baseline", GOOD, "-f", "markdown")
    assert done.stdout.startswith("# ✗ Gate closed: OpenStack Powered Storage, guideline 2020.06")
    assert "## Closing: 2" in done.stdout
    assert "## Not accepted: 53" in done.stdout


def test_the_result_is_one_line_however_narrow(defcheck: Run, environment: dict[str, str]) -> None:
    environment["COLUMNS"] = "40"
    done = defcheck("gate", BAD, *TARGET, "--baseline", DATA / "quotas.subunit.gz")
    assert done.stdout.splitlines()[0] == (
        "GATE CLOSED  Of 58 different tests, 2 regressed since the baseline. "
        "53 tests that did not pass are accepted."
    )
