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
    raise UnusableError, which says that another defcheck is `doing` something.
    The kernel gives the lock back when its holder dies. The file stays:
    deleting it would let two holders lock two different files.
    """
    with _opened(lock) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if wait is None:
                raise _busy(doing) from error
            wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def shared(lock: Path, doing: str) -> Iterator[None]:
    """Hold the lock file together with others who share it, and never beside an exclusive holder.

    Raises UnusableError where a process holds it exclusively, which is `doing` something.
    """
    with _opened(lock) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _busy(doing) from error
        yield


@contextlib.contextmanager
def _opened(lock: Path) -> Iterator[int]:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        # Not inherited by what is started meanwhile, or it would hold the lock as well.
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UnusableError(
            f"The lock file {lock} cannot be written: {error.strerror}.",
            "Choose a folder that can be written; the command's --help says how to name one.",
        ) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _busy(doing: str) -> UnusableError:
    return UnusableError(
        f"Another defcheck is {doing} at this moment.",
        "Wait until it has finished and try again.",
    )
