"""A Ceph of one node on the loopback address, and RADOS Gateways in front of it.

One monitor, one manager, one OSD whose store is a sparse file; no systemd, no
replication. The daemons are children of this process and end with `Ceph.stop`.
"""

import json
import os
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("ceph-mon", "ceph-mgr", "ceph-osd", "radosgw")
"""Debian's packages, each of which brings the program of its name."""

HOST = "127.0.0.1"
OSD_BYTES = 4 << 30
START_SECONDS = 120
STOP_SECONDS = 30


def missing_programs() -> list[str]:
    """Return the programs that are not installed."""
    return [name for name in (*PACKAGES, "ceph") if shutil.which(name) is None]


def install() -> None:
    """Install Debian's packages as root; raise CalledProcessError where apt-get fails."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = shutil.which("apt-get") or "apt-get"
    # A failed update may be one of a source that is not needed.
    subprocess.run([apt, "update"], env=environment, capture_output=True, check=False)
    subprocess.run(
        [apt, "install", "-y", "--no-install-recommends", *PACKAGES],
        env=environment,
        capture_output=True,
        check=True,
    )


@dataclass(frozen=True)
class Keystone:
    """The Keystone that a gateway asks about tokens, and the administrator it asks as."""

    url: str
    """Without a version."""

    user: str
    password: str
    project: str


@dataclass(frozen=True)
class Gateway:
    """How a RADOS Gateway is set up; the defaults are those of most clouds."""

    roles: str = "admin,member,swiftoperator"
    """Roles that may use an account (rgw_keystone_accepted_roles)."""

    admin_roles: str = "ResellerAdmin"
    """Roles that may use every account (rgw_keystone_accepted_admin_roles)."""

    versioning: bool = True
    account_in_url: bool = True
    prefix: str = "swift"
    """The first part of the path; `/` for none, which leaves no room for S3."""

    @property
    def apis(self) -> str:
        """The APIs that it serves."""
        return "swift, swift_auth, admin" if self.prefix == "/" else "s3, swift, swift_auth, admin"


class Ceph:
    """The cluster in a folder."""

    def __init__(self, folder: Path, keystone: Keystone) -> None:
        self._folder = folder
        self._keystone = keystone
        self._conf = folder / "ceph.conf"
        self._fsid = str(uuid.uuid4())
        self._monitor, self._gateway = free_port(), free_port()
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def gateway_url(self) -> str:
        """The address of the gateway without a path."""
        return f"http://{HOST}:{self._gateway}"

    def build(self) -> None:
        """Create the cluster and start its daemons; raise CalledProcessError where that fails."""
        for name in ("log", "run", "mon.a", "mgr.x", "osd.0", "rgw"):
            (self._folder / name).mkdir(parents=True)
        self._configure(Gateway())
        self._create_monitor()
        self._start("mon.a", "ceph-mon", "-i", "a")
        wait_until(lambda: self._answers("-s"), "the monitor")
        self._create_key("mgr.x", mon="allow profile mgr", osd="allow *", mds="allow *")
        self._start("mgr.x", "ceph-mgr", "-i", "x")
        self._create_osd()
        self._start("osd.0", "ceph-osd", "-i", "0")
        self._create_key("client.rgw", mon="allow rwx", osd="allow rwx", mgr="allow rw")
        wait_until(lambda: b" 1 up" in self._ceph("osd", "stat"), "the OSD")

    def start_gateway(self, gateway: Gateway) -> None:
        """Start a gateway with these settings in place of the one that runs."""
        self._end("client.rgw")
        self._configure(gateway)
        self._start("client.rgw", "radosgw", "-n", "client.rgw")
        wait_until(self._listens, "the gateway")

    def stop(self) -> None:
        """End every daemon, those first that need others."""
        for name in reversed(list(self._daemons)):
            self._end(name)

    def _create_monitor(self) -> None:
        own, admin = self._keyring("mon."), self._keyring("client.admin")
        everything = [word for name in ("mon", "osd", "mds", "mgr") for word in allow(name)]
        monitors = self._folder / "monmap"
        self._run("ceph-authtool", "-C", own, "--gen-key", "-n", "mon.", *allow("mon"))
        self._run("ceph-authtool", "-C", admin, "--gen-key", "-n", "client.admin", *everything)
        self._run("ceph-authtool", own, "--import-keyring", admin)
        address = f"[v2:{HOST}:{self._monitor}]"
        self._run("monmaptool", "--create", "--addv", "a", address, "--fsid", self._fsid, monitors)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monitors, "--keyring", own)

    def _create_osd(self) -> None:
        key = self._run("ceph-authtool", "--gen-print-key").decode().strip()
        identity = str(uuid.uuid4())
        self._ceph("osd", "new", identity, "-i", "-", told=json.dumps({"cephx_secret": key}))
        keyring = self._keyring("osd.0")
        self._run("ceph-authtool", "-C", keyring, "--name", "osd.0", "--add-key", key)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", identity)

    def _create_key(self, name: str, **capabilities: str) -> None:
        words = [word for pair in capabilities.items() for word in pair]
        keyring = self._keyring(name)
        self._ceph("auth", "get-or-create", name, *words, "-o", str(keyring))

    def _keyring(self, name: str) -> Path:
        return self._folder / f"ceph.{name}.keyring"

    def _ceph(self, *words: str, told: str = "") -> bytes:
        return self._run("ceph", "--connect-timeout", "30", *words, told=told)

    def _answers(self, *words: str) -> bool:
        try:
            self._ceph(*words)
        except subprocess.CalledProcessError:
            return False
        return True

    def _listens(self) -> bool:
        code = self._daemons["client.rgw"].poll()
        if code is not None:
            raise ChildProcessError(f"radosgw ended with {code}; see {self._folder / 'log'}")
        with socket.socket() as caller:
            return caller.connect_ex((HOST, self._gateway)) == 0

    def _run(self, *command: str | Path, told: str = "") -> bytes:
        done = subprocess.run(
            [*map(str, command)],
            env=self._environment,
            input=told.encode(),
            capture_output=True,
            check=True,
            timeout=START_SECONDS,
        )
        return done.stdout

    def _start(self, name: str, program: str, *options: str) -> None:
        with (self._folder / "log" / f"{name}.out").open("ab") as log:
            self._daemons[name] = subprocess.Popen(
                [program, "-f", *options],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _end(self, name: str) -> None:
        daemon = self._daemons.pop(name, None)
        if daemon is None:
            return
        daemon.terminate()
        try:
            daemon.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, "CEPH_CONF": str(self._conf)}

    def _configure(self, gateway: Gateway) -> None:
        folder, keystone = self._folder, self._keystone
        sections: dict[str, dict[str, object]] = {
            "global": {
                "fsid": self._fsid,
                "mon host": f"[v2:{HOST}:{self._monitor}]",
                "public network": "127.0.0.0/8",
                "auth cluster required": "cephx",
                "auth service required": "cephx",
                "auth client required": "cephx",
                "osd pool default size": 1,
                "osd pool default min size": 1,
                "osd pool default pg num": 4,
                "osd pool default pgp num": 4,
                "osd crush chooseleaf type": 0,
                "osd objectstore": "bluestore",
                "osd memory target": 900 << 20,
                "bluestore block size": OSD_BYTES,
                "bluestore block db create": False,
                "bluestore block wal create": False,
                "mon allow pool size one": True,
                "mon max pg per osd": 1000,
                "keyring": f"{folder}/$cluster.$name.keyring",
                "admin socket": f"{folder}/run/$name.asok",
                "pid file": f"{folder}/run/$name.pid",
                "log file": f"{folder}/log/$name.log",
                "run dir": f"{folder}/run",
            },
            # A machine for tests may have little room left.
            "mon": {"mon data": f"{folder}/mon.$id", "mon data avail crit": 1},
            "mgr": {"mgr data": f"{folder}/mgr.$id"},
            "osd": {"osd data": f"{folder}/osd.$id"},
            "client.rgw": {
                "rgw data": f"{folder}/rgw",
                "rgw frontends": f"beast endpoint={HOST}:{self._gateway}",
                "rgw keystone api version": 3,
                "rgw keystone url": keystone.url,
                "rgw keystone admin user": keystone.user,
                "rgw keystone admin password": keystone.password,
                "rgw keystone admin project": keystone.project,
                "rgw keystone admin domain": "Default",
                "rgw keystone accepted roles": gateway.roles,
                "rgw keystone accepted admin roles": gateway.admin_roles,
                "rgw keystone implicit tenants": True,
                "rgw s3 auth use keystone": True,
                "rgw swift account in url": gateway.account_in_url,
                "rgw swift versioning enabled": gateway.versioning,
                "rgw swift enforce content length": True,
                "rgw swift url prefix": gateway.prefix,
                "rgw enable apis": gateway.apis,
                "rgw thread pool size": 64,
            },
        }
        lines = []
        for section, options in sections.items():
            # In lower case: some options that may be true or false are texts to Ceph.
            lines += [f"[{section}]", *(f"{k} = {as_text(v)}" for k, v in options.items())]
        self._conf.write_text("\n".join(lines) + "\n")
        self._conf.chmod(0o600)


def allow(service: str) -> tuple[str, str, str]:
    """Return the words that allow a key everything with a service."""
    return "--cap", service, "allow *"


def as_text(value: object) -> str:
    """Return a value as ceph.conf has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as held:
        held.bind((HOST, 0))
        port: int = held.getsockname()[1]
        return port


def wait_until(ready: Callable[[], bool], what: str) -> None:
    """Wait until `ready` says so; raise TimeoutError where it does not."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not start within {START_SECONDS} s")
        time.sleep(0.5)
