"""The requirements of the lab on this machine."""

import contextlib
import os
import pwd
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from defcheck.errors import UnusableError
from defcheck.lab.paths import (
    CACHE_VARIABLE,
    STATE_VARIABLES,
    LabLayout,
    create_private_folder,
    find_cache_folder,
    write_private_file,
)

TEST_ATTRIBUTE = b"x" * 3000
"""The bytes that Swift may store in one extended attribute of an object."""

SPECIAL_CHARACTERS = "%$#?;\n"
"""Characters with a special meaning in configuration files or database URLs."""

_MEMORY = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


def check_machine(layout: LabLayout, size: str, refused: str = SPECIAL_CHARACTERS) -> None:
    """Raise UnusableError if a lab of this size cannot run here, or not in its folder.

    Paths with characters of `refused` are refused.
    """
    if not sys.platform.startswith("linux"):
        raise UnusableError(
            f"The lab runs on Linux only, and this is {sys.platform}.",
            "Run it in a virtual machine or a container, or use a cloud: `defcheck run --cloud`.",
        )
    for folder, chosen in (
        (layout.state, STATE_VARIABLES[size]),
        (find_cache_folder(), CACHE_VARIABLE),
    ):
        if found := sorted(set(str(folder)) & set(refused)):
            raise UnusableError(
                f"The lab cannot be in {folder}: its services do not accept "
                f"{' '.join(map(repr, found))} in a path.",
                f"Choose another folder with {chosen}.",
            )
    find_user_name()


def find_user_name() -> str:
    """Return the name of the user that runs the lab, which Swift needs."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError as error:
        raise UnusableError(
            f"The user with the id {os.getuid()} has no name on this machine.",
            "Swift needs one: add the user to /etc/passwd, or run the lab as another user.",
        ) from error


def check_room(memory_mb: int, disk_mb: Mapping[Path, int]) -> None:
    """Raise UnusableError if less memory is available, or less disk free, than is needed.

    `disk_mb` is what is needed in each folder, which need not exist yet.
    """
    available = available_memory_mb()
    if available < memory_mb:
        raise UnusableError(
            f"This lab needs {memory_mb} MB of memory, but only {available} MB are available.",
            "End other programs (`ps aux --sort -rss | head` shows the largest), use a larger "
            "machine, or run the small lab.",
        )
    for folder, needed in disk_mb.items():
        there = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(there).free // 2**20
        if free < needed:
            raise UnusableError(
                f"This lab needs {needed} MB of disk for {folder}, but only {free} MB are free.",
                "Free disk space there, or choose another folder.",
            )


def available_memory_mb() -> int:
    """Return the memory that new processes can use, within the limit of a container."""
    lines = _MEMORY.read_text().splitlines()
    values = {
        name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)
    }
    available = values["MemAvailable"] // 1024
    # Absent outside of containers, and "max" if there is no limit.
    with contextlib.suppress(OSError, ValueError):
        limit, used = (
            int((_CGROUP / name).read_text()) for name in ("memory.max", "memory.current")
        )
        available = min(available, (limit - used) // 2**20)
    return available


def require_same_size(layout: LabLayout, size: str) -> None:
    """Raise UnusableError if the state folder is that of a lab of another size."""
    try:
        text = layout.signature.read_text(encoding="utf-8")
    except OSError:
        return
    if text in (_signature_text(other) for other in STATE_VARIABLES if other != size):
        raise UnusableError(
            f"{layout.state} contains a lab of another size than {size}.",
            f"Set a separate folder for each with {' and '.join(STATE_VARIABLES.values())}.",
        )


def _signature_text(size: str) -> str:
    return f"A {size} lab of defcheck; `defcheck lab clean --size {size}` deletes it.\n"


def claim_state_folder(layout: LabLayout, size: str) -> None:
    """Create the state folder and mark it as that of a lab of this size.

    Raise UnusableError if it holds something else, cannot be written, or is on
    a file system that Swift cannot use.
    """
    folder = layout.state
    advice = f"Choose another folder with {STATE_VARIABLES[size]}."
    require_same_size(layout, size)
    try:
        if folder.exists() and not layout.signature.exists() and any(folder.iterdir()):
            raise UnusableError(f"{folder} contains something that is not a lab.", advice)
        create_private_folder(folder)
        write_private_file(layout.signature, _signature_text(size))
    except OSError as error:
        raise UnusableError(f"{folder} cannot be written: {error.strerror}.", advice) from error
    with tempfile.NamedTemporaryFile(dir=folder) as probe:
        try:
            os.setxattr(probe.fileno(), "user.defcheck", TEST_ATTRIBUTE)
        except OSError as error:
            raise UnusableError(
                f"The file system of {folder} does not store user extended attributes "
                f"({error.strerror}), without which Swift cannot store objects.",
                f"ext4, XFS and Btrfs do. {advice}",
            ) from error
