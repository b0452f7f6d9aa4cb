"""Recorded classes as classes of sleeps, in a workspace in which runners find them."""

import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from defcheck.results import loader
from defcheck.results.models import ResultSet
from defcheck.results.non_test_events import parse_fixture
from defcheck.runner.engine.client import open_runner
from defcheck.tempest.workspace import Workspace
from tests.bench.recorded import RESULTS, class_seconds, owner

STESTR = (sys.executable, "-m", "stestr", "--config", ".stestr.conf")

HEAD = "import time, unittest\n\n"
CLASS = """
class {name}(unittest.TestCase):
    pass

for number in range({tests}):
    setattr({name}, f"test_{{number:03}}", lambda self: time.sleep({seconds}))
"""


@dataclass(frozen=True)
class Replay:
    """A folder of tests that sleep as long as recorded ones took, times `scale`."""

    workspace: Workspace
    classes: dict[str, float]
    """Seconds that each class sleeps, by its dotted name."""

    tests: tuple[str, ...]

    def bound(self, workers: int) -> float:
        """Return the seconds below which no schedule can be that leaves classes whole."""
        return max(max(self.classes.values()), sum(self.classes.values()) / workers)

    def with_defcheck(self, folder: Path, workers: int, *, history: bool) -> float:
        """Run everything with defcheck's runner; return the makespan in seconds."""
        folder.mkdir()
        with open_runner(self.workspace) as runner:
            runner.execute_tests(
                self.tests,
                workers,
                results=folder / "results.subunit",
                log=folder / "log",
                on_event=lambda _: None,
                seconds=self.classes if history else {},
            )
        return makespan(loader.load_results(str(folder / "results.subunit")), len(self.tests))

    def with_stestr(self, workers: int) -> float:
        """Run everything with stestr, which knows what earlier runs of it took."""
        run = subprocess.run(
            [*STESTR, "run", "--concurrency", str(workers)],
            cwd=self.workspace.folder,
            env=self.workspace.build_environment(),
            capture_output=True,
            timeout=600,
            check=False,
        )
        assert run.returncode == 0, run.stdout[-1000:] + run.stderr[-1000:]
        return makespan(loader.load_results(str(self.workspace.folder)), len(self.tests))


def makespan(results: ResultSet, tests: int) -> float:
    """Return the seconds from the first beginning to the last end, without any start-up."""
    assert len(results.events) == tests
    begun = min(event.started for event in results.events if event.started)
    return (max(one.stopped for one in results.events if one.stopped) - begun).total_seconds()


def make(folder: Path, stream: str, scale: float) -> Replay:
    """Make the folder of a recorded stream, for stestr too."""
    events = loader.load_results(str(RESULTS / f"{stream}.subunit.gz")).events
    counts = Counter(owner(event) for event in events if parse_fixture(event) is None)
    recorded = class_seconds(RESULTS / f"{stream}.subunit.gz")
    (folder / "replay").mkdir(parents=True)
    (folder / "replay" / "__init__.py").touch()
    text, classes, tests = HEAD, {}, []
    for name, count in sorted(counts.items()):
        word = re.sub(r"\W", "_", name)
        each = round(recorded[name] * scale / count, 4)
        text += CLASS.format(name=word, tests=count, seconds=each)
        classes[f"replay.test_replay.{word}"] = each * count
        tests += [f"replay.test_replay.{word}.test_{number:03}" for number in range(count)]
    (folder / "replay" / "test_replay.py").write_text(text)
    (folder / "etc").mkdir()
    (folder / ".stestr.conf").write_text(
        f"[DEFAULT]\ntest_path={folder}/replay\ntop_dir={folder}\ngroup_regex=([^\\.]*\\.)*\n"
    )
    workspace = Workspace(folder)
    subprocess.run(
        [*STESTR, "init"],
        cwd=folder,
        env=dict(os.environ),
        capture_output=True,
        check=True,
    )
    return Replay(workspace, classes, tuple(tests))
