"""Scheduling beside stestr's, without a cloud and with one; nothing is asserted about time."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from defcheck.cloud import tempest_conf
from defcheck.lab.paths import find_state_folder
from defcheck.runner.preparation import RunRequest, prepare_run
from tests.bench.recorded import RESULTS
from tests.bench.replay import make
from tests.bench.sidebyside import (
    DEFCHECK,
    Measured,
    defcheck_run,
    median,
    summary,
    tempest_run,
)

pytestmark = pytest.mark.timeout(3600)

STREAM = "full-dynamic-c2"
SCALE = 1 / 15
"""Of the recorded seconds; the whole platform sleeps for a minute then."""

ROUNDS = int(os.environ.get("DEFCHECK_BENCH_ROUNDS", "5"))

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
    request = RunRequest(
        "2020.06",
        "storage",
        tmp_path / "unused",
        cloud="defcheck-lab-member",
        accounts=accounts,
        clouds_files=(lab / "clouds.yaml",),
    )
    configuration = prepare_run(request, {"object", "identity"}, Quiet()).configuration
    options: list[str | Path] = [
        "--cloud",
        request.cloud,
        "--accounts",
        accounts,
        "-t",
        "storage",
        "-j",
        "2",
    ]
    theirs: list[Measured] = []
    mine: list[Measured] = []
    for number in range(ROUNDS):
        theirs.append(tempest_run(configuration, "storage", tmp_path, ["--concurrency", "2"]))
        # Each in a folder of its own, where no earlier run is found.
        output = tmp_path / str(number) / "run"
        mine.append(defcheck_run(options, output, {"DEFCHECK_LAB_STATE": str(lab)}))
        assert mine[-1].outcomes["passed"] == theirs[-1].outcomes["passed"] > 50
        shutil.rmtree(output)
    show_ratio(show, "storage on the small lab, 2 workers", mine, theirs)


FULL = find_state_folder("full")


@pytest.mark.filterwarnings("ignore")  # of openstacksdk's
@pytest.mark.skipif(not (FULL / "tempest.conf").exists(), reason="no full lab is up")
class TestPlatformOnTheFullLab:
    """Of `defcheck lab up --size full`, which is up and stays so."""

    def test_each_with_its_own_defaults(self, tmp_path: Path, show: Show) -> None:
        """`tempest run` as an administrator has no more than a tempest.conf."""
        theirs: list[Measured] = []
        mine: list[Measured] = []
        dynamic: list[Measured] = []
        options = ["--cloud", "defcheck-lab-full", "-t", "platform"]
        for number in range(ROUNDS):
            own = tempest_conf.load_configuration(FULL / "tempest.conf", None)
            theirs.append(tempest_run(own, "platform", tmp_path, debug=False))
            show(summary(f"tempest run, round {number + 1}", theirs[-1:]))
            mine.append(defcheck_run(options, tmp_path / f"pool{number}" / "run"))
            show(summary(f"defcheck, round {number + 1}", mine[-1:]))
            options_of_dynamic = [*options, "--users", "dynamic"]
            dynamic.append(defcheck_run(options_of_dynamic, tmp_path / f"dynamic{number}" / "run"))
            show(summary(f"--users dynamic, round {number + 1}", dynamic[-1:]))
        show_ratio(show, "platform, own defaults", mine, theirs)
        show_ratio(show, "platform, users by Tempest's dynamic credentials", dynamic, theirs)

    @pytest.mark.parametrize("workers", ["2", "4"])
    def test_same_configuration_and_accounts(
        self, tmp_path: Path, show: Show, workers: str
    ) -> None:
        theirs: list[Measured] = []
        mine: list[Measured] = []
        conf, accounts = FULL / "tempest.conf", FULL / "accounts.yaml"
        options: list[str | Path] = ["--cloud", "defcheck-lab-full", "-t", "platform"]
        options += ["-j", workers]
        options += ["--tempest-conf", conf, "--accounts", accounts]
        for number in range(ROUNDS):
            own = tempest_conf.load_configuration(conf, accounts)
            theirs.append(tempest_run(own, "platform", tmp_path, ["--concurrency", workers]))
            show(summary(f"tempest run, round {number + 1}", theirs[-1:]))
            mine.append(defcheck_run(options, tmp_path / str(number) / "run"))
            show(summary(f"defcheck, round {number + 1}", mine[-1:]))
        show_ratio(show, f"platform, same configuration, {workers} workers", mine, theirs)


def show_ratio(show: Show, what: str, mine: Sequence[Measured], theirs: Sequence[Measured]) -> None:
    show(f"{what}, medians of {ROUNDS}:")
    show(summary("defcheck", mine))
    show(summary("tempest run", theirs))
    wall, processor = (
        median(mine, figure) / median(theirs, figure) for figure in ("wall", "processor")
    )
    show(f"  ratios: wall {wall:.2f}, client's processor {processor:.2f}")


class Quiet:
    """A watcher that shows nothing."""

    def say(self, text: str) -> None: ...

    def planned(self, tests: object, workers: int) -> None: ...

    def event(self, event: object) -> None: ...

    def ended(self, *, interrupted: bool) -> None: ...
