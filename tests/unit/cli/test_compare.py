"""`defcheck compare` on recorded runs."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]

DATA = Path(__file__).resolve().parents[2] / "data"
STORAGE, QUOTAS = DATA / "storage.subunit.gz", DATA / "quotas-fail.subunit.gz"
TARGET = ("-g", "2020.06", "-t", "storage")


def test_it_tells_what_broke(defcheck: Run) -> None:
    done = defcheck("compare", STORAGE, QUOTAS, *TARGET, "-l", "before", "-l", "after")
    assert done.returncode == 0
    assert "1  before  PASS" in done.stdout
    assert "2  after   FAIL" in done.stdout
    assert "Regressions: 2" in done.stdout


def test_json_and_html_go_to_files(defcheck: Run, tmp_path: Path) -> None:
    done = defcheck("compare", STORAGE, QUOTAS, *TARGET, "-f", "json:c.json", "-f", "html:c.html")
    assert (done.returncode, done.stdout) == (0, "")
    document = json.loads((tmp_path / "work/c.json").read_text())
    assert [column["label"] for column in document["columns"]] == [STORAGE.name, QUOTAS.name]
    assert "2 runs side by side" in (tmp_path / "work/c.html").read_text()


def test_what_cannot_be_compared_is_refused(defcheck: Run, refused: Refused) -> None:
    refused(defcheck("compare", STORAGE, *TARGET), 2, "only one set of results")
    refused(defcheck("compare", STORAGE, QUOTAS, *TARGET, "-l", "a"), 2, "1 labels for 2")
    refused(defcheck("compare", STORAGE, QUOTAS), 2, "No guideline")
    refused(
        defcheck("compare", STORAGE, QUOTAS, *TARGET, "-f", "junit"), 2, "Unrecognised format junit"
    )
    refused(defcheck("compare", STORAGE, "gone", *TARGET), 2, "gone")
