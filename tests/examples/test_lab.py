"""The recipes for real: each gates the small lab, as far as one machine has what it needs."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.few import guideline
from tests.e2e.place import Place

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLES = PROJECT / "examples"
BIN = Path(sys.executable).parent


class Here(Place):
    """A lab, a small guideline, a repository with recipes, and an accepted run."""

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    @property
    def clouds(self) -> str:
        return (self.state / "clouds.yaml").read_text()

    @property
    def variables(self) -> dict[str, str]:
        """An environment that knows the lab only by what a recipe is given."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("OS_")}
        return {
            **kept,
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "DEFCHECK_LAB_STATE": str(self.folder / "no-lab"),
            "NO_COLOR": "1",
        }

    def secrets(self) -> set[str]:
        return {one["auth"]["password"] for one in yaml.safe_load(self.clouds)["clouds"].values()}

    def run(self, *words: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Run something in the repository, both streams in one."""
        return subprocess.run(
            [str(word) for word in words],
            cwd=self.repository,
            env={**self.variables, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
            check=False,
        )


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """Start a lab; end it, whatever happened."""
    here = Here(tmp_path_factory.mktemp("recipes"))
    (here.repository / "ci").mkdir(parents=True)
    shutil.copy(EXAMPLES / "shell/defcheck-gate.sh", here.repository / "ci")
    guideline(here.repository / "few.json")
    try:
        done = here.defcheck("lab", "up")
        assert done.returncode == 0, done.stderr
        yield here
    finally:
        here.defcheck("lab", "clean")


@pytest.fixture(scope="module")
def accepted(here: Here) -> Path:
    """Gate the lab by the shell script, and accept that run."""
    login = here.folder / "clouds.yaml"
    login.write_text(here.clouds)
    done = here.run(
        *("sh", "ci/defcheck-gate.sh", "defcheck-lab", "few.json", "storage"),
        OS_CLIENT_CONFIG_FILE=str(login),
        GATE_BASELINE="none",
        GATE_OUT="first",
    )
    assert done.returncode == 0, done.stdout
    assert (
        done.stdout.splitlines()[-1]
        == "GATE OPEN  6 of 6 different tests meet the rule. There is no baseline."
    )
    reports = {path.name for path in (here.repository / "first/reports").iterdir()}
    assert reports == {
        *("summary.md", "junit.xml", "verdict.json", "report.html"),
        *("gate.txt", "gate.md", "gate.json"),
    }
    path = here.repository / "ci/accepted.json"
    made = here.run("defcheck", "report", "first/run", "-f", f"json:{path}")
    assert made.returncode == 0, made.stdout
    return path


EXPRESSION = re.compile(r"\$\{\{ *([a-z_.A-Z]+) *\}\}")


def github(here: Here, temp: Path, inputs: dict[str, str]) -> dict[str, tuple[int, str]]:
    """Run the steps of the workflow that are scripts as a runner does; return code and log."""
    workflow = yaml.safe_load((EXAMPLES / "github/defcheck-gate.yml").read_text())
    known = {"runner.temp": str(temp), "secrets.clouds_yaml": here.clouds}
    triggers = workflow[True]["workflow_call"]["inputs"]  # YAML 1.1 reads "on" so
    for name, spec in triggers.items():
        known[f"inputs.{name}"] = inputs.get(name, spec.get("default", ""))
    found: dict[str, tuple[int, str]] = {}
    for step in workflow["jobs"]["gate"]["steps"]:
        if "run" not in step or step["name"] == "Install defcheck":
            continue
        assert "${{" not in step["run"], "a value in a script is a script"
        if any(code for code, _ in found.values()) and step.get("if") != "always()":
            continue
        environment = {
            name: EXPRESSION.sub(lambda match: known[match[1]], value)
            for name, value in step.get("env", {}).items()
        }
        script = temp / "step.sh"
        script.write_text(step["run"])
        done = here.run(
            *("bash", "--noprofile", "--norc", "-eo", "pipefail", script),
            RUNNER_TEMP=str(temp),
            GITHUB_STEP_SUMMARY=str(temp / "step-summary.md"),
            **environment,
        )
        found[step["name"]] = (done.returncode, done.stdout)
    return found


@pytest.fixture(scope="module")
def closed(here: Here, accepted: Path) -> tuple[Path, dict[str, tuple[int, str]]]:
    """Gate a plain member, whose tests do not all run, by the workflow."""
    temp = here.folder / "runner"
    (temp / "defcheck/bin").mkdir(parents=True)
    (temp / "defcheck/bin/defcheck").symlink_to(BIN / "defcheck")
    wanted = {"cloud": "defcheck-lab-member", "guideline": "few.json", "target": "storage"}
    return temp, github(here, temp, wanted)


def test_the_github_workflow_stops_on_what_is_new_and_says_it(
    here: Here, closed: tuple[Path, dict[str, tuple[int, str]]]
) -> None:
    temp, steps = closed
    code, log = steps["Run the tests and gate the results"]
    assert code == 1, log
    assert re.search(
        r"^::error title=Interoperability gate::GATE CLOSED  Of 6 different tests, \d no longer",
        log,
        re.MULTILINE,
    )
    assert re.search(r"^::stop-commands::([0-9a-f]{32})$(.|\n)*^::\1::$", log, re.MULTILINE)
    assert steps["Write the summary"][0] == 0
    summary = (temp / "step-summary.md").read_text()
    assert summary.startswith("# ✗ Gate closed: OpenStack Powered Storage")
    assert (temp / "gate/reports/junit.xml").exists()
    assert not (temp / "clouds.yaml").exists()
    written = [path for path in (temp / "gate").rglob("*") if path.is_file()]
    shown = [log, summary, *(path.read_text(errors="replace") for path in written)]
    assert not [secret for secret in here.secrets() if any(secret in text for text in shown)]


def test_the_gitlab_job_goes_on_where_all_is_known(
    here: Here, closed: tuple[Path, dict[str, tuple[int, str]]]
) -> None:
    gate = json.loads((closed[0] / "gate/reports/gate.json").read_bytes())
    known = here.repository / "ci/known.yaml"
    flags = [
        {
            "test": fact["test"],
            "date": "2020-01-01",
            "expires": "2999-12-31",
            "reason": "One account is all there is.",
            "approver": "Cloud operations",
        }
        for fact in (*gate["closing"], *gate["unaccepted"])
    ]
    known.write_text(yaml.safe_dump({"format": "defcheck overlay 1", "flags": flags}))
    template = yaml.safe_load((EXAMPLES / "gitlab/defcheck-gate.yml").read_text())
    job = template[".defcheck-gate"]
    lines = [line for line in job["script"] if "pip install" not in line]
    assert len(lines) == len(job["script"]) - 1
    (here.repository / ".defcheck/bin").mkdir(parents=True)
    (here.repository / ".defcheck/bin/defcheck").symlink_to(BIN / "defcheck")
    login = here.folder / "clouds.yaml"
    values = {**job["variables"], "CLOUD": "defcheck-lab-member", "GUIDELINE": "few.json"}
    values |= {"TARGET": "storage", "DEFCHECK_PACKAGE": "a.whl"}
    try:
        done = here.run(
            *("bash", "-c", "set -eo pipefail\n" + "\n".join(lines)),
            OS_CLIENT_CONFIG_FILE=str(login),
            **values,
        )
    finally:
        known.unlink()
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1].startswith("GATE OPEN  ")
    assert f"{len(flags)} tests that did not pass are accepted." in done.stdout
    artifacts = job["artifacts"]
    assert (here.repository / artifacts["reports"]["junit"]).is_file()
    assert all((here.repository / path).is_dir() for path in artifacts["paths"])


def play(here: Here, playbook: Path, verbosity: str = "", **variables: Any) -> Any:
    """Run a playbook on this machine with the role."""
    pytest.importorskip("ansible", reason="ansible-core is not installed; tox -e examples has it")
    given = {
        "ansible_python_interpreter": sys.executable,
        "defcheck_command": str(BIN / "defcheck"),
        "defcheck_guideline": str(here.repository / "few.json"),
        "defcheck_target": "storage",
        "defcheck_baseline": "none",
        "defcheck_directory": str(here.folder / "on-host"),
        "defcheck_reports": str(here.folder / "fetched"),
        "defcheck_poll": 1,
        **variables,
    }
    if "zuul" in given:  # the playbook itself says where they go
        del given["defcheck_reports"]
    path = here.folder / "variables.json"
    path.write_text(json.dumps(given))
    path.chmod(0o600)
    zuul = pytest.importorskip("zuul.ansible") if "zuul" in given else None
    return here.run(
        *("ansible-playbook", "-i", "defcheck,", "-c", "local", playbook, "-e", f"@{path}"),
        *([verbosity] if verbosity else []),
        ANSIBLE_ROLES_PATH=str(EXAMPLES / "ansible/roles"),
        ANSIBLE_ACTION_PLUGINS=str(Path(zuul.__file__).parent / "base/action") if zuul else "",
        ZUUL_JOBDIR=str(here.folder / "zuul"),
        ANSIBLE_HOME=str(here.folder / "ansible"),
        ANSIBLE_NOCOLOR="1",
        ANSIBLE_LOCALHOST_WARNING="false",
    )


@pytest.fixture
def playbook(here: Here) -> Path:
    """Return the recipe's playbook for the clouds of the lab."""
    text = (EXAMPLES / "ansible/gate.yml").read_text()
    path = here.folder / "gate.yml"
    path.write_text(text)
    return path


def test_the_role_fails_its_play_with_the_line(here: Here, accepted: Path, playbook: Path) -> None:
    done = play(
        here,
        playbook,
        "-vvv",
        defcheck_cloud="defcheck-lab-member",
        defcheck_clouds_yaml=here.clouds,
        defcheck_baseline=str(accepted),
    )
    assert done.returncode == 2, done.stdout
    (told,) = re.findall(r'"msg": "(GATE [^"]+)"', done.stdout)
    assert told.startswith("GATE CLOSED  Of 6 different tests, ")
    (reports,) = (here.folder / "fetched").iterdir()
    assert {path.name for path in reports.iterdir()} == {
        *("report.html", "verdict.json", "summary.md", "junit.xml"),
        *("gate.txt", "gate.md", "gate.json"),
    }
    (on_host,) = (here.folder / "on-host").iterdir()
    assert (on_host / "run/results.subunit").is_file()
    assert not (on_host / "clouds.yaml").exists()
    assert not on_host.stat().st_mode & 0o077
    # Variables given by hand are shown by -vvv; here they came from a file, as from a vault.
    for secret in here.secrets():
        assert secret not in done.stdout
        for path in here.folder.joinpath("fetched").rglob("*"):
            assert not path.is_file() or secret not in path.read_text()


def test_the_role_tells_of_a_cloud_that_it_cannot_use(here: Here, playbook: Path) -> None:
    clouds = yaml.safe_load(here.clouds)
    clouds["clouds"]["defcheck-lab"]["auth"]["password"] = "canary-wrong"
    done = play(
        here,
        playbook,
        "-v",
        defcheck_cloud="defcheck-lab",
        defcheck_clouds_yaml=yaml.safe_dump(clouds),
        defcheck_reports=str(here.folder / "unusable"),
        defcheck_directory=str(here.folder / "unusable-on-host"),
        defcheck_unclear="go",
    )
    assert done.returncode == 2, done.stdout
    assert re.search(r'"msg": "GATE NOT REACHED  .*refused the login \(HTTP 401\)', done.stdout)
    assert "canary-wrong" not in done.stdout
    assert not list((here.folder / "unusable-on-host").rglob("clouds.yaml"))


def test_the_role_does_not_guess_where_defcheck_comes_from(here: Here, playbook: Path) -> None:
    done = play(here, playbook, defcheck_command="", defcheck_cloud="defcheck-lab")
    assert done.returncode == 2
    assert "Set defcheck_package to a wheel of defcheck" in done.stdout


def test_the_zuul_job_links_its_report(here: Here, accepted: Path) -> None:
    logs = here.folder / "zuul/work/logs"
    logs.mkdir(parents=True)
    returned = logs.with_name("results.json")
    returned.write_text("")
    done = play(
        here,
        EXAMPLES / "zuul/playbooks/gate.yaml",
        zuul={"executor": {"log_root": str(logs)}},
        defcheck_login={"clouds_yaml": here.clouds},
        defcheck_cloud="defcheck-lab",
        defcheck_baseline=str(accepted),
    )
    assert done.returncode == 0, done.stdout
    assert '"msg": "GATE OPEN  No new problems in 6 different tests."' in done.stdout
    (artifact,) = json.loads(returned.read_bytes())["data"]["zuul"]["artifacts"]
    assert (logs / artifact["url"]).read_text().startswith("<!doctype html>")
    assert not any(secret in done.stdout for secret in here.secrets())
