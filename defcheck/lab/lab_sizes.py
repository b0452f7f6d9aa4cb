"""The sizes of lab: what every size defines, the check that it works, and the small one."""

import secrets
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from keystoneauth1.adapter import Adapter
from keystoneauth1.exceptions import ClientException

from defcheck.errors import UnusableError
from defcheck.lab import deployment, keystone, machine, processes, swift
from defcheck.lab.deployment import Site
from defcheck.lab.environment import LabPackages
from defcheck.lab.keystone import (
    ADMIN,
    MEMBER,
    PLAIN_ADMIN,
    REGION,
    SWIFT_USER,
    KeystoneDirectory,
    LabUser,
    make_test_users,
    open_session,
    write_accounts_yaml,
    write_clouds_yaml,
)
from defcheck.lab.paths import create_private_folder
from defcheck.lab.processes import LabPorts, LabService
from defcheck.util.virtualenv import Say

Layers = tuple[tuple[LabService, ...], ...]


class StartServices(Protocol):
    """Starts services."""

    def __call__(self, layer: tuple[LabService, ...], wait: bool = True) -> None:
        """Start those that do not run; wait until all with a port listen."""


@dataclass(frozen=True)
class StartPlan:
    """What starting a lab has to do."""

    site: Site

    before: LabPorts | None
    """The ports with which it was last ready; None for a new lab."""

    start: StartServices
    say: Say

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever created in it."""
        return self.before is None

    @property
    def ports_changed(self) -> bool:
        """Whether the files and the catalogue with the ports must be rewritten."""
        return self.before != self.site.ports


class LabSize(ABC):
    """A size of lab: its services, and how they are set up, started and checked."""

    name: str
    """As in --size, in the lock file and in the state folder."""

    packages: LabPackages
    ports: LabPorts
    """The preferred ports."""

    member_cloud: str
    clouds: Mapping[str, LabUser]
    """Cloud name in clouds.yaml to its user; the admin's first."""

    service_users: tuple[LabUser, ...]
    test_users: tuple[LabUser, ...]
    """The users of accounts.yaml, in its order."""

    other_secrets: tuple[str, ...] = ()
    """Names of passwords that do not belong to a Keystone user."""

    refused_in_paths = machine.SPECIAL_CHARACTERS
    """Characters that some of its services do not accept in a path."""

    memory_mb: int
    """The memory that it needs to start."""

    disk_mb: int
    """The free disk space that its data needs."""

    packages_mb: int
    """The disk space of its packages."""

    has_tempest_conf = False
    """Whether it writes a tempest.conf."""

    example: str
    """Example arguments of `defcheck run`, after the cloud."""

    proof: str
    """What the check that it works did, in the past tense."""

    proof_seconds: float
    """Time limit of the check in a lab that is already running."""

    start_seconds: float
    """Time limit of the check in a lab that was just started, on a busy machine."""

    @property
    def cloud(self) -> str:
        """The admin's cloud in clouds.yaml."""
        return next(iter(self.clouds))

    @property
    def users(self) -> tuple[LabUser, ...]:
        """All users that are created in Keystone."""
        return tuple(
            dict.fromkeys((ADMIN, *self.service_users, *self.clouds.values(), *self.test_users))
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of everything that needs a password."""
        return (*(user.name for user in self.users), *self.other_secrets)

    @abstractmethod
    def install_requirements(self, say: Say) -> None:
        """Install missing requirements, or raise UnusableError that names them."""

    @abstractmethod
    def list_layers(self, site: Site) -> Layers:
        """Return the services in layers, each of which needs the previous ones."""

    @abstractmethod
    def bring_up(self, plan: StartPlan) -> None:
        """Configure the services, create what they need, and start them layer by layer."""

    @abstractmethod
    def prove_working(self, site: Site, seconds: float) -> None:
        """Raise UnusableError unless the lab works within this many seconds."""


START_TIMEOUT = 120.0
"""Seconds within which a service must listen."""


def wait_until_listening(services: Sequence[LabService]) -> None:
    """Wait until every service that has a port listens.

    Raise UnusableError if one dies or is too slow.
    """
    deadline = time.monotonic() + START_TIMEOUT
    for service in services:
        while service.port is not None and not processes.is_listening(service.port):
            service.require_alive()
            if time.monotonic() > deadline:
                raise UnusableError(
                    f"{service.name} does not listen on port {service.port} after "
                    f"{START_TIMEOUT:.0f} s.",
                    f"See its log {service.log}.",
                )
            time.sleep(0.05)
        service.require_alive()


def prove_object_storage(site: Site, timeout: float) -> None:
    """Put, get and delete an object as the plain member, found through the catalogue.

    Retry until `timeout` seconds have passed, then raise UnusableError.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            _store_and_read_object(site)
            return
        except ClientException as error:
            if time.monotonic() > deadline:
                raise UnusableError(
                    f"The lab's services run, but do not work: {error}",
                    "See their logs in the lab's folder `log`.",
                ) from error
        time.sleep(0.3)


def _store_and_read_object(site: Site) -> None:
    store = Adapter(
        open_session(site, MEMBER),
        service_type="object-store",
        interface="public",
        region_name=REGION,
    )
    container = f"/defcheck-lab-{secrets.token_hex(8)}"
    content = secrets.token_bytes(1024)
    store.put(container)
    store.put(f"{container}/proof", data=content)
    returned = store.get(f"{container}/proof").content
    store.delete(f"{container}/proof")
    store.delete(container)
    if returned != content:
        raise UnusableError("The lab's Swift did not return the object that was stored.")


class SmallSize(LabSize):
    """Keystone on SQLite, and Swift."""

    name = "small"
    packages = LabPackages("small", "Keystone and Swift")
    ports = LabPorts()
    member_cloud = "defcheck-lab-member"
    clouds = MappingProxyType(
        {
            "defcheck-lab": ADMIN,
            member_cloud: MEMBER,
            "defcheck-lab-plain-admin": PLAIN_ADMIN,
        }
    )
    service_users = (SWIFT_USER,)
    test_users = make_test_users(4)
    memory_mb = 500
    disk_mb = 200
    packages_mb = 300
    example = "--guideline 2020.06 --target storage"
    proof = "a token was issued, an object stored, read and deleted"
    proof_seconds = 5
    start_seconds = 30

    def install_requirements(self, say: Say) -> None:
        """Do nothing: it needs only the packages."""

    def list_layers(self, site: Site) -> Layers:
        """Return all services as one layer: none needs another one to start."""
        return ((keystone.define_keystone_service(site), *swift.list_swift_services(site)),)

    def bring_up(self, plan: StartPlan) -> None:
        """Create Keystone's database and Swift's rings, start both, and set up Keystone."""
        site, say = plan.site, plan.say
        # One request at a time: SQLite refuses a transaction that starts to write
        # while another one writes.
        keystone.configure_keystone(site, f"sqlite:///{_database_path(site)}?timeout=60", threads=1)
        swift.configure_swift(site)
        if plan.is_new:
            say("Creating Keystone's database")
            _create_database(site)
        if plan.ports_changed:
            say("Creating Swift's rings")
            swift.create_rings(site)
        (services,) = self.list_layers(site)
        plan.start(services)
        if plan.ports_changed:
            say(
                "Writing users, roles and the catalogue" if plan.is_new else "Writing the catalogue"
            )
            directory = KeystoneDirectory(site)
            if plan.is_new:
                directory.create_users(self.users)
            directory.publish_endpoints(
                (keystone.describe_keystone(site.ports), swift.describe_swift(site.ports))
            )
            auth_url = keystone.auth_url(site.ports)
            write_clouds_yaml(site.layout.clouds_yaml, auth_url, self.clouds, site.passwords)
            write_accounts_yaml(site.layout.accounts_yaml, self.test_users, site.passwords)
        say("Checking that it works: getting a token, storing, reading and deleting an object")

    def prove_working(self, site: Site, seconds: float) -> None:
        """Put, get and delete an object as the member."""
        prove_object_storage(site, seconds)


def _create_database(site: Site) -> None:
    keystone.create_keys(site)
    create_private_folder(site.layout.data)
    deployment.run_tool(site, [*keystone.manage_command(site), "db_sync"])
    with closing(sqlite3.connect(_database_path(site))) as connection:
        # So that readers do not block the writer; the setting is stored in the database.
        connection.execute("PRAGMA journal_mode=WAL")
    keystone.bootstrap_keystone(site)


def _database_path(site: Site) -> Path:
    return site.layout.data / "keystone.sqlite"
