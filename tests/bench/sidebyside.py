"""The same tests with Tempest's own command and with defcheck, measured alike."""

import os
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from defcheck.cloud.tempest_conf import TempestConfiguration
from defcheck.guideline import catalog
from defcheck.guideline.models import Status
from defcheck.guideline.selection import find_target
from defcheck.results import loader
from defcheck.runner.engine.client import open_runner
from defcheck.runner.preparation import write_configuration
from defcheck.tempest import installed
from defcheck.tempest.inventory import make_plan
from defcheck.tempest.workspace import open_workspace

DEFCHECK = [sys.executable, "-m", "defcheck"]
SECONDS = 1800
"""The longest that a run may take."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A run as a whole process, from its start to its end."""

    wall: float
    processor: float
    """Seconds of all its processes together."""

    busy: float
    """Seconds from the first test's start to the last one's end."""

    outcomes: Counter[str]


def tempest_run(
    configuration: TempestConfiguration,
    target: str,
    home: Path,
    options: Sequence[str] = (),
    *,
    debug: bool = True,
) -> Measured:
    """Run the required tests of 2020.06 with `tempest run`, with the debug log of defcheck's."""
    with open_workspace(installed.find_default_tempest()) as workspace:
        write_configuration(workspace, configuration)
        if not debug:
            conf = workspace.tempest_conf
            conf.write_text(conf.read_text().replace("debug = true", "debug = false"))
        guideline = catalog.load_guideline("2020.06")
        with open_runner(workspace) as runner:
            names = tuple(runner.owners)
        plan = make_plan(guideline, find_target(guideline, target), (Status.REQUIRED,), names)
        (workspace.folder / "list").write_text("\n".join(plan.tests) + "\n")
        command = [sys.executable, "-m", "tempest.cmd.main", "run", "--load-list", "list", *options]
        environment = {**workspace.build_environment(), "HOME": str(home)}
        return _measure(command, environment, workspace.folder, workspace.folder)


def defcheck_run(
    options: Sequence[str | Path], output: Path, environment: dict[str, str] | None = None
) -> Measured:
    """Run the required tests of 2020.06 with `defcheck run`."""
    command = [*DEFCHECK, "run", "-g", "2020.06", "-o", str(output), *map(str, options)]
    return _measure(command, {**os.environ, **(environment or {})}, output.parent, output)


def _measure(
    command: list[str], environment: dict[str, str], folder: Path, results: Path
) -> Measured:
    folder.mkdir(parents=True, exist_ok=True)
    used, began = _processor(), time.monotonic()
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    wall, processor = time.monotonic() - began, _processor() - used
    assert results.is_dir(), done.stderr.decode()
    events = loader.load_results(str(results)).events
    starts = [event.started for event in events if event.started]
    ends = [event.stopped for event in events if event.stopped]
    busy = (max(ends) - min(starts)).total_seconds()
    return Measured(wall, processor, busy, Counter(str(event.outcome) for event in events))


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def summary(name: str, runs: Sequence[Measured]) -> str:
    """Return a line with the medians, and each round's wall time."""
    rounds = " ".join(f"{one.wall:.0f}" for one in runs)
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in runs[-1].outcomes.items())
    return (
        f"  {name:26} {median(runs, 'wall'):6.1f} s, processor {median(runs, 'processor'):6.1f} s, "
        f"outside of tests {median(runs, 'wall') - median(runs, 'busy'):5.1f} s "
        f"({rounds}); last: {outcomes}"
    )


def median(runs: Sequence[Measured], what: str) -> float:
    """Return the median of a figure of `Measured`."""
    figures: list[float] = [getattr(one, what) for one in runs]
    return statistics.median(figures)
