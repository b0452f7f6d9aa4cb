"""Scheduling beside stestr's, without a cloud and with one; nothing is asserted about time."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from defcheck.guideline import catalog
from defcheck.guideline.model import Status
from defcheck.guideline.select import find_target
from defcheck.results import sources
from defcheck.runner.preparation import Request, configure, write_configuration
from defcheck.tempest import installed
from defcheck.tempest.plan import make_plan
from defcheck.tempest.workspace import open_workspace
from tests.bench.recorded import RESULTS
from tests.bench.replay import make

pytestmark = pytest.mark.timeout(3600)

STREAM = "full-dynamic-c2"
SCALE = 1 / 15
"""Of the recorded seconds; the whole platform sleeps for a minute then."""

ROUNDS = int(os.environ.get("DEFCHECK_BENCH_ROUNDS", "5"))
DEFCHECK = [sys.executable, "-m", "defcheck"]

Show = Callable[[str], None]


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Show:
    """Return a function that prints in spite of pytest."""

    def show(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}", end="", flush=True)

    return show


@pytest.mark.skipif(not RESULTS.is_dir(), reason="../shared/results is not beside the checkout")
@pytest.mark.parametrize("workers", [4, 8, 16])
def test_replayed_classes_without_a_cloud(tmp_path: Path, workers: int, show: Show) -> None:
    """Makespans over max(longest class, total / workers)."""
    replay = make(tmp_path / "workspace", STREAM, SCALE)
    bound = replay.bound(workers)
    found = {
        "stestr without history": replay.with_stestr(workers),
        "stestr with history": replay.with_stestr(workers),
        "defcheck without history": replay.with_defcheck(tmp_path / "a", workers, history=False),
        "defcheck with history": replay.with_defcheck(tmp_path / "b", workers, history=True),
    }
    show(f"{workers} workers, {len(replay.classes)} classes, bound {bound:.1f} s:")
    for name, seconds in found.items():
        show(f"  {name:25} {seconds:5.1f} s, {seconds / bound:.2f} of the bound")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Path]:
    """Start a lab of the bench's own; return its folder."""
    state = tmp_path / "lab"
    environment = {**os.environ, "DEFCHECK_LAB_STATE": str(state)}
    subprocess.run([*DEFCHECK, "lab", "up"], env=environment, capture_output=True, check=True)
    yield state
    subprocess.run([*DEFCHECK, "lab", "clean"], env=environment, capture_output=True, check=True)


@pytest.mark.filterwarnings("ignore")  # of openstacksdk's
def test_storage_on_the_small_lab_with_two_workers(lab: Path, tmp_path: Path, show: Show) -> None:
    """The same settings and accounts; `tempest run` and defcheck take turns."""
    accounts = lab / "accounts.yaml"
    mine: list[float] = []
    theirs: list[float] = []
    with_cloud = Request(
        "2020.06",
        "storage",
        tmp_path / "unused",
        cloud="defcheck-lab-member",
        accounts=accounts,
        clouds_files=(lab / "clouds.yaml",),
    )
    guideline = catalog.load("2020.06")
    what = ["--cloud", with_cloud.cloud, "--accounts", str(accounts)]
    what += ["-g", "2020.06", "-t", "storage"]
    for number in range(ROUNDS):
        with open_workspace(installed.find()) as workspace:
            write_configuration(
                workspace, configure(with_cloud, {"object", "identity"}, Quiet())[1]
            )
            names = workspace.list_tests()
            target = find_target(guideline, "storage")
            tests = make_plan(guideline, target, (Status.REQUIRED,), names).tests
            (workspace.folder / "list").write_text("\n".join(tests) + "\n")
            command = [sys.executable, "-m", "tempest.cmd.main", "run", "--load-list", "list"]
            began = time.monotonic()
            subprocess.run(
                [*command, "--concurrency", "2"],
                cwd=workspace.folder,
                env={**workspace.environment(), "HOME": str(tmp_path)},
                capture_output=True,
                timeout=900,
                check=False,
            )
            theirs.append(time.monotonic() - began)
            passed = passes(workspace.folder)
        # Each in a folder of its own, where no earlier run is found.
        output = tmp_path / str(number) / "run"
        began = time.monotonic()
        subprocess.run(
            [*DEFCHECK, "run", *what, "-j", "2", "-o", str(output)],
            env={**os.environ, "DEFCHECK_LAB_STATE": str(lab)},
            capture_output=True,
            timeout=900,
            check=False,
        )
        mine.append(time.monotonic() - began)
        assert passes(output) == passed > 50
        shutil.rmtree(output)
    a, b = statistics.median(mine), statistics.median(theirs)
    show(f"storage, 2 workers, medians of {ROUNDS}: defcheck {a:.1f} s, tempest run {b:.1f} s")
    show(f"  ratio {a / b:.2f}; defcheck {rounded(mine)}, tempest run {rounded(theirs)}")


def passes(folder: Path) -> int:
    return sum(event.outcome == "passed" for event in sources.read(str(folder)).events)


def rounded(seconds: list[float]) -> str:
    return " ".join(f"{one:.1f}" for one in seconds)


class Quiet:
    """A watcher that shows nothing."""

    def say(self, text: str) -> None: ...

    def planned(self, tests: object, workers: int) -> None: ...

    def event(self, event: object) -> None: ...
