"""What a lab is made with: its ports and its secrets."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from defcheck.lab import environment
from defcheck.lab.accounts import ADMIN, MEMBER, SWIFT, TEST_USERS
from defcheck.lab.files import write_private
from defcheck.lab.ports import Ports


def _new_passwords() -> dict[str, str]:
    users = (ADMIN, SWIFT, MEMBER, *TEST_USERS)
    return {user.name: secrets.token_urlsafe(24) for user in users}


def _new_secret() -> str:
    return secrets.token_hex(16)


def release() -> str:
    """Return a digest of the pinned packages: data of one release is not for another."""
    return hashlib.sha256(environment.lock_text().encode()).hexdigest()


@dataclass(frozen=True)
class Settings:
    """The choices that stay the same for the life of a lab, apart from ports taken away."""

    ports: Ports

    passwords: Mapping[str, str] = field(default_factory=_new_passwords, repr=False)
    """User name to password."""

    hash_prefix: str = field(default_factory=_new_secret, repr=False)
    """Swift's salt for the places of objects; without the same one they are lost."""

    hash_suffix: str = field(default_factory=_new_secret, repr=False)
    """The other half of the salt."""

    release: str = field(default_factory=release)
    """What `release` returned when the lab was made."""

    def save(self, path: Path) -> None:
        """Write the settings, readable by their owner only."""
        write_private(path, json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> "Settings | None":
        """Read settings; None if there are none or not whole ones."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return cls(**{**values, "ports": Ports(**values["ports"])})
        except (OSError, ValueError, KeyError, TypeError):
            return None


def save_ports(path: Path, ports: Ports) -> None:
    """Write the ports with which the lab was made ready."""
    write_private(path, json.dumps(asdict(ports)) + "\n")


def load_ports(path: Path) -> Ports | None:
    """Read the ports with which the lab was last ready; None if it never was."""
    try:
        return Ports(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
