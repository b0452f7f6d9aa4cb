"""The full lab for real: what its users may do, and what befalls it."""

import contextlib
import json
import os
import signal
import stat
from pathlib import Path

import openstack
import pytest
import yaml
from keystoneauth1.exceptions import Forbidden
from keystoneauth1.identity import V3Password
from keystoneauth1.session import Session

from tests.e2e_full.conftest import FullLab

pytestmark = [
    pytest.mark.e2e_full,
    pytest.mark.timeout(1800),
    # openstacksdk warns of its own optional parts.
    pytest.mark.filterwarnings("ignore:Support for InfluxDB"),
    pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK50Warning"),
]

PROVED = "a server, a volume and an object were created and deleted"


def processes_of(leaders: set[int]) -> set[int]:
    """Return the running processes in the sessions of these, found apart from the lab's way."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.getsid(int(path.name)) in leaders and ") Z " not in (path / "stat").read_text():
                found.add(int(path.name))
    return found


def leaders(full_lab: FullLab) -> set[int]:
    return {one["pid"] for one in full_lab.status()["services"] if one["pid"]}


def test_status_shows_every_service_and_the_memory(full_lab: FullLab) -> None:
    status = full_lab.status()
    assert status["ready"] is True
    assert len(status["services"]) == 20
    assert all(service["pid"] for service in status["services"])
    assert 1000 < status["memory_mb"] < 4000
    assert status["lab"]["cloud"] == "defcheck-lab-full"


def test_up_again_proves_it_and_changes_nothing(full_lab: FullLab) -> None:
    before = full_lab.status()["services"]
    again = full_lab.lab("up")
    assert again.returncode == 0
    assert f"The lab is already running: {PROVED}" in again.stderr
    after = full_lab.status()["services"]
    assert [one["pid"] for one in after] == [one["pid"] for one in before]


def test_what_tests_need_is_there_and_nothing_else_is_left(full_lab: FullLab) -> None:
    with full_lab.connect("defcheck-lab-full-member") as member:
        assert {flavor.name for flavor in member.compute.flavors()} == {"lab.tiny", "lab.small"}
        assert all(flavor.disk for flavor in member.compute.flavors())
        images = list(member.image.images())
        assert {image.name for image in images} == {"lab-image", "lab-image-alt"}
        assert {(image.disk_format, image.visibility) for image in images} == {("qcow2", "public")}
        networks = {network.name: network for network in member.network.networks()}
        assert networks["public"].is_router_external
        assert networks["private"].is_shared
        assert [kind.name for kind in member.block_storage.types() if kind.name == "nfs"]
        # What `up` made to prove that it works.
        assert list(member.compute.servers()) == []
        assert list(member.block_storage.volumes()) == []


def test_a_reader_reads_and_changes_nothing(full_lab: FullLab) -> None:
    with full_lab.connect("defcheck-lab-full-reader") as reader:
        assert list(reader.network.networks())
        with pytest.raises(openstack.exceptions.ForbiddenException):
            reader.network.create_network(name="refused")


def test_every_account_gets_a_token_with_its_roles(full_lab: FullLab) -> None:
    entries = yaml.safe_load((full_lab.state / "accounts.yaml").read_text())
    auth_url = full_lab.status()["lab"]["auth_url"]
    assert len(entries) == 36
    for entry in entries:
        auth = V3Password(
            auth_url=auth_url,
            username=entry["username"],
            password=entry["password"],
            project_name=entry["project_name"],
            user_domain_name=entry["user_domain_name"],
            project_domain_name=entry["project_domain_name"],
        )
        session = Session(auth=auth)
        assert set(entry["roles"]) <= set(auth.get_access(session).role_names or ())
        if "admin" not in entry["roles"]:
            with pytest.raises(Forbidden):
                session.get(f"{auth_url}/users")


def test_no_secret_is_in_a_file_that_others_can_read(full_lab: FullLab) -> None:
    assert stat.S_IMODE(full_lab.state.stat().st_mode) == 0o700
    settings = json.loads((full_lab.state / "settings.json").read_text())
    secrets = [secret.encode() for secret in settings["passwords"].values()]
    files = [path for path in (full_lab.state / "etc").rglob("*") if path.is_file()]
    files += [full_lab.state / name for name in ("settings.json", "clouds.yaml", "tempest.conf")]
    holding = [path for path in files if any(one in path.read_bytes() for one in secrets)]
    assert {"nova.conf", "rabbitmq.conf", "client.cnf"} <= {path.name for path in holding}
    assert [path for path in holding if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize("names", [{"rabbitmq", "nova-compute", "cinder-volume"}, None])
def test_up_after_a_kill(full_lab: FullLab, names: set[str] | None) -> None:
    """Some services, whose peers still take them for up, or everything at once."""
    if names is None:
        killed = processes_of(leaders(full_lab))
        assert len(killed) > 20
    else:
        killed = {one["pid"] for one in full_lab.status()["services"] if one["name"] in names}
        assert len(killed) == len(names)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    assert full_lab.status()["ready"] is False

    up = full_lab.lab("up")
    assert up.returncode == 0, up.stderr
    assert "Checking that it works" in up.stderr
    assert full_lab.status()["ready"] is True
    with full_lab.connect("defcheck-lab-full-member") as member:
        assert {image.name for image in member.image.images()} == {"lab-image", "lab-image-alt"}


def test_down_ends_all_its_processes_and_up_keeps_the_data(full_lab: FullLab) -> None:
    with full_lab.connect("defcheck-lab-full-member") as member:
        volume = member.block_storage.create_volume(name="kept", size=1)
        member.block_storage.wait_for_status(volume, "available", wait=120)
    sessions = leaders(full_lab)
    down = full_lab.lab("down")
    assert down.returncode == 0, down.stderr
    assert len(sessions) == 20
    assert processes_of(sessions) == set()
    assert str(full_lab.state) not in Path("/proc/mounts").read_text()

    up = full_lab.lab("up")
    assert up.returncode == 0, up.stderr
    with full_lab.connect("defcheck-lab-full-member") as member:
        assert [one.name for one in member.block_storage.volumes()] == ["kept"]
        member.block_storage.delete_volume(volume.id, ignore_missing=False)
