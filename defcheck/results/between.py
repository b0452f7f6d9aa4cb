"""Judge the bytes between events: what a test printed, or what is left of lost events."""

import codecs
import re

PRINTED = re.compile(r"[\t\n\r\x1b\x20-\x7e\x80-\U0010ffff]*")
"""What a test may print; a damaged packet holds other characters."""

LINE_OF_VERSION_1 = re.compile(
    r"^(test|testing|success|successful|failure|error|skip|xfail|uxsuccess): "
    r"(\S+\.\S+|(setUp|tearDown)(Class|Module)\b.*)",
    re.MULTILINE,
)
"""An event of a version 1 stream: between other events it is one that was lost."""

LOST_FAILURE = re.compile(
    r"^[ \t]*(?:failure|error)(?::[ \t]*|[ \t]+)"
    r"(?:\S+\.\S+\.\S+|process-returncode|broken-runner\S*|\S+(?= \[(?: multipart)?[ \t\r]*$))",
    re.MULTILINE,
)
"""A failure of version 1 that is of no test in progress, also without its colon, which is
optional, and by a name without a dot."""

LONGEST_LINE = 4096
"""Characters by which a line is judged."""


class Between:
    """Bytes that stand together between two events, in as many pieces as they come."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._clear()

    def _clear(self) -> None:
        self._decoder.reset()
        self.size = 0
        self._printed = True
        self._events = False
        self._line = ""

    def feed(self, piece: bytes | memoryview) -> None:
        """Take some more bytes."""
        self.size += len(piece)
        if self._printed:
            self._judge(piece, last=False)

    def _judge(self, piece: bytes | memoryview, *, last: bool) -> None:
        try:
            text = self._decoder.decode(bytes(piece), last)
        except UnicodeDecodeError:
            self._printed = False
            return
        self._printed = PRINTED.fullmatch(text) is not None
        if not self._events:
            lines = self._line + text
            self._events = any(
                form.search(lines) is not None for form in (LINE_OF_VERSION_1, LOST_FAILURE)
            )
            start = lines.rfind("\n") + 1
            self._line = lines[start : start + LONGEST_LINE]

    def end(self) -> list[str]:
        """Return what is wrong with the bytes so far, nothing where a test printed them."""
        if not self.size:
            return []
        if self._printed:
            self._judge(b"", last=True)
        size, printed, events = self.size, self._printed, self._events
        self._clear()
        if not printed:
            return [f"{size} bytes are neither subunit nor text"]
        if events:
            return ["events of subunit version 1 stand where they cannot be read"]
        return []
