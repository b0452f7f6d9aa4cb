"""The raw results while they are written: whole packets only, whatever happens."""

import errno
import os
from pathlib import Path

from defcheck.runner.lock import try_lock


class RawResults:
    """A file to which whole packets are appended, by one process at a time."""

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self.descriptor = os.open(path, flags, 0o600)
        if not try_lock(self.descriptor):
            os.close(self.descriptor)
            raise OSError(errno.EBUSY, "another process writes the same results")
        self._whole = os.fstat(self.descriptor).st_size
        self._refusal: OSError | None = None

    def append(self, packets: bytes) -> None:
        """Append whole packets.

        Raises OSError where there is no room for all of them. None of them is
        in the file then, and nothing that comes later: what is there is all
        that was said up to some moment.
        """
        if self._refusal is not None:
            raise self._refusal
        view = memoryview(packets)
        try:
            while view:
                view = view[os.write(self.descriptor, view) :]
        except OSError as error:
            self._refusal = error
            os.ftruncate(self.descriptor, self._whole)
            raise
        self._whole += len(packets)

    def sync(self) -> None:
        """Wait until what was appended is on the disk."""
        os.fsync(self.descriptor)

    def close(self) -> None:
        """Write everything to the disk and close the file."""
        try:
            self.sync()
        finally:
            os.close(self.descriptor)
