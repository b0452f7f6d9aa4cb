"""`defcheck tempest` without installing anything, and the refusals of other commands."""

import json
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import jsonschema
import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]
SCHEMAS = Path(__file__).resolve().parents[3] / "reports" / "schemas"
HERE = version("tempest")


def as_json(done: subprocess.CompletedProcess[str], schema: str) -> dict[str, object]:
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, object] = json.loads(done.stdout)
    jsonschema.Draft202012Validator(json.loads((SCHEMAS / schema).read_bytes())).validate(found)
    return found


def test_the_default_is_listed_and_in_use(defcheck: Run) -> None:
    found = as_json(defcheck("tempest", "list", "--format", "json"), "tempests-1.json")
    assert [
        (one["name"], one["version"], one["in_use"])
        for one in found["tempests"]  # type: ignore[attr-defined]
    ] == [("default", HERE, True)]
    assert f"* default  {HERE}" in defcheck("tempest", "list").stdout


def test_the_platform_of_2015_07_and_the_tests_that_today_s_tempest_lacks(defcheck: Run) -> None:
    wanted = ("--guideline", "2015.07", "--target", "platform")
    done = defcheck("tempest", "recommend", *wanted, "--format", "json")
    found = as_json(done, "recommendation-1.json")
    assert (found["counted"], found["recommended"], found["nowhere"]) == (98, "39.0.0", [])
    text = defcheck("tempest", "recommend", *wanted).stdout
    assert "defcheck tempest install 39.0.0" in text
    assert "Tempest 12.2.0 has 98, but was written for an older Python" in text
    assert "test_get_invalid_volume_id (gone)" in text


def test_the_newest_guideline_needs_no_other_tempest(defcheck: Run) -> None:
    done = defcheck("tempest", "recommend", "-g", "2020.06", "-t", "platform")
    assert f"Recommended: Tempest {HERE}, the default" in done.stdout


def test_a_guideline_with_nothing_that_counts_is_refused(defcheck: Run, refused: Refused) -> None:
    refused(defcheck("tempest", "recommend", "-g", "dns.next"), 2, "has no counted test")


@pytest.mark.parametrize(
    "words",
    [
        ("tempest", "use", "22.1.0"),
        ("run", "--cloud", "c", "-g", "2020.06", "-t", "storage", "--tempest", "22.1.0"),
        ("guideline", "check", "2020.06", "--tempest-version", "22.1.0"),
    ],
)
def test_one_that_is_not_installed_is_refused_with_what_installs_it(
    defcheck: Run, refused: Refused, words: tuple[str, ...]
) -> None:
    refused(defcheck(*words), 2, "Tempest 22.1.0 is not installed", "tempest install 22.1.0")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("install", "latest"), "latest is not a version"),
        (("install", "47.0.0", "--plugin", "--pre"), "--pre is not the name of a plugin"),
        (("remove", "22.1.0"), "not installed"),
        (("remove", "../../etc"), "not the name of an environment"),
        (("use", "in-use"), "not the name of an environment"),
    ],
)
def test_wrong_names_are_refused(
    defcheck: Run, refused: Refused, words: tuple[str, ...], said: str
) -> None:
    refused(defcheck("tempest", *words), 2, said)


def test_the_choice_is_kept_in_the_user_s_folder_and_a_lost_one_is_told(
    defcheck: Run, refused: Refused, environment: dict[str, str]
) -> None:
    folder = Path(environment["HOME"], ".local/share/defcheck/tempests")
    folder.mkdir(parents=True)
    (folder / "in-use").write_text("22.1.0\n")
    listed = defcheck("tempest", "list")
    assert "Warning: 22.1.0, which is in use, is not installed" in listed.stderr
    run = defcheck("guideline", "check", "2020.06", "--tempest")
    refused(run, 2, "Tempest 22.1.0, which is in use, is not installed", "tempest use default")
    assert defcheck("tempest", "use", "default").returncode == 0
    assert list(folder.iterdir()) == []
