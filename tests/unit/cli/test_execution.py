"""What is written after a run, whatever RefStack could take of it."""

import gzip
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from defcheck.cli import output, run_output
from defcheck.cli.terminal import Verbosity
from defcheck.errors import ExitCode
from defcheck.guideline import catalog
from defcheck.runner.record import RunRecord
from defcheck.runner.run_directory import RunDirectory
from defcheck.runner.runs import RunResult
from defcheck.scoring.policy import DEFAULT_OPTIONS

DATA = Path(__file__).resolve().parents[2] / "data"


def ended(path: Path, stream: str, cpid: str) -> RunResult:
    """Return a recorded run as if it had just ended."""
    guideline, data = catalog.load_with_bytes("2020.06")
    inventory = gzip.decompress((DATA / "inventory.txt.gz").read_bytes())
    results = gzip.decompress((DATA / f"{stream}.subunit.gz").read_bytes())
    directory = RunDirectory.create(path)
    directory.write_inputs(data, "", inventory)
    directory.raw_results.write_bytes(results)
    record = RunRecord.build(
        defcheck="0",
        tempest="47.0.0",
        python="3.11.7",
        guideline={"id": "2020.06", "sha256": guideline.sha256, "schema": "2.0"},
        target="object",
        statuses=["required"],
        cloud={"name": "c", "auth_url": "http://127.0.0.1/v3", "region": "R", "cpid": cpid},
        credentials="accounts",
        workers=2,
        planned=["a"],
        absent=[],
        inventory_sha256=hashlib.sha256(inventory).hexdigest(),
        started="2031-01-01T00:00:00+00:00",
        state="finished",
        runner_code=0,
        results_sha256=hashlib.sha256(results).hexdigest(),
    )
    directory.write_record(record)
    return RunResult(directory, record, interrupted=False)


@pytest.mark.parametrize(
    ("stream", "cpid", "code"),
    [
        ("storage", "a cloud", ExitCode.OK),
        ("storage", "", ExitCode.USAGE),
        ("quotas-fail", "a cloud", ExitCode.FAIL),
        ("quotas-fail", "", ExitCode.FAIL),
    ],
)
def test_a_run_keeps_its_reports_where_refstack_could_take_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], stream: str, cpid: str, code: ExitCode
) -> None:
    csv, passed = tmp_path / "tests.csv", tmp_path / "passed.json"
    done = ended(tmp_path / "run", stream, cpid)
    assert (
        run_output.report_run(done, DEFAULT_OPTIONS, [("refstack", passed), ("csv", csv)]) == code
    )
    assert csv.exists()
    assert (tmp_path / "run/report.html").exists()
    said = capsys.readouterr().err
    if cpid:
        assert json.loads(passed.read_bytes())["cpid"] == cpid
    else:
        assert not passed.exists()
        assert "Not written: refstack. The results do not name their cloud" in said


@pytest.mark.parametrize("begun", [True, False])
def test_who_interrupts_twice_is_told_where_the_run_lies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, begun: bool
) -> None:
    """The name of its directory is one that defcheck has chosen."""
    path = tmp_path / "a run"
    if begun:
        ended(path, "storage", "c")
    with pytest.raises(KeyboardInterrupt), run_output.explain_interruption(path):
        raise KeyboardInterrupt
    told = (
        f"Partial results are kept in {path}.\n"
        f"  Continue: defcheck resume '{path}'\n"
        f"  Discard:  defcheck cleanup '{path}' --yes && rm -r '{path}'\n"
    )
    assert capsys.readouterr().err == (told if begun else "")


def test_interrupted_run_ends_with_one_block_of_what_is_done_and_the_two_ways_from_here(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = replace(ended(tmp_path / "run", "killed-stestr", "c"), interrupted=True)
    done.record.inputs.planned[:] = [*done.record.inputs.planned, "a.b.C.test_never"]
    done.record.update_outcome(state="interrupted")
    done.directory.write_record(done.record)
    assert run_output.report_run(done, DEFAULT_OPTIONS) == 130
    shown = capsys.readouterr()
    block = shown.err.splitlines()[-3:]
    number = len(done.record.inputs.planned)
    assert re.fullmatch(
        rf"Interrupted: \d+ of {number} planned tests ended; they are kept in .*run\.", block[0]
    )
    assert [line.split(":")[0].strip() for line in block[1:]] == ["Continue", "Discard"]
    assert (shown.out + shown.err).count("defcheck cleanup") == 1


@pytest.mark.parametrize("quiet", [False, True])
def test_leftovers_are_to_be_cleaned_up_by_the_path_that_was_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    quiet: bool,
) -> None:
    path = tmp_path / "w/run"
    path.parent.mkdir()
    done = ended(path, "storage", "c")
    done.record.inputs = replace(done.record.inputs, prefix="defcheck-1a2b3c")
    done.record.update_outcome(leftovers=None)
    done.directory.write_record(done.record)
    for module in (run_output, output):
        monkeypatch.setattr(module, "get_verbosity", lambda: Verbosity(quiet=quiet))
    run_output.report_run(done, DEFAULT_OPTIONS)
    shown = capsys.readouterr()
    assert f"`defcheck cleanup {path}`" in " ".join((shown.out + shown.err).split())
    assert "defcheck cleanup RUN" in (path / "report.html").read_text()
