"""The recipes by the programs that they are for: schemas, linters, Ansible and Zuul."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

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
