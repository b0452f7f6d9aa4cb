"""How the command line ends: a code for everything, never Python's own."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from defcheck.cli import main, run_output
from defcheck.errors import ExitCode
from defcheck.results.models import Event, Outcome


def test_an_unexpected_error_never_has_the_exit_code_of_a_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(name: str) -> None:
        raise ZeroDivisionError("odd")

    monkeypatch.setattr("defcheck.guideline.catalog.load_guideline", broken)
    with pytest.raises(SystemExit) as ended:
        main.run(["guideline", "show", "2020.06"])
    assert ended.value.code == ExitCode.UNUSABLE
    assert "Unexpected error: ZeroDivisionError: odd" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main.run(["--debug", "guideline", "show", "2020.06"])
    assert ended.value.code == ExitCode.UNUSABLE
    assert "Traceback" in capsys.readouterr().err


def test_a_full_disk_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(name: str) -> None:
        Path("/dev/full").write_bytes(b"x")

    monkeypatch.setattr("defcheck.guideline.catalog.load_guideline", full)
    with pytest.raises(SystemExit) as ended:
        main.run(["guideline", "show", "2020.06"])
    assert ended.value.code == ExitCode.UNUSABLE
    said = capsys.readouterr().err
    assert "cannot be written: No space left on device." in said
    assert "TMPDIR" in said
    assert "nexpected" not in said


def test_debug_keeps_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.run(["--debug", "guideline", "show", "1999.01"])
    assert ended.value.code == ExitCode.USAGE
    assert "Traceback" in capsys.readouterr().err


def test_a_run_outlives_whoever_watches_it() -> None:
    def gone(text: str) -> None:
        raise BrokenPipeError

    watcher = run_output.RunProgress(gone)
    watcher.say("anything")
    watcher.planned(["a.B.test_c[id-1]"], 1)
    watcher.event(Event("a.B.test_c[id-1]", Outcome.PASSED))


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Put back the handlers that the command line installs."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_verdict_becomes_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    from defcheck.cli import scoring

    monkeypatch.setattr(scoring.score_command, "callback", lambda **_: 3)
    with pytest.raises(SystemExit) as ended:
        main.run(["score", "x"])
    assert ended.value.code == ExitCode.INCOMPLETE


@pytest.mark.parametrize(
    ("guideline", "end"),
    [("2020.06", "c-2020.06-object"), ("/a b/own.json", "c-own-object"), ("x/y", "c-y-object")],
)
def test_a_run_directory_is_named_after_what_is_run(guideline: str, end: str) -> None:
    path = run_output.default_run_directory("c", guideline, "object")
    assert path.parent == Path("defcheck-runs")
    assert path.name.endswith(end)
