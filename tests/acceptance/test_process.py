"""What the installed command gives a shell: its code and both streams, as the tests' own
process gives them to `tests/unit/cli`.
"""

import json
import re
import time
from pathlib import Path

import pytest

from tests.commandline import Run, make_runner, run_here
from tests.unit.cli.test_bad_servers import HEAD, answering, drip
from tests.unit.shared import DATA

GOOD, BAD, CUT = (DATA / f"{one}.subunit.gz" for one in ("storage", "quotas-fail", "killed-worker"))
STORAGE = ("-g", "2020.06", "-t", "storage")
CLOUD = """
clouds:
  mine:
    auth: {auth_url: "http://127.0.0.1:9/v3", username: u, password: canary, project_name: p,
           user_domain_name: Default, project_domain_name: Default}
"""
TIME = re.compile(r"^ *\d+\.\d s ", re.MULTILINE)


@pytest.fixture
def both(tmp_path: Path, environment: dict[str, str], defcheck: Run) -> tuple[Run, Run]:
    """Return defcheck in a process of its own and in this one, in the same folder."""
    folder = tmp_path / "work"
    (folder / "clouds.yaml").write_text(CLOUD)
    (folder / "o.yaml").write_text("format: defcheck overlay 1\nflags: []\n")
    return defcheck, make_runner(run_here, folder, environment)


def name_case(value: int | tuple[str | Path, ...]) -> str | None:
    """Return the words of a command, files by their names alone."""
    if isinstance(value, int):
        return None
    return " ".join(one.name if isinstance(one, Path) else one for one in value)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--version",), 0),
        (("score", GOOD, *STORAGE), 0),
        (("score", BAD, *STORAGE), 1),
        (("score", BAD, *STORAGE, "-f", "junit"), 1),
        (("score", CUT, *STORAGE), 3),
        (("score", "none", *STORAGE), 2),
        (("score", GOOD, *STORAGE, "--no-such"), 2),
        (("score", GOOD, *STORAGE, "--overlay", "o.yaml"), 2),
        (("gate", BAD, *STORAGE, "--baseline", GOOD), 1),
        (("compare", GOOD, BAD, *STORAGE), 0),
        (("explain", "objectstore-object-create"), 0),
        (("guideline", "show", "1999.01"), 2),
        (("cloud", "check", "mine", "-t", "storage"), 4),
        (("cloud", "check", "other", "-t", "storage"), 2),
        (("upload", GOOD, "--dry-run", "--cpid", "c"), 0),
        (("verify", GOOD), 2),
    ],
    ids=name_case,
)
def test_process_gives_the_code_and_streams_that_in_process_tests_see(
    both: tuple[Run, Run], words: tuple[str | Path, ...], code: int
) -> None:
    own, here = (run(*words) for run in both)
    assert own.returncode == here.returncode == code, own.stderr
    assert own.stdout == here.stdout
    assert TIME.sub("", own.stderr) == TIME.sub("", here.stderr)
    assert own.stdout + own.stderr


def test_results_come_from_a_pipe_and_reports_go_to_files(defcheck: Run, tmp_path: Path) -> None:
    written = tmp_path / "verdict.json"
    done = defcheck("score", "-", *STORAGE, "-f", f"json:{written}", stdin=BAD.read_bytes())
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads(written.read_bytes())["verdict"] == "fail"


def test_process_ends_in_time_while_a_server_still_answers(
    defcheck: Run, environment: dict[str, str]
) -> None:
    for name in [name for name in environment if name.lower().endswith("_proxy")]:
        del environment[name]
    with answering(drip(HEAD + b"Server:")) as (url, _):
        began = time.monotonic()
        done = defcheck("results", "list", "--url", url, "--timeout", "2")
        took = time.monotonic() - began
    assert done.returncode == 4
    assert "did not respond within 2 s" in done.stderr
    assert took < 30  # the server goes on for a minute
