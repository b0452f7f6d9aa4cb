"""`defcheck guideline render`."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("html", "<!doctype html>\n"),
        ("markdown", "# Guideline 2020.06\n"),
        ("rst", "Guideline 2020.06\n=================\n"),
    ],
)
def test_a_guideline_is_written_to_standard_output(defcheck: Run, form: str, start: str) -> None:
    done = defcheck("guideline", "render", "2020.06", "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(start)
    assert "275" in done.stdout
    assert "tempest.api.compute.servers.test_servers.ServersTestJSON" in done.stdout
    assert "certified" not in done.stdout


def test_a_file_is_written_whole_and_never_over_another(
    defcheck: Run, refused: Refused, tmp_path: Path
) -> None:
    path = tmp_path / "storage.html"
    options = ("guideline", "render", "2020.06", "-t", "storage", "-o", path)
    done = defcheck(*options)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"Wrote {path}\n")
    page = path.read_text(encoding="utf-8")
    assert page.endswith("</html>\n")
    assert "Only OpenStack Powered Storage is shown." in page
    refused(defcheck(*options), 2, "storage.html exists already")
    assert path.read_text(encoding="utf-8") == page


def test_bad_input_leaves_no_file(defcheck: Run, refused: Refused, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    out = tmp_path / "out.html"
    refused(defcheck("guideline", "render", bad, "-o", out), 2, "bad.json is not JSON")
    assert not out.exists()


def test_the_output_is_utf_8_whatever_the_terminal_is(
    defcheck: Run, environment: dict[str, str]
) -> None:
    environment["PYTHONIOENCODING"] = "ascii"
    done = defcheck("guideline", "render", "dns.2020.06")
    assert (done.returncode, done.stderr) == (0, "")
    assert "▸" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["2031.01"], ["no guideline 2031.01", "2020.06"]),
        (["2020.06", "-t", "edge"], ["no target edge", "platform, compute, object"]),
        (["2020.06", "-o", "none/x.html"], ["none/x.html cannot be written"]),
    ],
)
def test_wrong_use_is_answered_in_words(
    defcheck: Run, refused: Refused, arguments: list[str], words: list[str]
) -> None:
    refused(defcheck("guideline", "render", *arguments), 2, *words)


def test_an_unknown_format_is_refused(defcheck: Run) -> None:
    done = defcheck("guideline", "render", "2020.06", "--format", "pdf")
    assert done.returncode == 2
    assert "'html', 'markdown', 'rst'" in done.stderr
