"""What `defcheck cleanup` refuses, in words, without touching a cloud."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from defcheck.util.concurrency import acquire_lock

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]

CONF = """[identity]
uri_v3 = http://127.0.0.1:9/v3
[auth]
admin_username = admin
admin_password = canary-secret
admin_project_name = admin
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


def make_run(work: Path, **changes: Any) -> Path:
    """Write the record of a run that was killed."""
    folder = work / "run"
    folder.mkdir()
    record = {
        "format": "defcheck run 1",
        "defcheck": "0",
        "tempest": "47.0.0",
        "python": "3.11",
        "guideline": {"id": "2020.06", "sha256": "0" * 64, "schema": "2.0"},
        "target": "object",
        "statuses": ["required"],
        "cloud": {"name": "", "auth_url": "http://127.0.0.1:9/v3", "region": "", "cpid": ""},
        "credentials": "dynamic",
        "workers": 1,
        "planned": ["tempest.api.x.A.test_b[id-1]"],
        "absent": [],
        "inventory_sha256": "0" * 64,
        "started": "2031-01-01T00:00:00+00:00",
        "prefix": "defcheck-1a2b3c4d",
        **changes,
    }
    (folder / "run.json").write_text(json.dumps(record))
    (work / "tempest.conf").write_text(CONF)
    return folder


def cloud(**changes: str) -> dict[str, str]:
    return {
        "name": "mine",
        "auth_url": "http://127.0.0.1:9/v3",
        "region": "",
        "cpid": "",
        **changes,
    }


def test_a_folder_that_is_no_run(defcheck: Run, refused: Refused, work: Path) -> None:
    (work / "other").mkdir()
    refused(defcheck("cleanup", "other"), 2, "run.json cannot be read", "run directory")


def test_a_run_that_can_prove_nothing(defcheck: Run, refused: Refused, work: Path) -> None:
    make_run(work, prefix="")
    done = defcheck("cleanup", "run", "--tempest-conf", "tempest.conf", "--yes")
    refused(done, 2, "no resource can be proved to belong to it", "older defcheck")


@pytest.mark.parametrize("prefix", ["d", "prod", "tempest", "defcheck-", "defcheck-1a2b3c4d5"])
def test_a_prefix_that_was_edited(defcheck: Run, refused: Refused, work: Path, prefix: str) -> None:
    make_run(work, prefix=prefix)
    done = defcheck("cleanup", "run", "--tempest-conf", "tempest.conf", "--yes")
    refused(done, 2, "was not created by defcheck")


@pytest.mark.parametrize(
    "changes",
    [
        {"prefix": 3},
        {"leftovers": "many"},
        {"leftovers": {"at": "", "ours": [{}], "unproven": [], "unseen": []}},
        {"started": "yesterday"},
        {"planned": [""]},
    ],
)
def test_a_record_that_was_edited(
    defcheck: Run, refused: Refused, work: Path, changes: dict[str, Any]
) -> None:
    make_run(work, **changes)
    done = defcheck("cleanup", "run", "--tempest-conf", "tempest.conf", "--yes")
    refused(done, 2, "run.json")


def test_a_run_that_still_goes_on(defcheck: Run, refused: Refused, work: Path) -> None:
    descriptor = acquire_lock(make_run(work))
    assert descriptor is not None
    done = defcheck("cleanup", "run", "--tempest-conf", "tempest.conf", "--yes")
    os.close(descriptor)
    refused(done, 2, "A run is in progress")


def test_a_run_with_a_tempest_conf_alone(defcheck: Run, refused: Refused, work: Path) -> None:
    make_run(work)
    refused(defcheck("cleanup", "run"), 2, "names no cloud", "--tempest-conf")


def test_a_tempest_conf_of_another_cloud(defcheck: Run, refused: Refused, work: Path) -> None:
    make_run(work, cloud=cloud(name="", auth_url="http://127.0.0.2:9/v3"))
    done = defcheck("cleanup", "run", "--tempest-conf", "tempest.conf", "--yes")
    refused(done, 2, "The run used http://127.0.0.2:9/v3", "deletes nothing in another cloud")


def test_a_cloud_that_clouds_yaml_lacks(defcheck: Run, refused: Refused, work: Path) -> None:
    make_run(work, cloud=cloud())
    refused(defcheck("cleanup", "run"), 2, "no cloud mine")


def test_a_cloud_that_does_not_answer(defcheck: Run, refused: Refused, work: Path) -> None:
    make_run(work)
    done = defcheck("cleanup", "run", "--tempest-conf", "tempest.conf", "--yes")
    refused(done, 4, "Could not scan the cloud")
    assert "canary-secret" not in done.stdout + done.stderr


def test_cleanup_refuses_an_invalid_accounts_file(
    defcheck: Run, refused: Refused, work: Path
) -> None:
    make_run(work)
    (work / "a.yaml").write_text("text")
    done = defcheck("cleanup", "run", "--tempest-conf", "tempest.conf", "--accounts", "a.yaml")
    refused(done, 2, "does not contain a list of accounts")


def test_help_says_what_it_never_does(defcheck: Run) -> None:
    shown = defcheck("cleanup", "--help").stdout
    assert "--yes" in shown
    assert "provably belongs to the run" in " ".join(shown.split())
