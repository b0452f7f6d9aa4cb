"""Nothing left behind: a run is killed in the middle, and cleaned up after, for real."""

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import openstack
import psutil
import pytest
import yaml

from tests.e2e import place as place_of_tests
from tests.e2e.place import DEFCHECK

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    # openstacksdk warns of its own parts.
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]

SCHEMA = Path(__file__).resolve().parents[2] / "reports/schemas/cleanup-1.json"
STORAGE = ("--guideline", "2020.06", "--target", "storage")


@dataclass(frozen=True)
class Place(place_of_tests.Place):
    """A lab of the tests' own and a folder to work in."""

    def connection(self) -> Any:
        clouds = yaml.safe_load((self.state / "clouds.yaml").read_text())["clouds"]
        entry = clouds["defcheck-lab"]
        return openstack.connection.Connection(auth=entry["auth"], region_name="RegionOne")

    def run_and_kill(self, name: str, *arguments: str | Path) -> None:
        """Run the storage tests; kill defcheck when some have passed, as nothing can catch."""
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [*DEFCHECK, "run", *STORAGE, "-o", name, *map(str, arguments)],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        journal = self.folder / name / "journal.jsonl"
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if journal.exists() and journal.read_text().count('"passed"') >= 5:
                break
            time.sleep(0.1)
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait()
        psutil.wait_procs(children, timeout=30)

    def cleanup(self, name: str, *arguments: str | Path, code: int) -> dict[str, Any]:
        done = self.defcheck("cleanup", name, "-f", "json", *arguments)
        assert done.returncode == code, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        jsonschema.validate(document, json.loads(SCHEMA.read_bytes()))
        return document


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("cleanup"))
    done = place.defcheck("lab", "up")
    assert done.returncode == 0, done.stderr
    yield place
    place.defcheck("lab", "clean")


def everything(connection: Any) -> dict[str, set[str]]:
    """Return the names of all that there is."""
    endpoint = connection.object_store.get_endpoint()
    own = connection.current_project_id
    found: dict[str, set[str]] = {
        "user": {one.name for one in connection.identity.users()},
        "project": {one.name for one in connection.identity.projects()},
        "container": set(),
    }
    for project in connection.identity.projects():
        answer = connection.session.get(
            f"{endpoint.replace(own, project.id)}?format=json", raise_exc=False
        )
        if answer.status_code == 200:
            found["container"] |= {one["name"] for one in answer.json()}
    return found


def test_a_run_that_was_killed_is_cleaned_up_and_nothing_else(lab: Place) -> None:
    connection = lab.connection()
    before = everything(connection)
    lab.run_and_kill("killed", "--cloud", "defcheck-lab", "-j", "3")
    record = json.loads((lab.folder / "killed" / "run.json").read_bytes())
    prefix = record["prefix"]
    decoys = [f"{prefix}5-decoy", prefix, "tempest-ObjectTest-1"]
    for name in decoys:
        connection.object_store.create_container(name)
        connection.identity.create_project(name=name)
        connection.identity.create_user(name=f"{name}x-project-member")

    shown = lab.cleanup("killed", code=3)
    found = {(one["kind"], one["name"]) for one in shown["ours"]}
    assert {kind for kind, _ in found} == {"container", "user", "project"}
    assert not [name for _, name in found if name in decoys]
    assert {one["state"] for one in shown["ours"]} == {"found"}
    assert {name for kind, name in found if kind == "container"} <= everything(connection)[
        "container"
    ]

    done = lab.cleanup("killed", "--yes", code=0)
    assert {(one["kind"], one["name"]) for one in done["ours"]} == found
    assert {one["state"] for one in done["ours"]} == {"removed"}
    after = everything(connection)
    assert after["container"] - before["container"] == set(decoys)
    assert after["project"] - before["project"] == set(decoys)
    assert after["user"] - before["user"] == {f"{name}x-project-member" for name in decoys}
    assert before["container"] <= after["container"]
    assert before["project"] <= after["project"]
    assert before["user"] <= after["user"]

    assert not list(lab.folder.glob("killed.accounts*"))
    left = lab.folder / "killed.accounts.yaml"
    left.write_text("passwords of users that are gone")  # as an interrupted removal leaves them
    assert lab.cleanup("killed", code=0)["ours"] == []
    assert left.exists()
    again = lab.cleanup("killed", "--yes", code=0)
    assert again["ours"] == []
    assert not left.exists()
    kept = json.loads((lab.folder / "killed" / "cleanup-1.json").read_bytes())
    assert kept == done
    assert not (lab.folder / "killed" / "cleanup-2.json").exists()
    assert json.loads((lab.folder / "killed" / "run.json").read_bytes()) == record
    noted = (lab.folder / "killed" / "journal.jsonl").read_text().splitlines()[-1]
    assert json.loads(noted)["removed"] == len(found)


def test_containers_in_the_projects_of_an_account_pool(lab: Place) -> None:
    accounts = lab.state / "accounts.yaml"
    connection = lab.connection()
    before = everything(connection)
    lab.run_and_kill("pool", "--cloud", "defcheck-lab-member", "--accounts", accounts)
    assert everything(connection)["container"] - before["container"]
    done = lab.defcheck("cleanup", "pool")
    assert done.returncode == 2
    assert "--accounts" in done.stderr
    shown = lab.cleanup("pool", "--accounts", accounts, "--yes", code=0)
    assert {one["kind"] for one in shown["ours"]} == {"container"}
    assert everything(connection) == before


def test_a_prefix_of_the_user_s_own_proves_nothing_but_notes_do(lab: Place) -> None:
    conf = yaml.safe_load((lab.state / "clouds.yaml").read_text())["clouds"]["defcheck-lab"]["auth"]
    (lab.folder / "own.conf").write_text(
        "[DEFAULT]\nresource_name_prefix = acme\n"
        "[auth]\nuse_dynamic_credentials = true\ntempest_roles = swiftoperator\n"
        f"admin_username = admin\nadmin_password = {conf['password']}\n"
        "admin_project_name = admin\nadmin_domain_name = Default\n"
        f"[identity]\nuri_v3 = {conf['auth_url']}\nauth_version = v3\nregion = RegionOne\n"
        "v3_endpoint_type = public\n[identity-feature-enabled]\napi_v2 = false\n"
        "[service_available]\nswift = true\nnova = false\nneutron = false\nglance = false\n"
        "cinder = false\n[object-storage]\noperator_role = swiftoperator\n"
    )
    connection = lab.connection()
    before = everything(connection)
    lab.run_and_kill("acme", "--tempest-conf", "own.conf")
    left = everything(connection)["container"] - before["container"]
    assert any(name.startswith("acme-") for name in left)
    connection.object_store.create_container("acme-decoy-1")
    shown = lab.cleanup("acme", "--tempest-conf", "own.conf", "--yes", code=0)
    assert shown["prefix"] == ""
    assert {one["name"] for one in shown["ours"] if one["kind"] == "container"} == left
    assert everything(connection)["container"] - before["container"] == {"acme-decoy-1"}
    with contextlib.suppress(openstack.exceptions.NotFoundException):
        connection.object_store.delete_container("acme-decoy-1")


def test_a_lab_that_was_set_up_anew_is_another_cloud(lab: Place) -> None:
    record = json.loads((lab.folder / "killed" / "run.json").read_bytes())
    folder = lab.folder / "elsewhere"
    folder.mkdir()
    record["cloud"]["cpid"] = "0" * 32
    (folder / "run.json").write_text(json.dumps(record))
    done = lab.defcheck("cleanup", folder, "--yes")
    assert done.returncode == 2
    assert "is not the cloud of the run" in done.stderr


@pytest.mark.parametrize("users", ["pool", "dynamic"])
def test_an_administrator_without_reselleradmin_cleans_up_everything(
    lab: Place, users: str
) -> None:
    connection = lab.connection()  # of another one, who sees every account
    before = everything(connection)
    name = f"plain-{users}"
    lab.run_and_kill(name, "--cloud", "defcheck-lab-plain-admin", "--users", users, "-j", "2")
    left = everything(connection)
    assert left["container"] - before["container"]
    shown = lab.cleanup(name, code=3)
    assert everything(connection) == left
    if users == "pool":  # whose passwords are there
        assert shown["unseen"] == []
    else:
        assert all("cleanup --yes` logs in as its users" in line for line in shown["unseen"])
    done = lab.cleanup(name, "--yes", code=0)
    assert done["unseen"] == []
    assert {one["state"] for one in done["ours"]} == {"removed"}
    assert everything(connection) == before
    assert not list(lab.folder.glob(f"{name}.accounts*"))
    assert lab.cleanup(name, code=0)["ours"] == []
