"""Workspaces whose defcheck was killed: they hold passwords and are deleted later."""

import os
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path

from defcheck.util.concurrency import lock_descriptor

PREFIX = "defcheck-"
LOCK_NAME = ".defcheck-lock"

RELEASE_SECONDS = 1.0
"""How long a process that was killed may take to give its lock back."""


def lock_workspace(folder: Path) -> int:
    """Make the lock file of a new workspace; return the descriptor that holds the lock.

    It gets its name only when it is locked, so that no unlocked one is ever seen.
    """
    new = folder / f"{LOCK_NAME}.new"
    descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with suppress(OSError):  # where the file system has no locks nothing is ever swept
        if lock_descriptor(descriptor):
            new.rename(folder / LOCK_NAME)
    return descriptor


def delete_abandoned(parent: Path) -> None:
    """Delete the workspaces in `parent` whose defcheck is dead."""
    with suppress(OSError):
        for path in parent.glob(f"{PREFIX}*"):
            delete_if_abandoned(path)


def wait_and_delete(folder: Path) -> bool:
    """Delete a workspace if its defcheck ends now; return whether it did."""
    if not (folder / LOCK_NAME).exists():
        return False
    deadline = time.monotonic() + RELEASE_SECONDS
    while not delete_if_abandoned(folder):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True


def delete_if_abandoned(folder: Path) -> bool:
    """Delete a workspace that is proved to be this user's and nobody's work; return whether.

    What is deleted is what the folder that was looked at holds, even where
    somebody puts another in its place meanwhile.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        inside = os.open(folder, flags | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        if not _is_private(os.fstat(inside)):
            return False
        lock = os.open(LOCK_NAME, flags, dir_fd=inside)
        try:
            if not _is_private(os.fstat(lock)):
                return False
            if not lock_descriptor(lock):
                return False
            _delete_contents(inside)
        finally:
            os.close(lock)
        os.rmdir(folder)
    except OSError:
        return False
    finally:
        os.close(inside)
    return True


def _is_private(status: os.stat_result) -> bool:
    return status.st_uid == os.geteuid() and not stat.S_IMODE(status.st_mode) & 0o077


def _delete_contents(folder: int) -> None:
    """Delete everything in an open folder, the lock last; links are never followed."""
    for name in sorted(os.listdir(folder), key=LOCK_NAME.__eq__):
        if stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            shutil.rmtree(name, dir_fd=folder)
        else:
            os.unlink(name, dir_fd=folder)
