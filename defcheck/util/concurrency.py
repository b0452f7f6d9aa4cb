"""Deadlines for work, and locks between processes."""

import contextlib
import fcntl
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from defcheck.errors import InputError, UnusableError

T = TypeVar("T")


def run_with_deadline(
    seconds: float, work: Callable[[threading.Event], T], make_error: Callable[[], Exception]
) -> T:
    """Return what `work` returns, or raise what it raises, within `seconds`.

    After that raise the exception that `make_error` returns, and set the event
    that `work` received. The thread of `work` continues, but its result is
    discarded.
    """
    answers: queue.Queue[T | _Failure] = queue.Queue()
    given_up = threading.Event()

    def run_work() -> None:
        try:
            answers.put(work(given_up))
        except Exception as error:
            answers.put(_Failure(error))

    threading.Thread(target=run_work, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise make_error() from None
    finally:
        given_up.set()
    if isinstance(answer, _Failure):
        raise answer.error
    return answer


class _Failure:
    """The exception that the work raised."""

    def __init__(self, error: Exception) -> None:
        self.error = error


@contextlib.contextmanager
def hold_exclusive_lock(
    lock: Path, doing: str, wait: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold the lock file `lock` while the block runs.

    If another process holds it, call `wait` and wait for the lock; without `wait`
    raise UnusableError, which says that another defcheck is `doing` something.
    The kernel releases the lock when its holder dies. The file stays: deleting
    it would let two holders lock two different files.
    """
    with _open_lock(lock) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if wait is None:
                raise _busy_error(doing) from error
            wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def hold_shared_lock(lock: Path, doing: str) -> Iterator[None]:
    """Hold the lock file with other shared holders, but never together with an exclusive one.

    Raises UnusableError, which says that another defcheck is `doing` something, if a
    process holds it exclusively.
    """
    with _open_lock(lock) as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _busy_error(doing) from error
        yield


@contextlib.contextmanager
def _open_lock(lock: Path) -> Iterator[int]:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        # Close-on-exec: a child process would otherwise hold the lock as well.
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UnusableError(
            f"The lock file {lock} cannot be written: {error.strerror}.",
            "Choose a writable folder; the command's --help says how.",
        ) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _busy_error(doing: str) -> UnusableError:
    return UnusableError(
        f"Another defcheck is {doing} right now.",
        "Wait until it has finished and try again.",
    )


WRITER_END_SECONDS = 20.0
"""How long the processes of a run may take to exit after defcheck was killed, in seconds."""


def acquire_lock(lock_path: Path) -> int | None:
    """Lock a file or folder; return the descriptor of the lock, None if another process has it.

    The kernel releases the lock when its holder ends, however that happens. On a
    file system without locks every attempt succeeds.
    """
    descriptor = os.open(lock_path, os.O_RDONLY | os.O_CLOEXEC)
    if try_lock(descriptor):
        return descriptor
    os.close(descriptor)
    return None


def try_lock(descriptor: int) -> bool:
    """Lock an open file; return False only if another process has the lock.

    Returns True on a file system without locks.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def wait_for_writer(results: Path) -> None:
    """Wait until the test runner of a killed defcheck no longer writes the results."""
    deadline = time.monotonic() + WRITER_END_SECONDS
    while results.exists():
        descriptor = acquire_lock(results)
        if descriptor is not None:
            os.close(descriptor)
            return
        if time.monotonic() >= deadline:
            raise InputError(
                f"Another process still writes to {results}.",
                "Stop the test runner that is left of that run, and try again.",
            )
        time.sleep(0.05)
