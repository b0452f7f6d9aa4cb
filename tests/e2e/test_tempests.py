"""Another Tempest for real: from the package index, against a real Keystone and Swift."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import place as place_of_tests
from tests.e2e.place import DEFCHECK

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

OLDER = "29.1.0"
"""The oldest version that runs on the Pythons of today."""

PREFIX = "tempest.api.object_storage."
TESTS = (
    f"{PREFIX}test_container_quotas.ContainerQuotasTest.test_upload_large_object",
    f"{PREFIX}test_container_services.ContainerTest.test_create_container",
    f"{PREFIX}test_object_services.ObjectTest.test_create_object",
)
GUIDELINE = {
    "metadata": {"id": "few", "schema": "2.0"},
    "platforms": {"Few": {"components": [{"name": "object"}]}},
    "components": {"object": {"capabilities": {"required": ["few"]}}},
    "capabilities": {"few": {"project": "swift", "tests": {name: {} for name in TESTS}}},
}


@dataclass(frozen=True)
class Place(place_of_tests.Place):
    """A lab, Tempests and a folder of the tests' own."""

    @property
    def tempests(self) -> Path:
        return self.folder / "tempests"

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "DEFCHECK_TEMPESTS": str(self.tempests)}

    def listed(self) -> dict[str, dict[str, Any]]:
        """Return what `tempest list` says, by name."""
        done = self.defcheck("tempest", "list", "--format", "json")
        assert done.returncode == 0, done.stderr
        return {one["name"]: one for one in json.loads(done.stdout)["tempests"]}

    def run(self, name: str, *arguments: str) -> dict[str, Any]:
        """Run the few tests as the lab's admin; return run.json."""
        done = self.defcheck(
            *("run", "--cloud", "defcheck-lab", "-g", "few.json", "-o", name, *arguments)
        )
        assert done.returncode == 0, done.stderr + done.stdout
        record: dict[str, Any] = json.loads((self.folder / name / "run.json").read_bytes())
        return record


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Return a place with the older Tempest; its lab is ended at the end."""
    place = Place(tmp_path_factory.mktemp("tempests"))
    (place.folder / "few.json").write_text(json.dumps(GUIDELINE))
    done = place.defcheck("tempest", "install", OLDER)
    if "could not be reached" in done.stderr:
        pytest.skip("no package index can be reached from here")
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    up = place.defcheck("lab", "up")
    assert up.returncode == 0, up.stderr
    yield place
    place.defcheck("lab", "clean")


def test_the_older_one_is_whole_and_not_in_use(place: Place) -> None:
    listed = place.listed()
    assert listed[OLDER]["complete"]
    assert listed[OLDER]["tests"] == 1601
    assert listed["default"]["in_use"]
    stamp = json.loads((place.tempests / OLDER / "complete.json").read_bytes())
    assert f"tempest=={OLDER}" in stamp["packages"]


def test_the_older_one_runs_the_tests_and_the_record_says_so(place: Place) -> None:
    record = place.run("older", "--tempest", OLDER)
    assert (record["tempest"], record["tempest_files"]) == (OLDER, "unmodified")
    assert (record["absent"], len(record["planned"]), record["state"]) == ([], 3, "finished")
    inventory = (place.folder / "older" / "inventory.txt").read_text().splitlines()
    own = (place.tempests / OLDER / "inventory.txt").read_text().splitlines()
    assert {name.partition("[")[0] for name in inventory} == {
        name.partition("[")[0] for name in own
    }


def test_the_one_in_use_runs_where_none_is_named(place: Place) -> None:
    default = place.run("default")
    assert place.defcheck("tempest", "use", OLDER).returncode == 0
    assert place.run("in-use")["tempest"] == OLDER
    assert place.run("named", "--tempest", "default")["tempest"] == default["tempest"] != OLDER
    checked = place.defcheck("guideline", "check", "few.json", "--tempest", "--format", "json")
    report = json.loads(checked.stdout)["guidelines"][0]
    assert (report["tempest"], report["tempest_tests"]) == (f"Tempest {OLDER}", 1601)
    assert place.defcheck("tempest", "use", "default").returncode == 0


def test_an_edited_tempest_is_told(place: Place) -> None:
    (module,) = place.tempests.glob(f"{OLDER}/lib/*/site-packages/tempest/test.py")
    text = module.read_text()
    module.unlink()  # an installer may have linked it to its cache
    module.write_text(text + "\n# edited\n")
    assert place.run("edited", "--tempest", OLDER)["tempest_files"] == ["edited tempest/test.py"]


def test_an_installation_that_is_killed_is_never_used_and_can_be_made_again(place: Place) -> None:
    name = "30.0.0"
    killed = subprocess.Popen(
        [*DEFCHECK, "tempest", "install", name],
        cwd=place.folder,
        env=place.environment,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not (place.tempests / name / "bin").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not place.listed()[name]["complete"]
    refused = place.defcheck("run", "--cloud", "x", "-g", "few.json", "--tempest", name)
    assert refused.returncode == 2
    assert "not completely installed" in refused.stderr
    assert place.defcheck("tempest", "install", name).returncode == 0
    assert place.listed()[name]["complete"]
    assert place.defcheck("tempest", "remove", name).returncode == 0
    assert set(place.listed()) == {"default", OLDER}


def test_a_version_that_cannot_be_installed_leaves_nothing(place: Place) -> None:
    done = place.defcheck("tempest", "install", "10.0.0")
    assert done.returncode == 4, done.stderr
    assert "Could not install Tempest 10.0.0. The end of the installer's output:" in done.stderr
    assert not (place.tempests / "10.0.0").exists()


def test_a_version_that_does_not_exist_is_told_with_those_near_it(place: Place) -> None:
    done = place.defcheck("tempest", "install", "28.9.0")
    assert done.returncode == 2, done.stderr
    assert "There is no tempest 28.9.0" in done.stderr
    assert "28.0.0, 28.1.0" in done.stderr
