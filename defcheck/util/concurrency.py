"""Deadlines for work, and locks between processes.

Locks are the kernel's own (flock): it gives them back however their holder ends.
The filelock library does not serve here. It locks a file of its own by name,
exclusively; here folders and results are locked by open descriptors, a Tempest
in use is shared, an abandoned workspace is locked below a folder that is already
open, and the worker pool runs in the Python of another Tempest, which has none of
defcheck's libraries.
"""

import contextlib
import fcntl
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from defcheck.errors import InputError, UnusableError

S = TypeVar("S")
T = TypeVar("T")


class DeadlineError(TimeoutError):
    """A task had no result when its time was up."""


def run_until_deadline(
    tasks: Sequence[Callable[[], T]], deadline: float, max_threads: int
) -> list[T | Exception]:
    """Run tasks in parallel; return each one's result, in their order.

    A task that raises has its exception as result, one that has not ended at
    `deadline` (monotonic clock, seconds) a `DeadlineError`. Such a one goes on in
    its thread, which does not keep the process from ending.
    """
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, T | Exception]] = queue.SimpleQueue()
    for number in range(len(tasks)):
        waiting.put(number)

    def run_tasks() -> None:
        with contextlib.suppress(queue.Empty):
            while time.monotonic() < deadline:
                number = waiting.get_nowait()
                try:
                    done.put((number, tasks[number]()))
                except Exception as error:
                    done.put((number, error))

    for _ in range(min(max_threads, len(tasks))):
        threading.Thread(target=run_tasks, daemon=True).start()
    results: dict[int, T | Exception] = {}
    with contextlib.suppress(queue.Empty):
        while len(results) < len(tasks):
            number, result = done.get(timeout=max(0.0, deadline - time.monotonic()))
            results[number] = result
    late = DeadlineError("it took too long")
    return [results.get(number, late) for number in range(len(tasks))]


def map_in_threads(work: Callable[[S], T], items: Iterable[S], max_threads: int) -> list[T]:
    """Return what `work` gives for each item, in their order; raise the first error.

    After an error or an interruption no further item is begun; those that were
    begun are waited for.
    """
    # Imported here: the worker pool loads this module as well, and needs no threads.
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(max_threads)
    try:
        return list(pool.map(work, items))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def run_with_deadline(
    seconds: float, work: Callable[[threading.Event], T], make_error: Callable[[], Exception]
) -> T:
    """Return what `work` returns, or raise what it raises, within `seconds`.

    After that the exception of `make_error` is raised, and the event that `work`
    was given is set: what it still does has no effect.
    """
    given_up = threading.Event()
    try:
        [result] = run_until_deadline([lambda: work(given_up)], time.monotonic() + seconds, 1)
    finally:
        given_up.set()
    if isinstance(result, DeadlineError):
        raise make_error()
    if isinstance(result, Exception):
        raise result
    return result


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
        if not lock_descriptor(descriptor):
            if wait is None:
                raise _busy_error(doing)
            wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def hold_shared_lock(lock: Path, doing: str) -> Iterator[None]:
    """Hold the lock file together with others who share it, and never beside an exclusive holder.

    Raises UnusableError where a process holds it exclusively, which is `doing` something.
    """
    with _open_lock(lock) as descriptor:
        if not lock_descriptor(descriptor, shared=True):
            raise _busy_error(doing)
        yield


def lock_descriptor(descriptor: int, *, shared: bool = False) -> bool:
    """Lock an open file or folder without waiting; return False where another holds it.

    Raises OSError where its file system knows no locks.
    """
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


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
        return lock_descriptor(descriptor)
    except OSError:
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
