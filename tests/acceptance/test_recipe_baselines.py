"""Every recipe has to be told what was accepted, and fails where that is not there.

The role, which needs Ansible, is tried in tests/examples.
"""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evidence import make_run, make_run_of
from tests.recipes import EXAMPLES, read_recipe, write_stand_in
from tests.unit.recordings import raw

Done = subprocess.CompletedProcess[str]
Recipe = Callable[[str | None, Path | None], Done]

RUN = ("mycloud", "2020.06", "storage")


class Place:
    """A repository with the recipes' script in it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.repository = folder / "repository"
        self.temp = folder / "runner"
        self.environment = environment
        (self.repository / "ci").mkdir(parents=True)
        self.temp.mkdir()
        shutil.copy(EXAMPLES / "shell/defcheck-gate.sh", self.repository / "ci")

    @property
    def ran(self) -> bool:
        """Whether the tests were run."""
        return any(path.is_dir() for path in self.temp.parent.rglob("run"))

    def run(self, words: list[str], recorded: Path | None, **more: str) -> Done:
        run = {"RECORDED": str(recorded)} if recorded else {}
        return subprocess.run(
            words,
            cwd=self.repository,
            env={**self.environment, **run, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=90,
            check=False,
        )

    def shell(self, baseline: str | None, recorded: Path | None) -> Done:
        command = write_stand_in(self.repository / "defcheck")
        more = {} if baseline is None else {"GATE_BASELINE": baseline}
        words = ["sh", "ci/defcheck-gate.sh", *RUN]
        return self.run(words, recorded, DEFCHECK=str(command), GATE_OUT="gate", **more)

    def github(self, baseline: str | None, recorded: Path | None) -> Done:
        """Run the step of the workflow that judges, as a runner does."""
        write_stand_in(self.temp / "defcheck/bin/defcheck")
        workflow = read_recipe("github/defcheck-gate.yml")
        inputs = workflow[True]["workflow_call"]["inputs"]  # YAML 1.1 reads "on" so
        (step,) = (one for one in workflow["jobs"]["gate"]["steps"] if "tee" in one.get("run", ""))
        assert step["env"]["GATE_BASELINE"] == "${{ inputs.baseline }}"
        given = inputs["baseline"]["default"] if baseline is None else baseline
        script = self.temp / "step.sh"
        script.write_text(step["run"])
        return self.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            recorded,
            RUNNER_TEMP=str(self.temp),
            GATE_BASELINE=given,
            GATE_UNCLEAR=inputs["unclear"]["default"],
            **dict(zip(("CLOUD", "GUIDELINE", "TARGET"), RUN, strict=True)),
            CLOUDS_YAML="clouds: {}",
        )

    def gitlab(self, baseline: str | None, recorded: Path | None) -> Done:
        """Run the script of the job, but for the line that installs."""
        write_stand_in(self.repository / ".defcheck/bin/defcheck")
        job = read_recipe("gitlab/defcheck-gate.yml")[".defcheck-gate"]
        lines = [line for line in job["script"] if "pip install" not in line]
        more = {} if baseline is None else {"GATE_BASELINE": baseline}
        values = {**job["variables"], "CLOUD": RUN[0], "TARGET": RUN[2], "DEFCHECK_PACKAGE": "a"}
        words = ["bash", "-c", "set -eo pipefail\n" + "\n".join(lines)]
        return self.run(words, recorded, **{**values, **more})


@pytest.fixture
def place(tmp_path: Path, environment: dict[str, str]) -> Place:
    return Place(tmp_path, environment)


@pytest.fixture(params=["shell", "github", "gitlab"])
def recipe(request: pytest.FixtureRequest, place: Place) -> Recipe:
    if request.param != "shell" and not shutil.which("bash"):
        pytest.skip("bash is not installed")
    found: Recipe = getattr(place, request.param)
    return found


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a recorded run that passes."""
    return make_run(tmp_path_factory.mktemp("recorded") / "passed")


@pytest.fixture(scope="module")
def incomplete(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a recorded run of which 53 tests did not run."""
    path = tmp_path_factory.mktemp("recorded") / "incomplete"
    return make_run_of(path, raw("quotas.subunit"), "2020.06", "object")


@pytest.mark.parametrize("baseline", ["ci/gone.json", "None", "ci/dangling.json"])
def test_a_baseline_that_does_not_exist_fails_it_before_the_tests(
    recipe: Recipe, place: Place, passed: Path, baseline: str
) -> None:
    (place.repository / "ci/dangling.json").symlink_to("nowhere.json")
    done = recipe(baseline, passed)
    assert done.returncode == 2, done.stdout
    assert f"The baseline {baseline} does not exist." in done.stdout
    assert "set GATE_BASELINE to none for a first run" in done.stdout
    assert not place.ran


def test_a_baseline_that_is_empty_fails_it_before_the_tests(
    recipe: Recipe, place: Place, passed: Path
) -> None:
    done = recipe("", passed)
    assert done.returncode == 2, done.stdout
    assert "GATE_BASELINE is not set." in done.stdout
    assert not place.ran


def test_without_a_word_about_the_baseline_it_fails_before_the_tests(
    recipe: Recipe, place: Place, passed: Path
) -> None:
    done = recipe(None, passed)
    assert done.returncode == 2, done.stdout
    assert "GATE_BASELINE is not set." in done.stdout or (
        "The baseline ci/accepted.json does not exist." in done.stdout
    )
    assert not place.ran


def test_none_runs_it_without_a_baseline(recipe: Recipe, place: Place, passed: Path) -> None:
    (place.repository / "none").write_text("a file that is named so is no baseline")
    done = recipe("none", passed)
    assert done.returncode == 0, done.stdout
    line = "GATE OPEN  58 of 58 different tests meet the rule. There is no baseline."
    assert line in done.stdout.splitlines()


def test_none_does_not_open_on_an_incomplete_run(recipe: Recipe, incomplete: Path) -> None:
    done = recipe("none", incomplete)
    assert done.returncode == 3, done.stdout
    assert "GATE UNCLEAR  Of 58 different tests, 53 did not run, which nothing" in done.stdout


def test_the_baseline_is_used(recipe: Recipe, place: Place, incomplete: Path) -> None:
    accepted = place.repository / "ci/accepted.json"
    words = ["report", str(incomplete), "-f", f"json:{accepted}"]
    command = write_stand_in(place.temp / "command")
    assert place.run([str(command), *words], None).returncode == 0
    done = recipe("ci/accepted.json", incomplete)
    assert done.returncode == 0, done.stdout
    assert "GATE OPEN  No new problems in 58 different tests. 53" in done.stdout
    assert "There is no baseline." not in done.stdout


def test_github_shows_what_is_wrong_with_the_recipe(place: Place) -> None:
    if not shutil.which("bash"):
        pytest.skip("bash is not installed")
    done = place.github("ci/gone.json", None)
    line = "::error title=Interoperability gate::The baseline ci/gone.json does not exist."
    assert done.stdout.splitlines()[-1].startswith(line)
