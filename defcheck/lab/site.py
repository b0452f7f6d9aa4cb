"""One lab on this machine, as the modules of its services see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from defcheck.lab.environment import Environment
from defcheck.lab.paths import Layout
from defcheck.lab.ports import Ports
from defcheck.lab.processes import Service
from defcheck.lab.settings import Settings


@dataclass(frozen=True)
class Site:
    """Where a lab is, what it runs on, and what was chosen for it."""

    layout: Layout
    environment: Environment
    settings: Settings

    @property
    def passwords(self) -> Mapping[str, str]:
        """Whose it is to password; none in a lab that is only looked at."""
        return self.settings.passwords

    @property
    def ports(self) -> Ports:
        """Where the services listen."""
        return self.settings.ports

    def program(self, name: str) -> str:
        """Return the path of a program that the lab's packages brought."""
        return str(self.environment.program(name))

    def service(
        self,
        name: str,
        command: tuple[str, ...],
        port: int | None = None,
        variables: Mapping[str, str] | None = None,
        other_ports: tuple[int, ...] = (),
    ) -> Service:
        """Return a service of this lab, with its record and its log in their places."""
        return Service(
            name=name,
            command=command,
            port=port,
            home=self.layout.state,
            record=self.layout.processes / f"{name}.json",
            log=self.log(name),
            variables=variables or {},
            other_ports=other_ports,
        )

    def log(self, name: str) -> Path:
        """Return the log of a service."""
        return self.layout.logs / f"{name}.log"
