"""The command line as tests start it: in this process, or in one of its own.

A process of its own shows exit codes, streams, signals and what is imported at the start;
it takes half a second longer. Everything else shows in this process.
"""

import io
import os
import re
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import pytest

from defcheck.cli import main
from defcheck.redaction.redactor import PROCESS_SECRETS, SecretRegister

Done = subprocess.CompletedProcess[str]
Run = Callable[..., Done]

SUFFIXES = (".yaml", ".yml", ".json")
PROGRESS = re.compile(r" *\d+\.\d s  ")
PROJECT = Path(__file__).resolve().parents[1]


def run_process(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], stdin: bytes
) -> Done:
    """Run defcheck in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "defcheck", *arguments],
        cwd=folder,
        env=environment,
        input=stdin,
        capture_output=True,
        timeout=90,
        check=False,
    )
    return Done(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def run_here(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], stdin: bytes
) -> Done:
    """Run defcheck in this process; what it changes in the process is undone."""
    written, told = io.BytesIO(), io.BytesIO()
    with (
        mock.patch.dict(os.environ, environment, clear=True),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")),
        redirect_stdout(io.TextIOWrapper(written, encoding="utf-8", write_through=True)),
        redirect_stderr(io.TextIOWrapper(told, encoding="utf-8", write_through=True)),
        pytest.MonkeyPatch.context() as patch,
        warnings.catch_warnings(),
        _own_signals_and_secrets(),
    ):
        warnings.simplefilter("ignore")
        patch.chdir(folder)
        _look_for_clouds(patch, (folder, Path(environment["HOME"], ".config/openstack")))
        with pytest.raises(SystemExit) as ended:
            main.run(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
        output, error = written.getvalue().decode(), told.getvalue().decode()
    code = ended.value.code
    assert isinstance(code, int)
    return Done(list(arguments), code, output, error)


def _look_for_clouds(patch: pytest.MonkeyPatch, folders: Sequence[Path]) -> None:
    """Let openstacksdk look where it would in a new process: it decides that when imported."""
    for variable, name in (("CONFIG_FILES", "clouds"), ("SECURE_FILES", "secure")):
        places = [str(folder / f"{name}{suffix}") for folder in folders for suffix in SUFFIXES]
        patch.setattr(f"openstack.config.loader.{variable}", places)


@contextmanager
def _own_signals_and_secrets() -> Iterator[None]:
    """Let a command line learn no secret of an earlier one, and put its signal handlers back."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    secrets = vars(PROCESS_SECRETS).copy()
    vars(PROCESS_SECRETS).update(vars(SecretRegister()))
    try:
        yield
    finally:
        vars(PROCESS_SECRETS).update(secrets)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def assert_error(done: Done, code: int, *words: str) -> None:
    """Assert a short error for a person: the exit code, the words, no traceback."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line and not PROGRESS.match(line)]
    assert lines[0].startswith("Error: "), done.stderr
    assert len(lines) <= 2, done.stderr
    for word in words:
        assert word in done.stderr


@pytest.fixture
def shared() -> Path:
    """Return the folder of recorded behaviour beside the checkout."""
    folder = PROJECT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("../shared, with the recorded streams, is not beside the checkout")
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which no cloud, lab or colour is known."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("OS_", "XDG_", "DEFCHECK_"))
    }
    return {
        **kept,
        "HOME": str(home),
        "DEFCHECK_LAB_STATE": str(tmp_path / "no-lab"),
        "NO_COLOR": "1",
    }


@pytest.fixture
def refused() -> Callable[..., None]:
    """Return the assertion for errors."""
    return assert_error


def make_runner(
    run: Callable[[Sequence[str], Path, Mapping[str, str], bytes], Done],
    folder: Path,
    environment: Mapping[str, str],
) -> Run:
    """Return a function that runs defcheck in an empty folder."""
    folder.mkdir(exist_ok=True)

    def started(*arguments: str | Path, stdin: bytes = b"") -> Done:
        return run([str(one) for one in arguments], folder, environment, stdin)

    return started
