"""How the command line ends: a code for everything, never Python's own."""

from pathlib import Path

import pytest

from defcheck.cli import main, running
from defcheck.errors import ExitCode


def test_what_was_not_foreseen_is_never_the_code_of_a_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(name: str) -> None:
        raise ZeroDivisionError("odd")

    monkeypatch.setattr("defcheck.guideline.catalog.load", broken)
    with pytest.raises(SystemExit) as ended:
        main.run(["guideline", "show", "2020.06"])
    assert ended.value.code == ExitCode.UNUSABLE
    assert "ZeroDivisionError: odd" in capsys.readouterr().err
    with pytest.raises(ZeroDivisionError):
        main.run(["--debug", "guideline", "show", "2020.06"])


def test_a_verdict_becomes_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    from defcheck.cli import score

    monkeypatch.setattr(score.command, "callback", lambda **_: 3)
    with pytest.raises(SystemExit) as ended:
        main.run(["score", "x"])
    assert ended.value.code == ExitCode.INCOMPLETE


@pytest.mark.parametrize(
    ("guideline", "end"),
    [("2020.06", "c-2020.06-object"), ("/a b/own.json", "c-own-object"), ("x/y", "c-y-object")],
)
def test_a_run_directory_is_named_after_what_is_run(guideline: str, end: str) -> None:
    path = running.default_output("c", guideline, "object")
    assert path.parent == Path("defcheck-runs")
    assert path.name.endswith(end)
