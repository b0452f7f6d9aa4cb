"""Take a subunit version 1 stream apart, the form in which stestr keeps its runs.

The protocol is documented with python-subunit: lines that say what begins and
how it ends, an end perhaps followed by details, either lines up to a lone `]`,
or named parts in chunks, each chunk with its size in hexadecimal before it.
What is attached is passed on piece by piece and never gathered.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from defcheck.results.collector import Collector
from defcheck.results.interface import Stream

ENDS = {
    "success": "success",
    "successful": "success",
    "failure": "fail",
    "error": "fail",
    "skip": "skip",
    "xfail": "xfail",
    "uxsuccess": "uxsuccess",
}
OTHERS = ("test", "testing", "time", "tags", "progress")
SIMPLE_DETAILS = {"skip": "reason", "success": "message"}
"""What details without a name are, by how the test ended; otherwise its traceback."""

MAX_LINE = 64 * 1024
"""Bytes of a line that says something; a longer one is passed on in pieces."""

CHUNK = 128 * 1024
_PROGRESS = re.compile(r"[+-]?\d+|push|pop")
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}\r\n")


class _DamagedError(Exception):
    """The stream does not go on as it has to."""


class _Input:
    """The stream, line by line or so many bytes at a time."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._data = b""
        self._at = 0

    def line(self) -> bytes:
        """Return the next line with its end, or a piece of a long one, nothing at the end."""
        while True:
            end = self._data.find(b"\n", self._at, self._at + MAX_LINE) + 1
            if end:
                break
            if len(self._data) - self._at >= MAX_LINE:
                end = self._at + MAX_LINE
                break
            if not self._fill():
                end = len(self._data)
                break
        line = self._data[self._at : end]
        self._at = end
        return line

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield the next `size` bytes; raise `_DamagedError` where there are fewer."""
        while size:
            if self._at == len(self._data) and not self._fill():
                raise _DamagedError
            piece = self._data[self._at : self._at + size]
            self._at += len(piece)
            size -= len(piece)
            yield piece

    def _fill(self) -> bool:
        chunk = self._stream.read1(CHUNK)
        self._data = self._data[self._at :] + chunk
        self._at = 0
        return bool(chunk)


class Lines:
    """Reads a version 1 stream and tells a collector what it says."""

    def __init__(self, stream: Stream, collector: Collector) -> None:
        self._input = _Input(stream)
        self._collector = collector
        self._test: str | None = None
        self._time: datetime | None = None
        self._tags: set[str] = set()
        """Of the whole stream, as far as it was read."""

        self._own_tags: set[str] = set()
        """Of the test in progress, with those of the stream."""

        self.silent = 0
        """Bytes of lines since one that said something of a test."""

    def __iter__(self) -> Iterator[None]:
        """Read line by line, so that the caller can see to it how far it goes."""
        whole = True
        while line := self._input.line():
            self.silent += len(line)
            begins, whole = whole, line.endswith(b"\n")
            if not (begins and whole and self._say(line)):
                self._collector.between(line)
            yield

    def _say(self, line: bytes) -> bool:
        """Tell what a line says; return whether it is a line of subunit."""
        words = line.split(None, 1)
        if len(words) < 2 or not line.startswith(words[0]):
            return False
        command = words[0].rstrip(b":").decode("latin-1")
        if command not in ENDS and command not in OTHERS:
            return False
        try:
            text = line[len(words[0]) + 1 : -1].decode()
            return self._obey(command, text.removesuffix("\r"))
        except _DamagedError:
            self._collector.complain("the stream is damaged (details of a test)")
            self._test = None
        except ValueError:
            self._collector.complain("the stream is damaged (a line of it)")
        return True

    def _obey(self, command: str, text: str) -> bool:
        if command == "time":
            self._time = _time(text)
        elif command == "tags":
            tags = self._tags if self._test is None else self._own_tags
            for tag in text.split():
                if tag.startswith("-"):
                    tags.discard(tag[1:])
                else:
                    tags.add(tag)
        elif command == "progress":
            if not _PROGRESS.fullmatch(text.strip()):
                raise ValueError(text)
        elif command in ENDS:
            return self._end(ENDS[command], text)
        elif self._test is None:
            self._test = text
            self._own_tags = set(self._tags)
            self._tell(text, "inprogress")
        else:
            return False
        return True

    def _tell(self, test: str, status: str) -> None:
        self.silent = 0
        self._collector.status(test, status, sorted(self._own_tags), timestamp=self._time)

    def _end(self, status: str, text: str) -> bool:
        """Read the end of the test in progress; return whether it is of that test."""
        test = self._test
        if test is None or not text.startswith(test):
            return False
        more = text[len(test) :]
        if more == " [":
            self._simple_details(test, SIMPLE_DETAILS.get(status, "traceback"))
        elif more == " [ multipart":
            self._parts(test)
        elif more:
            return False
        self._tell(test, status)
        self._test = None
        return True

    def _simple_details(self, test: str, name: str) -> None:
        """Pass on lines up to a lone bracket; one of their own has a blank before it."""
        begins = True
        while (line := self._input.line()) != b"]\n" or not begins:
            if not line:
                raise _DamagedError
            quoted = begins and line.startswith(b" ]")
            self._collector.attachment(test, name, line[1:] if quoted else line)
            begins = line.endswith(b"\n")

    def _parts(self, test: str) -> None:
        """Pass on named parts up to a lone bracket."""
        while (line := self._input.line()) != b"]\n":
            if line.count(b"/") != 1 or b" " not in line:
                raise _DamagedError
            name = self._input.line()
            if not name.endswith(b"\n"):
                raise _DamagedError
            text = name[:-1].decode("utf-8", "replace")
            while size := self._size():
                for piece in self._input.pieces(size):
                    if self._collector.keeps(text):
                        self._collector.attachment(test, text, piece)

    def _size(self) -> int:
        line = self._input.line()
        if not _SIZE.fullmatch(line):
            raise _DamagedError
        return int(line, 16)


def _time(text: str) -> datetime:
    """Return a time that is in UTC where it does not say else; raise ValueError for none."""
    found = datetime.fromisoformat(text.strip())
    return found if found.tzinfo else found.replace(tzinfo=UTC)
