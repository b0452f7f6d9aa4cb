"""Who may write into a run directory: one process at a time."""

import fcntl
import os
import time
from pathlib import Path

from defcheck.errors import InputError

WRITER_SECONDS = 20.0
"""How long the processes of a run may take to end after defcheck was killed."""


def take(path: Path) -> int | None:
    """Lock a file or folder; return the descriptor that holds the lock, None where another does.

    The kernel gives the lock back when its holder ends, however that ends.
    Where a file system knows no locks it is as if nobody held one.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    if try_lock(descriptor):
        return descriptor
    os.close(descriptor)
    return None


def try_lock(descriptor: int) -> bool:
    """Return whether an open file could be locked, or cannot be by anybody."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def wait_for_writer(results: Path) -> None:
    """Wait until nobody writes results any more: the runner of a defcheck that was killed."""
    deadline = time.monotonic() + WRITER_SECONDS
    while results.exists():
        descriptor = take(results)
        if descriptor is not None:
            os.close(descriptor)
            return
        if time.monotonic() >= deadline:
            raise InputError(
                f"Another process still writes to {results}.",
                "End what is left of the run, its test runner, and try again.",
            )
        time.sleep(0.05)
