"""What befalls a run against a real cloud: everything that ended is kept, and it can go on."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.place import DEFCHECK
from tests.e2e.test_run import Place, alive, outcomes, verdict

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

GUIDELINES = Path(__file__).resolve().parents[2] / "guidelines"
CHOSEN = (
    "objectstore-container-create",
    "objectstore-object-get",
    "objectstore-temp-url-get",
    "identity-v3-tokens-create",
)
TESTS = 7
SLEEPER = "test_get_object_after_expiry_time"
"""It sleeps for 10 s, so that there is something to cut off."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Return a place with a lab and a guideline of a few tests."""
    place = Place(tmp_path_factory.mktemp("faults"))
    (place.folder / "few.json").write_text(json.dumps(few()))
    try:
        done = place.defcheck("lab", "up")
        assert done.returncode == 0, done.stderr
        yield place
    finally:
        place.defcheck("lab", "clean")


def few() -> dict[str, Any]:
    """Return guideline 2020.06 with a few of its capabilities."""
    document: dict[str, Any] = json.loads((GUIDELINES / "2020.06.json").read_bytes())
    storage = document["components"]["os_powered_storage"]
    storage["capabilities"] = {"required": list(CHOSEN)}
    document["components"] = {"os_powered_storage": storage}
    platforms = document["platforms"]
    document["platforms"] = {"OpenStack Powered Storage": platforms["OpenStack Powered Storage"]}
    document["capabilities"] = {name: document["capabilities"][name] for name in CHOSEN}
    return document


class Running:
    """A defcheck that is being run, with a folder of its own for temporary files."""

    def __init__(self, place: Place, name: str, *arguments: str | Path) -> None:
        self.folder = place.folder / name
        self.temporary = place.folder / f"tmp-{Path(name).name}"
        self.temporary.mkdir(exist_ok=True, parents=True)
        self.process = subprocess.Popen(
            [*DEFCHECK, *map(str, arguments)],
            cwd=place.folder,
            env={**place.environment, "TMPDIR": str(self.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for(self, seen: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 90
        while not seen():
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def wait_until_asleep(self, passed: int = 0) -> None:
        """Wait until the sleeper sleeps and so many tests have passed."""
        results, journal = self.folder / "results.subunit", self.folder / "journal.jsonl"
        self.wait_for(lambda: journal.exists() and results.exists())
        self.wait_for(lambda: results.read_bytes().count(SLEEPER.encode()) >= 2)
        self.wait_for(lambda: journal.read_text().count('"passed"') >= passed)

    def worker(self) -> psutil.Process:
        """Return the worker that began last.

        A run that makes its users has two runners, of which one is done by the
        time the other begins; its worker may still exist. A runner's scribe
        begins right before its workers, within the tick of the clock of processes.
        """
        runners = psutil.Process(self.process.pid).children()
        workers = [worker for runner in runners for worker in runner.children()]
        return max(workers, key=lambda worker: (worker.create_time(), worker.pid))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing of it go on for a while."""
        own = psutil.Process(self.process.pid)
        processes = [own, *own.children(recursive=True)]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        try:
            yield
        finally:
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.resume()

    def end(self, sent: signal.Signals | None = None) -> tuple[int, str, str]:
        if sent is not None:
            self.process.send_signal(sent)
        stdout, stderr = self.process.communicate(timeout=200)
        assert "Traceback" not in stderr
        return self.process.returncode, stdout, stderr


def run(place: Place, name: str, *more: str | Path, cloud: str = "defcheck-lab") -> Running:
    what = ("--cloud", cloud, "-g", "few.json", "-t", "storage")
    return Running(place, name, "run", *what, "-o", name, *more)


def resumed(place: Place, name: str, *more: str | Path) -> dict[str, Any]:
    """Resume a run to a pass; return its verdict."""
    before = (place.folder / name / "results.subunit").read_bytes()
    done = place.defcheck("resume", name, *more)
    assert done.returncode == 0, done.stderr
    assert "Resumed at 20" in done.stdout
    after = (place.folder / name / "results.subunit").read_bytes()
    record = json.loads((place.folder / name / "run.json").read_bytes())
    offset = record["resumed"][-1]["offset"]
    assert after[:offset] == before[:offset]
    assert len(after) > offset
    document = verdict(place.folder / name)
    assert document["verdict"] == "pass"
    assert document["counts"]["counted"]["passed"] == TESTS
    assert len(document["run"]["resumed"]) == len(record["resumed"])
    assert "Resumed at" in (place.folder / name / "report.html").read_text()
    return document


def test_a_killed_defcheck_leaves_no_secret_and_goes_on(place: Place) -> None:
    running = run(place, "killed", "-j", "2")
    running.wait_until_asleep(passed=3)
    children = psutil.Process(running.process.pid).children(recursive=True)
    assert list(running.temporary.iterdir())
    running.end(signal.SIGKILL)
    psutil.wait_procs(children, timeout=20)
    assert not any(alive(child) for child in children)
    assert list(running.temporary.iterdir()) == []
    assert place.defcheck("score", "killed").returncode == 3

    going_on = Running(place, "killed", "resume", "killed")
    going_on.wait_for(lambda: '"resumed"' in (place.folder / "killed/journal.jsonl").read_text())
    refused = place.defcheck("resume", "killed")
    assert refused.returncode == 2
    assert "A run is in progress in killed" in refused.stderr
    code, stdout, _ = going_on.end(signal.SIGTERM)
    assert code == 130
    assert stdout.startswith("INCOMPLETE")

    document = resumed(place, "killed")
    assert len(document["run"]["resumed"]) == 2
    again = place.defcheck("resume", "killed")
    assert again.returncode == 2
    assert "nothing to resume" in again.stderr


def test_a_run_killed_after_its_last_test_is_looked_after(place: Place) -> None:
    """The record is put back to what it was then: such a kill cannot be timed."""
    code, _, stderr = run(place, "last", "-j", "2").end()
    assert code == 0, stderr
    path = place.folder / "last" / "run.json"
    record = json.loads(path.read_bytes())
    assert record["leftovers"]["unseen"] == []
    record.update(state="running", finished="", results_sha256="", leftovers=None)
    path.write_text(json.dumps(record))
    done = place.defcheck("resume", "last")
    assert done.returncode == 0, done.stderr
    assert "Leftovers: none" in done.stderr
    record = json.loads(path.read_bytes())
    assert record["state"] == "finished"
    assert record["leftovers"]["ours"] == record["leftovers"]["unseen"] == []
    assert record["resumed"][-1]["again"] == []


def test_an_interrupted_run_needs_its_files_again(place: Place) -> None:
    accounts = ("--accounts", place.state / "accounts.yaml")
    running = run(place, "interrupted", "-j", "1", *accounts, cloud="defcheck-lab-member")
    running.wait_until_asleep()
    code, _, stderr = running.end(signal.SIGINT)
    assert code == 130
    assert "defcheck resume interrupted" in stderr
    record = (place.folder / "interrupted/run.json").read_bytes()
    refused = place.defcheck("resume", "interrupted")
    assert refused.returncode == 2
    assert "--accounts FILE" in refused.stderr
    assert (place.folder / "interrupted/run.json").read_bytes() == record
    resumed(place, "interrupted", *accounts)


def test_a_killed_worker_loses_its_class_alone(place: Place) -> None:
    running = run(place, "worker", "-j", "1")
    running.wait_until_asleep()
    running.worker().kill()
    code, _, stderr = running.end()
    assert code == 3
    assert "A worker ended by signal 9" in stderr
    document = verdict(place.folder / "worker")
    assert document["counts"]["counted"]["passed"] == TESTS - 1
    assert list(outcomes(document, "unfinished")) == [SLEEPER]
    record = json.loads((place.folder / "worker/run.json").read_bytes())
    assert record["state"] == "finished"
    assert resumed(place, "worker")["run"]["resumed"][0]["again"] == 1


def test_a_worker_that_hangs_is_ended_and_the_rest_goes_on(place: Place) -> None:
    running = run(place, "hangs", "-j", "1", "--class-timeout", "0.15")
    running.wait_until_asleep()
    running.worker().suspend()
    code, _, stderr = running.end()
    assert code == 1
    assert "was stopped after" in stderr
    failed = outcomes(verdict(place.folder / "hangs"), "failed")
    assert failed[SLEEPER] == "The class took longer than 9 s and was ended."
    assert "--class-timeout 0.15 " in verdict(place.folder / "hangs")["reproduce"]


@pytest.fixture
def small_disk(place: Place) -> Iterator[Path]:
    folder = place.folder / "disk"
    folder.mkdir()
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() or not mount or not unmount:
        pytest.skip("a small disk can be mounted by root alone")
    mounted = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr}")
    yield folder
    subprocess.run([unmount, "-l", str(folder)], check=True)


def test_a_full_disk_ends_the_run_which_goes_on_when_there_is_room(
    place: Place, small_disk: Path
) -> None:
    running = run(place, "disk/run", "-j", "2")
    running.wait_until_asleep(passed=2)
    filler = small_disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 1000)
    code, _, stderr = running.end()
    assert code == 4
    assert "No space left on device" in stderr
    record = json.loads((small_disk / "run/run.json").read_bytes())
    assert record["state"] == "failed"
    still_full = place.defcheck("resume", "disk/run")
    assert still_full.returncode == 4
    assert "No space left on device" in still_full.stderr
    assert "not foreseen" not in still_full.stderr
    filler.unlink()
    resumed(place, "disk/run")


def test_a_cloud_that_is_away_for_a_while_fails_tests_that_are_run_again(place: Place) -> None:
    running = run(place, "away", "-j", "2", "--rerun", "failed=3")
    running.wait_until_asleep(passed=2)
    journal = place.folder / "away/journal.jsonl"
    passed = journal.read_text().count('"passed"')
    assert place.defcheck("lab", "down").returncode == 0
    running.wait_for(lambda: '"failed"' in journal.read_text())
    # What has failed is not run again before the lab is back, however long that takes.
    with running.held():
        assert place.defcheck("lab", "up").returncode == 0
    code, stdout, stderr = running.end()
    assert code == 1
    assert "Rerunning failed tests, round 1 of 3" in stderr
    assert "Flaky" in stdout
    document = verdict(place.folder / "away")
    assert document["problems"] == []
    assert document["run"]["reruns"]
    assert document["flaky"]
    tests = {test["name"]: test for item in document["capabilities"] for test in item["tests"]}
    flaky = {test["name"] for test in document["flaky"]}
    failed = {name for name, test in tests.items() if test["judgement"] == "fail"}
    assert failed == flaky
    assert len(tests) - len(failed) <= TESTS
    assert journal.read_text().count('"passed"') >= passed
    assert (
        "reruns any"
        in json.loads(place.defcheck("score", "away", "--reruns", "any", "-f", "json").stdout)[
            "policy"
        ]["changes"]
    )


def test_this_file_leaves_no_process_and_no_workspace(place: Place) -> None:
    left = [folder for folder in place.folder.glob("tmp-*") if os.listdir(folder)]
    assert left == []
