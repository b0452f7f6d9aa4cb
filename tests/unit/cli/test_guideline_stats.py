"""`defcheck guideline stats`."""

import csv
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]


def test_the_table_says_whether_flags_shrank(defcheck: Run) -> None:
    done = defcheck("guideline", "stats")
    assert (done.returncode, done.stderr) == (0, "")
    lines = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line}
    assert lines["2020.06"][:10] == ["78", "0", "0", "0", "286", "275", "273", "11", "3.8", "%"]
    assert lines["2015.04"][-1] == "#" * 24
    assert "Their share shrank, from 7.1 % in 2015.03 to 3.8 % in 2020.06" in done.stdout


@pytest.mark.parametrize(
    ("settings", "plain"),
    [
        ({"PYTHONIOENCODING": "utf-8"}, False),
        ({"PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"}, True),
        ({"PYTHONIOENCODING": "utf-8", "TERM": "dumb"}, True),
        ({"PYTHONIOENCODING": "ascii"}, True),
        ({"PYTHONIOENCODING": "latin-1"}, True),
    ],
)
def test_bars_are_ascii_where_they_must_be(
    environment: dict[str, str], settings: dict[str, str], *, plain: bool
) -> None:
    base = {key: value for key, value in environment.items() if key not in ("NO_COLOR", "TERM")}
    done = subprocess.run(
        [sys.executable, "-m", "defcheck", "guideline", "stats"],
        env=base | settings,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.isascii() is plain
    assert ("█".encode() in done.stdout) is not plain


def test_json_csv_and_svg_are_whole_documents(defcheck: Run) -> None:
    options = ("guideline", "stats", "--kind", "orchestration", "--format")
    found = json.loads(defcheck(*options, "json").stdout)
    assert (found["target"], len(found["editions"])) == ("orchestration", 5)
    records = list(csv.DictReader(defcheck(*options, "csv").stdout.splitlines()))
    assert records[-1]["tests"] == "60"
    assert ET.fromstring(defcheck(*options, "svg").stdout).tag.endswith("svg")  # noqa: S314


def test_a_target_has_other_names(defcheck: Run) -> None:
    done = defcheck("guideline", "stats", "-t", "storage")
    assert done.stdout.startswith("guideline, target object\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--kind", "nova"],
            ["Unknown kind of guideline: nova", "guideline, dns, orchestration, nfv, scs"],
        ),
        (["--target", "moon"], ["no target moon", "platform, compute, object"]),
        (["--kind", "dns", "-t", "platform"], ["no target platform", "It has dns"]),
    ],
)
def test_wrong_use_is_answered_in_words(
    defcheck: Run, refused: Refused, arguments: list[str], words: list[str]
) -> None:
    refused(defcheck("guideline", "stats", *arguments), 2, *words)
