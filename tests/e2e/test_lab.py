"""The lab for real: the installed command, Keystone and Swift, and what befalls them.

Each lab has a state folder of its own; the packages come from the user's cache.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openstack
import pytest
import yaml
from keystoneauth1.exceptions import Forbidden
from keystoneauth1.identity import BaseIdentityPlugin, V3Password
from keystoneauth1.session import Session

pytestmark = [
    pytest.mark.e2e,
    # The first `up` may have to install the packages.
    pytest.mark.timeout(600),
    # openstacksdk warns of its own optional parts.
    pytest.mark.filterwarnings("ignore:Support for InfluxDB"),
]

DEFCHECK = str(Path(sys.executable).with_name("defcheck"))
NEXT_COMMAND = "defcheck run --cloud defcheck-lab --guideline 2020.06 --target storage"


@dataclass
class LabCommand:
    """`defcheck lab` with a state folder of a test's own."""

    state: Path
    outputs: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        # A proxy that does not exist: the lab has to do without the user's.
        return {
            **os.environ,
            "DEFCHECK_LAB_STATE": str(self.state),
            "PYTHONUNBUFFERED": "1",
            "http_proxy": "http://127.0.0.1:1",
        }

    def __call__(self, *arguments: str, exit_code: int = 0) -> str:
        ended = subprocess.run(
            [DEFCHECK, "lab", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=500,
            check=False,
        )
        assert ended.returncode == exit_code, ended.stdout
        self.outputs.append(ended.stdout)
        return ended.stdout

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [DEFCHECK, "lab", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def status(self, exit_code: int = 0) -> dict[str, Any]:
        shown = self("status", "--format", "json", exit_code=exit_code)
        found: dict[str, Any] = json.loads(shown)
        return found

    def pids(self, exit_code: int = 0) -> dict[str, int | None]:
        services = self.status(exit_code)["services"]
        return {service["name"]: service["pid"] for service in services}

    def secrets(self) -> set[str]:
        settings = json.loads((self.state / "settings.json").read_text())
        return {*settings["passwords"].values(), settings["hash_prefix"], settings["hash_suffix"]}

    def ports(self) -> dict[str, int]:
        ports: dict[str, int] = json.loads((self.state / "settings.json").read_text())["ports"]
        return ports

    def connect(self, cloud: str) -> openstack.connection.Connection:
        return openstack.connection.Connection(
            config=openstack.config.OpenStackConfig(
                config_files=[str(self.state / "clouds.yaml")]
            ).get_one(cloud)
        )


class CommandLines(threading.Thread):
    """Collects every command line on this machine, as anybody could, until stopped."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: set[bytes] = set()
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(0.02):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    self.seen.add(path.read_bytes())

    def stop(self) -> None:
        self._stopped.set()
        self.join(10)


def session_members(leaders: set[int]) -> set[int]:
    """Return the running processes in the sessions of `leaders`, found apart from the lab's way."""
    members = set()
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.getsid(int(path.name)) in leaders and ") Z " not in (path / "stat").read_text():
                members.add(int(path.name))
    return members


@pytest.fixture(scope="module")
def watched() -> Iterator[CommandLines]:
    """The command lines seen while the first lab was made."""
    lines = CommandLines()
    lines.start()
    yield lines
    lines.stop()


@pytest.fixture(scope="module")
def lab_of_module(
    tmp_path_factory: pytest.TempPathFactory, watched: CommandLines
) -> Iterator[LabCommand]:
    # A space, as in many a person's folders.
    command = LabCommand(tmp_path_factory.mktemp("the lab") / "state")
    try:
        command("up")
        watched.stop()
        yield command
    finally:
        command("clean")


@pytest.fixture
def lab(lab_of_module: LabCommand) -> LabCommand:
    """A lab that runs."""
    lab_of_module("up")
    return lab_of_module


@pytest.fixture
def new_lab(tmp_path: Path) -> Iterator[LabCommand]:
    """A lab that was never set up."""
    command = LabCommand(tmp_path / "state")
    yield command
    command("clean")


def test_the_first_up_tells_how_to_go_on(lab_of_module: LabCommand) -> None:
    told = lab_of_module.outputs[0]
    assert told.rstrip().endswith(NEXT_COMMAND)
    assert str(lab_of_module.state / "clouds.yaml") in told
    assert str(lab_of_module.state / "accounts.yaml") in told


def test_no_secret_is_shown(lab_of_module: LabCommand, watched: CommandLines) -> None:
    lines = b"\n".join(watched.seen)
    # The watcher saw what went on, the bootstrap above all, to which a password is given.
    assert b"bootstrap" in lines
    assert b"swift-proxy-server" in lines
    for secret in lab_of_module.secrets():
        assert secret.encode() not in lines
        assert not any(secret in output for output in lab_of_module.outputs)


def test_no_secret_is_in_a_file_that_others_can_read(lab: LabCommand) -> None:
    assert lab.state.stat().st_mode & 0o777 == 0o700
    secrets = [secret.encode() for secret in lab.secrets()]
    files = [path for path in lab.state.rglob("*") if path.is_file()]
    holding = [path for path in files if any(one in path.read_bytes() for one in secrets)]
    assert {"settings.json", "clouds.yaml", "accounts.yaml", "proxy-server.conf"} <= {
        path.name for path in holding
    }
    assert [path for path in holding if path.stat().st_mode & 0o077] == []
    keys = list((lab.state / "etc" / "keystone").glob("*-keys/*"))
    assert len(keys) == 4
    assert [path for path in keys if path.stat().st_mode & 0o077] == []


def test_up_again_changes_nothing_and_says_so(lab: LabCommand) -> None:
    before = lab.pids()
    assert "already running" in lab("up")
    assert lab.pids() == before


def test_status_of_a_lab_that_runs(lab: LabCommand) -> None:
    status = lab.status()
    assert status["ready"] is True
    assert len(status["services"]) == 5
    for service in status["services"]:
        assert service["pid"]
        assert service["processes"] >= 1
        assert service["memory_mb"] > 1
    assert "The lab is ready" in lab("status")


def test_the_member_stores_objects_and_administers_nothing(lab: LabCommand) -> None:
    with lab.connect("defcheck-lab-member") as member:
        store = member.object_store
        assert store.put("/photos").status_code == 201
        assert store.put("/photos/cat", data=b"meow").status_code == 201
        assert store.get("/photos/cat").content == b"meow"
        assert store.delete("/photos/cat").status_code == 204
        assert store.delete("/photos").status_code == 204
        refused = member.session.get(
            "/users", endpoint_filter={"service_type": "identity"}, raise_exc=False
        )
    assert refused.status_code == 403


def test_the_admin_has_what_tempest_needs(lab: LabCommand) -> None:
    with lab.connect("defcheck-lab") as admin:
        found = admin.session.get("/roles", endpoint_filter={"service_type": "identity"})
        known = {role["name"] for role in found.json()["roles"]}
        auth = admin.session.auth
        assert isinstance(auth, BaseIdentityPlugin)
        roles = auth.get_access(admin.session).role_names
    assert known >= {"admin", "member", "reader", "service", "creator"}
    assert known >= {"swiftoperator", "ResellerAdmin"}
    assert {"admin", "ResellerAdmin"} <= set(roles or ())


def test_every_account_gets_a_token_with_its_roles(lab: LabCommand) -> None:
    with lab.connect("defcheck-lab") as admin:
        auth_url = admin.config.get_auth_args()["auth_url"]
    entries = yaml.safe_load((lab.state / "accounts.yaml").read_text())
    assert len(entries) == 8
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
        access = auth.get_access(session)
        # Keystone gives a member the reader's role as well.
        assert set(access.role_names or ()) == {*entry["roles"], "reader"}
        with pytest.raises(Forbidden):
            session.get(f"{auth_url}/users")


@pytest.mark.parametrize("name", ["keystone", "swift-object", "swift-proxy"])
def test_up_mends_a_killed_service_and_leaves_the_others(lab: LabCommand, name: str) -> None:
    before = lab.pids()
    killed = before[name]
    assert killed
    # Only the first process: its children, if any, still hold the port.
    os.kill(killed, signal.SIGKILL)

    assert lab.pids(exit_code=4) == {**before, name: None}
    assert "not ready" in lab("status", exit_code=4)
    lab("up")
    after = lab.pids()
    assert after[name] not in (None, killed)
    assert {**after, name: killed} == before
    assert session_members({killed}) == set()


def test_up_after_everything_was_killed(lab: LabCommand) -> None:
    for pid in session_members({pid for pid in lab.pids().values() if pid}):
        os.kill(pid, signal.SIGKILL)
    assert set(lab.pids(exit_code=4).values()) == {None}
    lab("up")
    assert None not in lab.pids().values()


def test_down_ends_exactly_the_labs_processes(lab: LabCommand) -> None:
    leaders = {pid for pid in lab.pids().values() if pid}
    ours = session_members(leaders)
    assert len(ours) > len(leaders)
    configuration = lab.state / "etc" / "swift" / "proxy-server.conf"
    lookalike = [sys.executable, "-c", "import time; time.sleep(300)", "swift-proxy-server"]
    with subprocess.Popen([*lookalike, str(configuration)]) as stray:
        try:
            told = lab("down")
            assert f"Stopped {len(ours)} processes" in told
            assert session_members(leaders) == set()
            assert stray.poll() is None
        finally:
            stray.kill()
    assert set(lab.pids(exit_code=4).values()) == {None}
    assert "not running" in lab("down")


def test_a_service_that_dies_at_its_start_is_told_with_its_log(lab: LabCommand) -> None:
    lab("down")
    ring = lab.state / "etc" / "swift" / "container.ring.gz"
    whole = ring.read_bytes()
    ring.write_bytes(b"no ring")
    try:
        told = lab("up", exit_code=4)
    finally:
        ring.write_bytes(whole)
    assert "swift-" in told
    assert "died" in told
    assert str(lab.state / "log" / "swift-") in told
    # Nothing is left of the others that did start.
    assert set(lab.pids(exit_code=4).values()) == {None}


def test_only_one_up_at_a_time(new_lab: LabCommand) -> None:
    with new_lab.begin("up") as first:
        assert first.stdout
        assert "Keystone's database" in first.stdout.readline()
        assert "Another defcheck is" in new_lab("up", exit_code=4)
        assert "Another defcheck is" in new_lab("down", exit_code=4)
        rest, _ = first.communicate(timeout=100)
    assert first.returncode == 0, rest
    assert new_lab.status()["ready"] is True


@pytest.mark.parametrize("step", ["Keystone's database", "Writing users"])
def test_a_lab_whose_making_was_killed_is_made_anew(new_lab: LabCommand, step: str) -> None:
    with new_lab.begin("up") as killed:
        assert killed.stdout
        while step not in (line := killed.stdout.readline()):
            assert line, f"ended before {step!r}"
        killed.kill()
    assert new_lab.status(exit_code=4)["lab"] is None

    assert "incomplete" in new_lab("up")
    assert new_lab.status()["ready"] is True


def test_taken_ports_are_left_to_their_owners_and_data_are_kept(new_lab: LabCommand) -> None:
    with contextlib.ExitStack() as others:
        # The defaults, some of which may be taken already by another lab.
        for port in (15000, 18080, 16200, 16201, 16202):
            with contextlib.suppress(OSError):
                others.enter_context(socket.create_server(("127.0.0.1", port)))
        new_lab("up")
        first = new_lab.ports()
        assert not {15000, 18080, 16200, 16201, 16202} & set(first.values())
        with new_lab.connect("defcheck-lab-member") as member:
            assert member.object_store.put("/kept").status_code == 201
            assert member.object_store.put("/kept/note", data=b"here").status_code == 201

    new_lab("down")
    new_lab("up")
    assert new_lab.ports() == first, "ports stay as they were when they are free"

    new_lab("down")
    taken = ("keystone", "swift_object", "swift_proxy")
    with contextlib.ExitStack() as others:
        for name in taken:
            others.enter_context(socket.create_server(("127.0.0.1", first[name])))
        assert "taken by other programs" in new_lab("up")
        second = new_lab.ports()
        assert {name for name in first if first[name] != second[name]} == set(taken)
        with new_lab.connect("defcheck-lab-member") as member:
            assert member.object_store.get("/kept/note").content == b"here"


def test_clean_leaves_nothing(lab: LabCommand) -> None:
    leaders = {pid for pid in lab.pids().values() if pid}
    lab("clean")
    assert not lab.state.exists()
    assert session_members(leaders) == set()
    assert lab.status(exit_code=4)["lab"] is None
    assert "no lab" in lab("clean")
