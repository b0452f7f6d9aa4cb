"""The recipes by the programs that they are for: schemas, linters, Ansible and Zuul."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.evidence import make_run, make_run_of
from tests.recipes import write_stand_in
from tests.unit.recordings import raw

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLES = PROJECT / "examples"
ROLES = EXAMPLES / "ansible/roles"


def done(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program that stands beside this Python."""
    program = Path(sys.executable).with_name(str(words[0]))
    if not program.exists():
        pytest.skip(f"{words[0]} is not installed; tox -e examples has it")
    return subprocess.run(
        [str(program), *map(str, words[1:])],
        cwd=EXAMPLES,
        env={
            **os.environ,
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "ANSIBLE_ROLES_PATH": str(ROLES),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_script_satisfies_shellcheck() -> None:
    checked = done("shellcheck", "--shell=sh", EXAMPLES / "shell/defcheck-gate.sh")
    assert (checked.returncode, checked.stdout) == (0, "")


def test_the_script_is_posix() -> None:
    text = (EXAMPLES / "shell/defcheck-gate.sh").read_text()
    assert text.startswith("#!/bin/sh\n")
    shells = [shell for shell in ("dash", "busybox") if shutil.which(shell)]
    if not shells:
        pytest.skip("neither dash nor busybox is installed")
    words = {"dash": ["dash"], "busybox": ["busybox", "sh"]}[shells[0]]
    assert subprocess.run([*words, "-n"], input=text, text=True, check=False).returncode == 0


def github_scripts() -> list[str]:
    workflow = yaml.safe_load((EXAMPLES / "github/defcheck-gate.yml").read_text())
    return [step["run"] for step in workflow["jobs"]["gate"]["steps"] if "run" in step]


def gitlab_scripts() -> list[str]:
    template = yaml.safe_load((EXAMPLES / "gitlab/defcheck-gate.yml").read_text())
    return ["\n".join(template[".defcheck-gate"]["script"])]


@pytest.mark.parametrize("scripts", [github_scripts(), gitlab_scripts()], ids=["github", "gitlab"])
def test_the_scripts_in_workflows_satisfy_shellcheck(scripts: list[str], tmp_path: Path) -> None:
    assert scripts
    for number, script in enumerate(scripts):
        path = tmp_path / str(number)
        path.write_text(script)
        checked = done("shellcheck", "--shell=bash", path)
        assert (checked.returncode, checked.stdout) == (0, "")


def test_a_pipe_s_failure_is_one_on_github() -> None:
    workflow = yaml.safe_load((EXAMPLES / "github/defcheck-gate.yml").read_text())
    assert any("| tee" in script for script in github_scripts())
    assert workflow["defaults"]["run"]["shell"] == "bash", "without it there is no pipefail"


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-workflows", "github/defcheck-gate.yml"),
        ("vendor.gitlab-ci", "gitlab/defcheck-gate.yml"),
    ],
)
def test_workflows_follow_their_schema(schema: str, file: str) -> None:
    checked = done("check-jsonschema", "--builtin-schema", schema, EXAMPLES / file)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("playbook", ["ansible/gate.yml", "zuul/playbooks/gate.yaml"])
def test_ansible_reads_the_playbooks(playbook: str) -> None:
    zuul = pytest.importorskip("zuul.ansible") if playbook.startswith("zuul") else None
    plugins = Path(zuul.__file__).parent / "base/action" if zuul else Path("none")
    checked = done(
        *("ansible-playbook", "--syntax-check", "-i", "defcheck,", playbook),
        ANSIBLE_ACTION_PLUGINS=str(plugins),
    )
    assert checked.returncode == 0, checked.stderr


def test_the_role_satisfies_ansible_lint(tmp_path: Path) -> None:
    # It writes beside what it looks at.
    shutil.copytree(EXAMPLES / "ansible", tmp_path / "ansible")
    checked = done(
        *("ansible-lint", "--offline", "--profile", "production"),
        *(tmp_path / "ansible/gate.yml", tmp_path / "ansible/roles"),
        ANSIBLE_ROLES_PATH=str(tmp_path / "ansible/roles"),
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def play(folder: Path, recorded: Path, **variables: str | None) -> subprocess.CompletedProcess[str]:
    """Run the role's playbook on this machine with a stand-in for `defcheck run`."""
    shutil.copy(EXAMPLES / "ansible/gate.yml", folder)
    given = {
        "ansible_python_interpreter": sys.executable,
        "defcheck_command": str(write_stand_in(folder / "bin/defcheck")),
        "defcheck_target": "storage",
        "defcheck_directory": str(folder / "on-host"),
        "defcheck_reports": str(folder / "fetched"),
        "defcheck_poll": 1,
        **variables,
    }
    (folder / "variables.json").write_text(json.dumps(given))
    return done(
        *("ansible-playbook", "-i", "defcheck,", "-c", "local", folder / "gate.yml"),
        *("-e", f"@{folder / 'variables.json'}"),
        RECORDED=str(recorded),
        ANSIBLE_HOME=str(folder / "ansible"),
        ANSIBLE_NOCOLOR="1",
        ANSIBLE_LOCALHOST_WARNING="false",
    )


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "The baseline files/accepted.json does not exist."),
        ({"defcheck_baseline": "gone.json"}, "The baseline gone.json does not exist."),
        ({"defcheck_baseline": ""}, "defcheck_baseline is not set."),
        ({"defcheck_baseline": None}, "defcheck_baseline is not set."),
    ],
    ids=["of the playbook", "missing", "empty", "null"],
)
def test_the_role_fails_before_the_tests_on_a_baseline_that_is_not_there(
    tmp_path: Path, variables: dict[str, str | None], message: str
) -> None:
    played = play(tmp_path, make_run(tmp_path / "passed"), **variables)
    assert played.returncode == 2, played.stdout
    words = " ".join(played.stdout.split())
    assert f"GATE NOT REACHED {message}" in words
    assert "none for a first run without a baseline" in words
    assert not (tmp_path / "on-host").exists()


def test_the_role_runs_without_a_baseline_where_it_is_none(tmp_path: Path) -> None:
    played = play(tmp_path, make_run(tmp_path / "passed"), defcheck_baseline="none")
    assert played.returncode == 0, played.stdout
    line = "GATE OPEN  58 of 58 different tests meet the rule. There is no baseline."
    assert line in played.stdout


def test_the_role_takes_a_baseline_from_where_its_playbook_is(tmp_path: Path) -> None:
    incomplete = make_run_of(tmp_path / "incomplete", raw("quotas.subunit"), "2020.06", "object")
    without = play(tmp_path, incomplete, defcheck_baseline="none")
    assert without.returncode == 2, without.stdout
    assert "GATE UNCLEAR  Of 58 different tests, 53 did not run, which nothing" in without.stdout
    accepted = tmp_path / "files/accepted.json"
    accepted.parent.mkdir()
    made = done("defcheck", "report", incomplete, "-f", f"json:{accepted}")
    assert made.returncode == 0, made.stderr
    played = play(tmp_path, incomplete)
    assert played.returncode == 0, played.stdout
    assert "GATE OPEN  No new problems in 58 different tests. 53" in played.stdout


def test_zuul_names_a_baseline_for_the_job() -> None:
    items = yaml.safe_load((EXAMPLES / "zuul/zuul.yaml").read_text())
    (job,) = (one["job"] for one in items if "job" in one)
    assert job["vars"]["defcheck_baseline"].endswith("/ci/accepted.json")


def test_zuul_takes_the_job() -> None:
    configloader = pytest.importorskip("zuul.configloader")
    voluptuous = pytest.importorskip("voluptuous")
    items = yaml.safe_load((EXAMPLES / "zuul/zuul.yaml").read_text())
    (job,) = (one["job"] for one in items if "job" in one)
    schema = {voluptuous.Required("name"): str, **configloader.JobParser.job_attributes}
    voluptuous.Schema(schema)(job)
    with pytest.raises(voluptuous.Invalid):
        voluptuous.Schema(schema)({**job, "no-such-attribute": True})
    assert (EXAMPLES / "zuul" / job["run"]).is_file()
    (semaphore,) = (one["semaphore"] for one in items if "semaphore" in one)
    assert job["semaphores"] == semaphore["name"]
