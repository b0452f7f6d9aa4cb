"""What a lab is made with: its ports and its secrets."""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from defcheck.lab.files import write_private
from defcheck.lab.ports import P, Ports


@dataclass(frozen=True)
class Settings:
    """The choices that stay the same for the life of a lab, apart from ports taken away."""

    ports: Ports

    passwords: Mapping[str, str] = field(repr=False)
    """Whose it is to password."""

    hash_prefix: str = field(repr=False)
    """Swift's salt for the places of objects; without the same one they are lost."""

    hash_suffix: str = field(repr=False)
    """The other half of the salt."""

    release: str
    """The digest of the packages for which the lab was made."""

    @classmethod
    def new(cls, ports: Ports, names: Iterable[str], release: str) -> "Settings":
        """Choose a password for each name, and the rest."""
        return cls(
            ports=ports,
            passwords={name: secrets.token_urlsafe(24) for name in names},
            hash_prefix=secrets.token_hex(16),
            hash_suffix=secrets.token_hex(16),
            release=release,
        )

    def save(self, path: Path) -> None:
        """Write the settings, readable by their owner only."""
        write_private(path, json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, path: Path, ports: type[Ports]) -> "Settings | None":
        """Read settings with that kind of ports; None if there are none or not whole ones."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return cls(**{**values, "ports": ports(**values["ports"])})
        except (OSError, ValueError, KeyError, TypeError):
            return None


def save_ports(path: Path, ports: Ports) -> None:
    """Write the ports with which the lab was made ready."""
    write_private(path, json.dumps(asdict(ports)) + "\n")


def load_ports(path: Path, kind: type[P]) -> P | None:
    """Read the ports with which the lab was last ready; None if it never was."""
    try:
        return kind(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
