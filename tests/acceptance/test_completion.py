"""Completion as a shell asks for it, in real shells where they are installed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evidence import make_run

Run = Callable[..., subprocess.CompletedProcess[str]]

CLOUDS = """\
clouds:
  east: {auth: {auth_url: "http://127.0.0.1:1/v3", password: canary}}
  eastern-test: {}
  west: {}
"""
HEAVY = ("openstack", "tempest", "jinja2", "jsonschema", "rich", "subunit", "requests")


@pytest.fixture
def place(tmp_path: Path, environment: dict[str, str]) -> dict[str, str]:
    """Return the environment of a user with a clouds.yaml and runs, and defcheck on the path."""
    home = Path(environment["HOME"])
    (home / ".config/openstack").mkdir(parents=True)
    (home / ".config/openstack/clouds.yaml").write_text(CLOUDS)
    (home / ".local/share/defcheck/guidelines").mkdir(parents=True)
    (home / ".local/share/defcheck/guidelines/mine.2030.json").write_text("{}")
    work = tmp_path / "work"
    work.mkdir(exist_ok=True)
    make_run(work / "defcheck-runs/older")
    make_run(work / "defcheck-runs/newer")
    os.utime(work / "defcheck-runs/older/run.json", (1, 1))
    (work / "defcheck-runs/no-run").mkdir()
    path = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    return {**environment, "PATH": path}


BASH = """\
eval "$(defcheck completion bash)"
complete -p defcheck >&2
COMP_WORDS=({words}) COMP_CWORD={last} COMP_LINE={line!r} COMP_POINT=${{#COMP_LINE}}
_defcheck_completion defcheck {word!r} ''
printf '%s\\n' "${{COMPREPLY[@]}}"
"""

ASKED = [
    ("", ["bundle", "cleanup", "cloud", "run", "completion"]),
    ("guideline ", ["check", "import", "tests"]),
    ("cloud accounts cre", ["create"]),
    ("run --gui", ["--guideline"]),
    ("run --guideline 2018", ["2018.02", "2018.11"]),
    ("run --guideline mi", ["mine.2030"]),
    ("run -g dns.2020.06 --target ", ["dns"]),
    ("run -g 2020.06 -t ", ["platform", "compute", "object", "storage"]),
    ("run --cloud east", ["east", "eastern-test"]),
    ("cloud check w", ["west"]),
    ("report ", ["defcheck-runs/newer", "defcheck-runs/older"]),
    ("gate defcheck-runs/n", ["defcheck-runs/newer"]),
    ("gate x --fail-on re", ["regression"]),
    ("tempest use d", ["default"]),
    ("completion z", ["zsh"]),
]


@pytest.mark.parametrize(("line", "expected"), ASKED)
def test_bash_completes(
    place: dict[str, str], tmp_path: Path, line: str, expected: list[str]
) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    words = ["defcheck", *line.split(" ")]
    script = BASH.format(
        words=" ".join(f"'{word}'" for word in words),
        last=len(words) - 1,
        line=f"defcheck {line}",
        word=words[-1],
    )
    done = asked([bash, "--noprofile", "--norc", "-c", script], place, tmp_path)
    assert "_defcheck_completion" in done.stderr
    found = done.stdout.split()
    if line in ("", "guideline "):
        assert set(expected) <= set(found)
    else:
        assert found == expected


def asked(
    words: list[str], environment: dict[str, str], tmp_path: Path
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        words,
        env=environment,
        cwd=tmp_path / "work",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


def test_zsh_takes_the_script(place: dict[str, str], tmp_path: Path) -> None:
    zsh = shutil.which("zsh")
    if zsh is None:
        pytest.skip("zsh is not installed")
    script = (
        "autoload -Uz compinit && compinit -u -D\n"
        'eval "$(defcheck completion zsh)"\nprint -r -- $_comps[defcheck]\n'
        "compadd() { local list=${@[-1]}; print -r -- ${(P)list} }\n"
        "words=(defcheck run --cloud w) CURRENT=4\n_defcheck_completion\n"
    )
    done = asked([zsh, "-f", "-c", script], place, tmp_path)
    assert done.stdout.splitlines()[0] == "_defcheck_completion"
    assert "west" in done.stdout


def test_fish_completes(place: dict[str, str], tmp_path: Path) -> None:
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("fish is not installed")
    script = "defcheck completion fish | source; complete -C 'defcheck run --cloud w'"
    done = asked([fish, "--no-config", "-c", script], place, tmp_path)
    assert done.stdout.split() == ["west"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed(defcheck: Run, shell: str) -> None:
    done = defcheck("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"_DEFCHECK_COMPLETE={shell}_complete" in done.stdout


def test_an_unknown_shell_is_refused(defcheck: Run) -> None:
    done = defcheck("completion", "tcsh")
    assert done.returncode == 2
    assert "'tcsh' is not one of" in done.stderr


def ask(place: dict[str, str], tmp_path: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Ask as the script does, and have the imported modules told."""
    code = (
        "import atexit, json, sys\n"
        "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))\n"
        "from defcheck.cli.main import run\nrun([])\n"
    )
    words = f"defcheck {line}"
    environment = {
        **place,
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
        "_DEFCHECK_COMPLETE": "bash_complete",
    }
    return asked([sys.executable, "-c", code], environment, tmp_path)


@pytest.mark.parametrize(
    "line", ["", "run -g 2020.06 -t ", "run --cloud east", "report ", "tempest use d"]
)
def test_nothing_heavy_is_imported_for_a_key(
    place: dict[str, str], tmp_path: Path, line: str
) -> None:
    loaded = json.loads(ask(place, tmp_path, line).stderr.splitlines()[-1])
    assert "click" in loaded
    assert [name for name in HEAVY if name in loaded] == []


@pytest.mark.parametrize(
    "broken", ["clouds: [", "clouds: 3", "- a", "\xff\xfe", "clouds: {east: {x: !!python/none }}"]
)
def test_a_broken_file_is_no_word_on_the_prompt(
    place: dict[str, str], tmp_path: Path, broken: str
) -> None:
    path = Path(place["HOME"]) / ".config/openstack/clouds.yaml"
    path.write_bytes(broken.encode("latin-1"))
    done = ask(place, tmp_path, "run --cloud ")
    assert done.stdout.strip() == ""
    assert len(done.stderr.splitlines()) == 1, "the modules only"


def test_the_clouds_are_those_of_the_file_that_openstacksdk_takes(
    place: dict[str, str], tmp_path: Path
) -> None:
    from openstack.config import OpenStackConfig

    other = tmp_path / "other.yaml"
    other.write_text("clouds: {north: {}}")
    for change, expected in (
        ({}, ["east", "eastern-test", "west"]),
        ({"OS_CLIENT_CONFIG_FILE": str(other)}, ["north"]),
    ):
        done = ask({**place, **change}, tmp_path, "run --cloud ")
        assert [line.partition(",")[2] for line in done.stdout.splitlines()] == expected
    loader = OpenStackConfig(config_files=[str(other)], load_envvars=False)
    assert list(loader.get_cloud_names()) == ["north"]


def test_passwords_do_not_show(place: dict[str, str], tmp_path: Path) -> None:
    assert "canary" not in ask(place, tmp_path, "run --cloud ").stdout
