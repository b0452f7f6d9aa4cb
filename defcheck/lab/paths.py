"""The folders and private files of a lab.

No large library is imported: `defcheck run` asks here for the labs' clouds.yaml
whether or not a lab was ever set up.
"""

from dataclasses import dataclass
from pathlib import Path

from defcheck.util.files import find_user_folder, write_atomic

STATE_VARIABLES = {"small": "DEFCHECK_LAB_STATE", "full": "DEFCHECK_LAB_FULL_STATE"}
"""Each size of lab, and the variable that names its folder."""

CACHE_VARIABLE = "DEFCHECK_LAB_CACHE"


def find_state_folder(size: str) -> Path:
    """Return the folder of a lab: data, configuration, logs, accounts."""
    return find_user_folder("state", STATE_VARIABLES[size], f"lab/{size}")


def find_cache_folder() -> Path:
    """Return the folder of what can be made again: the installed packages."""
    return find_user_folder("cache", CACHE_VARIABLE, "lab")


def list_clouds_files() -> tuple[Path, ...]:
    """Return where the clouds.yaml of each lab is or would be."""
    return tuple(LabLayout(find_state_folder(size)).clouds_yaml for size in STATE_VARIABLES)


@dataclass(frozen=True)
class LabLayout:
    """What lies where in a lab's state folder."""

    state: Path
    """The folder itself; nothing outside it is written but the cache and the lock."""

    @property
    def lock(self) -> Path:
        """The lock file: beside the folder, since it has to outlive it."""
        return self.state.with_name(self.state.name + ".lock")

    @property
    def signature(self) -> Path:
        """The file that says that this folder is a lab's and may be deleted."""
        return self.state / ".defcheck-lab"

    @property
    def settings(self) -> Path:
        """Ports and passwords, as chosen."""
        return self.state / "settings.json"

    @property
    def done(self) -> Path:
        """The ports with which the lab was last ready; absent in a half-made lab."""
        return self.state / "done.json"

    @property
    def clouds_yaml(self) -> Path:
        """The clouds of the lab, for openstacksdk."""
        return self.state / "clouds.yaml"

    @property
    def accounts_yaml(self) -> Path:
        """The test accounts of the lab, for Tempest."""
        return self.state / "accounts.yaml"

    @property
    def tempest_conf(self) -> Path:
        """A tempest.conf for the lab, where its size has one."""
        return self.state / "tempest.conf"

    @property
    def configuration(self) -> Path:
        """The services' configuration files."""
        return self.state / "etc"

    @property
    def data(self) -> Path:
        """The databases, and what the services store."""
        return self.state / "data"

    @property
    def logs(self) -> Path:
        """One log per service, and one for the commands that set it up."""
        return self.state / "log"

    @property
    def programs(self) -> Path:
        """Programs that stand in for the system's, for services that call them."""
        return self.state / "bin"

    @property
    def processes(self) -> Path:
        """One record per started service."""
        return self.state / "run"


def create_private_folder(folder: Path) -> None:
    """Make `folder`, and the folders above it, readable by their owner only.

    Folders that exist already above it stay as they are.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)


def write_private_file(path: Path, text: str) -> None:
    """Write `text` to `path` with mode 0600, whole or not at all."""
    create_private_folder(path.parent)
    write_atomic(path, text, mode=0o600)


def read_last_lines(path: Path, count: int = 15) -> str:
    """Return the last lines of a log, indented, or a note that there are none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    return "\n".join(f"    {line}" for line in lines[-count:]) or "    (nothing was logged)"
