"""Compute, network and volume tests are killed in the middle, and cleaned up after."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from defcheck.guideline import catalog
from tests.e2e_full.conftest import FullLab

pytestmark = [
    pytest.mark.e2e_full,
    pytest.mark.timeout(900),
    # openstacksdk warns of its own parts.
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
]

CLOUD = "defcheck-lab-full"
CLASSES = (
    "test_attach_volume.",
    "test_floating_ips.FloatingIPTestJSON",
    "test_ports.PortsTestJSON",
    "test_routers.",
    "test_volumes_snapshots.",
)
SECONDS = 300


@pytest.fixture(scope="module")
def connection(full_lab: FullLab) -> Any:
    return full_lab.connect(CLOUD)


@pytest.fixture(scope="module")
def guideline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a guideline that demands a few classes."""
    document = json.loads(catalog.load_with_bytes("2020.06")[1])
    for capability in document["capabilities"].values():
        tests = capability["tests"]
        capability["tests"] = {
            name: test for name, test in tests.items() if any(one in name for one in CLASSES)
        }
    path = tmp_path_factory.mktemp("guideline") / "few.json"
    path.write_text(json.dumps(document))
    return path


def run_and_kill(full_lab: FullLab, guideline: Path, folder: Path) -> None:
    """Kill a run as nothing can catch, while servers, volumes and networks are there."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "defcheck", "run", "--cloud", CLOUD, "-j", "4"),
                *("-o", str(folder / "run")),
                *("-g", str(guideline), "-t", "platform"),
            ],
            env=full_lab.environment,
            stdout=log,
            stderr=log,
        )
    made = folder / "run" / "made.jsonl"
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if made.exists() and is_in_the_middle(made.read_text().splitlines()):
            break
        time.sleep(0.1)
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    psutil.wait_procs(children, timeout=30)
    assert (folder / "run" / "run.json").exists(), (folder / "log").read_text()


def is_in_the_middle(notes: list[str]) -> bool:
    """Tell whether things of all kinds were made, and a router, which tests soon delete, lately."""
    kinds = [json.loads(note)["kind"] for note in notes if note.endswith("}")]
    return {"servers", "volumes", "networks"} <= set(kinds) and "routers" in kinds[-4:]


def cleanup(full_lab: FullLab, run: Path, *arguments: str, code: int) -> dict[str, Any]:
    done = full_lab.defcheck("cleanup", run, "-f", "json", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.fixture
def decoys(connection: Any, request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Yield a list of names; the things of these names are deleted at the end."""
    names: list[str] = []
    yield names
    for service, listing, delete in (
        (connection.network, "networks", "delete_network"),
        (connection.block_storage, "volumes", "delete_volume"),
        (connection.identity, "projects", "delete_project"),
    ):
        for one in list(getattr(service, listing)()):
            if one.name in names:
                getattr(service, delete)(one)


def names_of(connection: Any) -> dict[str, set[str]]:
    return {
        "server": {one.name for one in connection.compute.servers(all_projects=True)},
        "network": {one.name for one in connection.network.networks()},
        "volume": {one.name for one in connection.block_storage.volumes(all_projects=True)},
        "project": {one.name for one in connection.identity.projects()},
        "user": {one.name for one in connection.identity.users()},
    }


def test_a_run_that_was_killed_is_cleaned_up_and_nothing_else(
    full_lab: FullLab, connection: Any, guideline: Path, decoys: list[str], tmp_path: Path
) -> None:
    run_and_kill(full_lab, guideline, tmp_path)
    run = tmp_path / "run"
    prefix = json.loads((run / "run.json").read_bytes())["prefix"]
    decoys += [f"{prefix}5-decoy", prefix]
    for name in decoys:
        connection.network.create_network(name=name)
        connection.block_storage.create_volume(name=name, size=1)
        connection.identity.create_project(name=name)
    shown = cleanup(full_lab, run, code=3)
    found = {(one["kind"], one["name"]) for one in shown["ours"]}
    assert {"network", "user", "project", "router"} <= {kind for kind, _ in found}
    assert not [name for _, name in found if name in decoys]
    before = names_of(connection)
    done = cleanup(full_lab, run, "--yes", code=0)
    assert {one["state"] for one in done["ours"]} == {"removed"}
    after = names_of(connection)
    removed = {(one["kind"], one["name"]) for one in done["ours"]}
    for kind, names in after.items():
        assert not [name for name in names if name.startswith(f"{prefix}-")]
        assert not [name for name in names if (kind, name) in removed]
    for kind in ("network", "volume", "project"):
        assert set(decoys) <= before[kind] & after[kind]
    assert cleanup(full_lab, run, "--yes", code=0)["ours"] == []
