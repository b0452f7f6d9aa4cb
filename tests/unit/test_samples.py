"""The samples tell nothing of the machine they were made on, and are all there."""

import json
import re
from pathlib import Path

import pytest

from tests.samples import scrub
from tests.samples.listing import WORDS
from tests.samples.pages import MOST_BYTES, PICTURES
from tests.samples.written import SAMPLES

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "reports/samples"
TEXTS = sorted(path for path in FOLDER.rglob("*") if path.is_file() and path.suffix != ".png")
LOCAL = re.compile(r"https?://(?:127\.0\.0\.1|localhost)[:/]")
CLOUD = re.compile(r"\bat (https?://\S+)|auth_url\W+(https?://[^\s\"]+)")


def test_every_sample_is_there_and_nothing_else() -> None:
    texts = {*(sample.path for sample in SAMPLES), "README.md", "runs.json"}
    assert {str(path.relative_to(FOLDER)) for path in TEXTS} == texts
    assert {path.name for path in FOLDER.rglob("*.png")} == {one.name for one in PICTURES}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_place_and_no_secret_stands_in_a_sample(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert scrub.faults(text) == []
    for found in CLOUD.findall(text):
        assert LOCAL.match("".join(found)), found


@pytest.mark.parametrize(
    "text",
    [
        'File "/root/venv/bin/x"',
        "/srv/abc/run.json",
        "in /home/me",
        "X-Auth-Token: abc",
        "gAAAAABl0123456789abcdefghij",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "password s3cret!",
        "at box.example.org now",
    ],
)
def test_what_may_not_stand_there_is_found(text: str) -> None:
    assert scrub.faults(text, ["s3cret!"], ["box.example.org"])


def test_places_of_installed_files_are_taken_out() -> None:
    told = 'File "/work/x-1/.tox/py/lib/python3.11/site-packages/tempest/test.py", line 1'
    clean = scrub.without_places(told)
    assert clean == 'File "…/lib/python3.11/site-packages/tempest/test.py", line 1'
    assert scrub.faults(clean) == []
    assert scrub.faults("POST /v1/AUTH_x/root and http://127.0.0.1:1/home/x") == []


def test_passwords_are_found_in_accounts_and_clouds(tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text("clouds: {c: {auth: {password: one, username: u}}}")
    (tmp_path / "accounts.yaml").write_text("- {username: u, password: two}\n")
    assert scrub.secrets([tmp_path]) == {"one", "two"}


def test_pictures_are_small() -> None:
    for picture in PICTURES:
        data = (FOLDER / picture.name).read_bytes()
        assert data.startswith(b"\x89PNG")
        assert len(data) <= MOST_BYTES, picture.name


def test_the_samples_are_of_the_verdicts_that_they_are_to_show() -> None:
    runs = json.loads((FOLDER / "runs.json").read_bytes())
    assert set(runs) == set(WORDS)
    assert (runs["accepted"]["verdict"], runs["today"]["verdict"]) == ("pass", "fail")
    told = (FOLDER / "README.md").read_text(encoding="utf-8")
    for sample in SAMPLES:
        assert f"({sample.path})" in told
    for name in re.findall(r"reports/samples/([\w./-]+)", (PROJECT / "README.md").read_text()):
        assert (FOLDER / name).exists(), name
