"""What one size of lab has to say for itself."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from defcheck.lab import machine
from defcheck.lab.accounts import ADMIN, User
from defcheck.lab.environment import Packages
from defcheck.lab.ports import Ports
from defcheck.lab.processes import Service
from defcheck.lab.site import Site
from defcheck.virtualenv import Say

Layers = tuple[tuple[Service, ...], ...]


class Start(Protocol):
    """Starts services."""

    def __call__(self, layer: tuple[Service, ...], wait: bool = True) -> None:
        """Start those that do not run; wait until all that have a port listen."""


@dataclass(frozen=True)
class Plan:
    """What is to be done to a lab on its way up."""

    site: Site

    before: Ports | None
    """The ports with which it was last ready; None for a new lab."""

    start: Start
    say: Say

    @property
    def is_new(self) -> bool:
        """Tell whether nothing was ever made in it."""
        return self.before is None

    @property
    def moved(self) -> bool:
        """Tell whether what names the ports is yet to be written."""
        return self.before != self.site.ports


class Size(ABC):
    """A size of lab: its services, and how they are set up, started and proved to work."""

    name: str
    """As in --size, in the lock file and in the state folder."""

    packages: Packages
    ports: Ports
    """The wanted ones."""

    member_cloud: str
    clouds: Mapping[str, User]
    """Name in clouds.yaml to user; the admin's first."""

    service_users: tuple[User, ...]
    test_users: tuple[User, ...]
    """The users of accounts.yaml, in its order."""

    other_secrets: tuple[str, ...] = ()
    """Passwords that are no Keystone user's."""

    refused_in_paths = machine.SPECIAL
    """Characters that some of its services do not take in a path."""

    memory_mb: int
    """How much has to be available for it to start."""

    disk_mb: int
    """How much has to be free for its data."""

    packages_mb: int
    """How much its packages take."""

    has_tempest_conf = False
    """Whether it writes a tempest.conf."""

    example: str
    """The arguments of `defcheck run` to try it with, after the cloud."""

    proof: str
    """What is done to prove that it works, in the past tense."""

    proof_seconds: float
    """How long that may take in a lab that runs already."""

    start_seconds: float
    """How long it may take in one that was just started, on a busy machine."""

    @property
    def cloud(self) -> str:
        """The admin's cloud in clouds.yaml."""
        return next(iter(self.clouds))

    @property
    def users(self) -> tuple[User, ...]:
        """All users that are made in Keystone."""
        return tuple(
            dict.fromkeys((ADMIN, *self.service_users, *self.clouds.values(), *self.test_users))
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """Whatever needs a password."""
        return (*(user.name for user in self.users), *self.other_secrets)

    @abstractmethod
    def equip(self, say: Say) -> None:
        """Install what the machine lacks, or raise UnusableError that names it."""

    @abstractmethod
    def layers(self, site: Site) -> Layers:
        """Return the services; those of a layer need those of the layers before."""

    @abstractmethod
    def bring_up(self, plan: Plan) -> None:
        """Configure the services, make what they need, and start them layer by layer."""

    @abstractmethod
    def prove(self, site: Site, seconds: float) -> None:
        """Raise UnusableError unless the lab is shown to work within so many seconds."""
