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
    """Return what `work` returns, or raise what it raises, after so many seconds at the most.

    Then the exception of `late` is raised, and the event that `work` was given
    is set: what it does after that is seen by nobody.
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
    """What the work raised."""

    def __init__(self, error: Exception) -> None:
        self.error = error


@contextlib.contextmanager
def hold_exclusive_lock(
    lock: Path, doing: str, wait: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold the lock file `lock` while the block runs.

    When another process holds it, call `wait` and wait for it; without `wait`
    raise UnusableError, which says that another defcheck is `doing` something.
    The kernel gives the lock back when its holder dies. The file stays:
    deleting it would let two holders lock two different files.
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
    """Hold the lock file together with others who share it, and never beside an exclusive holder.

    Raises UnusableError where a process holds it exclusively, which is `doing` something.
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


def _busy_error(doing: str) -> UnusableError:
    return UnusableError(
        f"Another defcheck is {doing} at this moment.",
        "Wait until it has finished and try again.",
    )


WRITER_END_SECONDS = 20.0
"""How long the processes of a run may take to end after defcheck was killed."""


def acquire_lock(lock_path: Path) -> int | None:
    """Lock a file or folder; return the descriptor that holds the lock, None where another does.

    The kernel gives the lock back when its holder ends, however that ends.
    Where a file system knows no locks it is as if nobody held one.
    """
    descriptor = os.open(lock_path, os.O_RDONLY | os.O_CLOEXEC)
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
    deadline = time.monotonic() + WRITER_END_SECONDS
    while results.exists():
        descriptor = acquire_lock(results)
        if descriptor is not None:
            os.close(descriptor)
            return
        if time.monotonic() >= deadline:
            raise InputError(
                f"Another process still writes to {results}.",
                "End what is left of the run, its test runner, and try again.",
            )
        time.sleep(0.05)
