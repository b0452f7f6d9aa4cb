"""One command at a time on the same folder."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from defcheck.errors import UnusableError


@contextlib.contextmanager
def exclusive(lock: Path, doing: str, wait: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock file `lock` while the block runs.

    When another process holds it, call `wait` and wait for it; without `wait`
    raise UnusableError. The kernel gives the lock back when its holder dies.
    The file stays: deleting it would let two holders lock two different files.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        # Not inherited by the services, or they would hold the lock as well.
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UnusableError(
            f"The lock file {lock} cannot be written: {error.strerror}.",
            "Choose folders that can be written with DEFCHECK_LAB_STATE and DEFCHECK_LAB_CACHE.",
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if wait is None:
                raise UnusableError(
                    f"Another defcheck is {doing} at this moment.",
                    "Wait until it has finished and try again.",
                ) from error
            wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
