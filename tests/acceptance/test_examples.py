"""The recipes of examples/: what they tell the program to do, and what they make of its codes.

Those that need Ansible or other programs are in tests/examples.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from tests.commandlines import blocks, lines, mentioned, parse, refuse_unknown
from tests.evidence import make_run
from tests.recipes import write_stand_in

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLES = PROJECT / "examples"
SCRIPT = EXAMPLES / "shell/defcheck-gate.sh"
YAML = sorted(path for path in EXAMPLES.rglob("*") if path.suffix in (".yml", ".yaml"))
RUN = ("mycloud", "2020.06", "storage")


def test_there_is_a_recipe_of_each_kind() -> None:
    assert {path.parent.relative_to(EXAMPLES).parts[0] for path in YAML} == {
        "ansible",
        "github",
        "gitlab",
        "zuul",
    }


@pytest.mark.parametrize("path", YAML, ids=lambda path: str(path.relative_to(EXAMPLES)))
def test_it_is_yaml(path: Path) -> None:
    assert yaml.safe_load(path.read_text(encoding="utf-8"))


def texts(value: Any) -> Iterator[str]:
    """Yield the texts of a YAML value."""
    if isinstance(value, str):
        yield value
    elif value and isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts(inner)


def shown_commands() -> Iterator[tuple[str, list[str]]]:
    """Yield every defcheck command line that the recipes show or run, with its place."""
    for path in sorted(path for path in EXAMPLES.rglob("*") if path.is_file()):
        text = path.read_text(encoding="utf-8")
        where = str(path.relative_to(EXAMPLES))
        if path in YAML:
            for script in texts(yaml.safe_load(text)):
                yield from ((where, words) for words in lines(script))
        if path.suffix == ".md":
            for block in blocks(text):
                yield from ((where, words) for words in lines(block))


@pytest.mark.parametrize(("where", "words"), list(shown_commands()), ids=str)
def test_the_program_takes_what_is_shown(where: str, words: list[str]) -> None:
    parse(words)


def test_what_is_mentioned_exists() -> None:
    found = [
        words
        for path in EXAMPLES.rglob("*")
        if path.is_file()
        for words in mentioned(path.read_text(encoding="utf-8"))
    ]
    assert len(found) > 3
    for words in found:
        refuse_unknown(words)


@pytest.mark.parametrize(
    ("file", "name"), [("run", "defcheck_run_words"), ("gate", "defcheck_gate_words")]
)
def test_the_program_takes_the_role_s_words(file: str, name: str) -> None:
    path = EXAMPLES / f"ansible/roles/defcheck/tasks/{file}.yml"
    (task,) = (one for one in yaml.safe_load(path.read_text()) if name in one.get("vars", {}))
    words = task["vars"][name][1:]
    more = ["--fail-on", "fail", "--baseline", "baseline.json", "--known", "known.yaml"]
    context = parse(words + (more if file == "gate" else []))
    assert context.command.name == file
    with pytest.raises(click.UsageError):
        parse([*words, "--no-such-option"])


def test_the_role_says_what_it_takes() -> None:
    role = EXAMPLES / "ansible/roles/defcheck"
    defaults = yaml.safe_load((role / "defaults/main.yml").read_text())
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text())
    options = specs["argument_specs"]["main"]["options"]
    assert set(defaults) == set(options)
    used = {
        name
        for path in role.rglob("*.yml")
        for name in re.findall(r"\bdefcheck_[a-z_]+", path.read_text())
    }
    assert set(defaults) <= used


@pytest.fixture
def gate(tmp_path: Path, environment: dict[str, str]) -> Any:
    """Return a function that runs the shell recipe with a stand-in for `defcheck run`."""
    stand_in = write_stand_in(tmp_path / "defcheck")
    folder = tmp_path / "work"
    folder.mkdir(exist_ok=True)

    def run(*arguments: str, **more: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [shutil.which("sh") or "/bin/sh", str(SCRIPT), *arguments],
            cwd=folder,
            env={
                **environment,
                "DEFCHECK": str(stand_in),
                "GATE_BASELINE": "none",
                "GATE_OUT": "out",
                **{key: str(value) for key, value in more.items()},
            },
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a recorded run that passes."""
    return make_run(tmp_path_factory.mktemp("recorded") / "passed")


def last(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout.splitlines()[-1]


def test_an_open_gate_lets_go_on_and_keeps_the_reports(
    gate: Any, passed: Path, tmp_path: Path
) -> None:
    done = gate(*RUN, RECORDED=passed, GATE_WORKERS="3")
    assert done.returncode == 0, done.stderr
    assert last(done) == "GATE OPEN  58 of 58 different tests meet the rule. There is no baseline."
    reports = tmp_path / "work/out/reports"
    assert {path.name for path in reports.iterdir()} >= {
        *("summary.md", "junit.xml", "verdict.json"),
        *("gate.txt", "gate.md", "gate.json"),
    }
    assert not os.stat(tmp_path / "work/out").st_mode & 0o077


def test_a_failing_verdict_whose_failures_are_accepted_is_open(
    gate: Any, failed: Path, tmp_path: Path
) -> None:
    accepted = tmp_path / "accepted"
    shutil.copytree(failed, accepted)
    done = gate(*RUN, RECORDED=failed, GATE_BASELINE=accepted)
    assert "FAIL  " in done.stdout
    assert (done.returncode, last(done)[:9]) == (0, "GATE OPEN")


def test_a_new_failure_closes_it(gate: Any, failed: Path, passed: Path) -> None:
    done = gate(*RUN, RECORDED=failed, GATE_BASELINE=passed, GATE_UNCLEAR="go")
    assert done.returncode == 1
    assert last(done) == (
        "GATE CLOSED  Of 58 different tests, 2 regressed since the baseline. 53 did not run."
    )


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a recorded run that fails."""
    return recorded(tmp_path_factory.mktemp("recorded") / "failed", "quotas-fail.subunit")


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a recorded run that lost a worker."""
    return recorded(tmp_path_factory.mktemp("recorded") / "cut", "killed-worker.subunit")


def recorded(path: Path, name: str) -> Path:
    import hashlib

    from tests.unit.recordings import raw

    make_run(path, results_sha256=hashlib.sha256(raw(name)).hexdigest())
    (path / "results.subunit").write_bytes(raw(name))
    return path


def test_what_cannot_be_told_stops_unless_it_may_go_on(
    gate: Any, cut: Path, tmp_path: Path
) -> None:
    done = gate(*RUN, RECORDED=cut)
    assert (done.returncode, last(done)[:12]) == (3, "GATE UNCLEAR")
    done = gate(*RUN, RECORDED=cut, GATE_UNCLEAR="go", GATE_OUT="again")
    assert done.returncode == 0
    assert last(done).startswith("GATE UNCLEAR")
    assert last(done).endswith("Continuing anyway.")


@pytest.mark.parametrize("code", [2, 4, 130, 137])
def test_a_run_without_a_verdict_never_opens_it(gate: Any, code: int) -> None:
    done = gate(*RUN, RUN_CODE=str(code), GATE_UNCLEAR="go")
    assert done.returncode == code
    assert last(done) == f"GATE NOT REACHED  defcheck run ended with exit code {code}."


def test_a_gate_without_a_result_never_opens(gate: Any, passed: Path, tmp_path: Path) -> None:
    known = tmp_path / "known.yaml"
    known.write_text("format: nothing")
    done = gate(*RUN, RECORDED=passed, GATE_KNOWN=known)
    assert done.returncode == 2
    assert last(done) == "GATE NOT REACHED  defcheck gate ended with exit code 2."


@pytest.mark.parametrize(
    "more",
    [{"GATE_BASELINE": "gone.json"}, {"GATE_KNOWN": "gone"}, {"GATE_UNCLEAR": "perhaps"}],
)
def test_a_mistake_is_told_before_the_tests(gate: Any, more: dict[str, str]) -> None:
    done = gate(*RUN, **more)
    assert (done.returncode, done.stdout) == (2, "")
    assert next(iter(more.values())) in done.stderr


def test_old_reports_do_not_pass_for_new_ones(gate: Any, passed: Path, tmp_path: Path) -> None:
    (tmp_path / "work/out").mkdir()
    done = gate(*RUN, RECORDED=passed)
    assert done.returncode == 2
    assert "exists already" in done.stderr


def test_a_missing_command_never_opens_it(gate: Any) -> None:
    done = gate(*RUN, DEFCHECK="no-such-defcheck")
    assert done.returncode == 127
    assert last(done).startswith("GATE NOT REACHED")
