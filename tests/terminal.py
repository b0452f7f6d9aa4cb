"""A real terminal for a process: both its streams in one."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

COLOR = re.compile(r"\x1b\[[0-9;]*m")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def in_terminal(
    words: Sequence[str | Path], folder: Path, environment: Mapping[str, str], columns: int = 100
) -> tuple[int, str]:
    """Run a process in a terminal of its own; return its exit code and all it wrote."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        list(map(str, words)),
        cwd=folder,
        env={**environment, "TERM": environment.get("TERM", "xterm-256color")},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    written = b""
    try:
        while part := os.read(master, 65536):
            written += part
    except OSError:  # how Linux says that nobody has the other end any more
        pass
    finally:
        os.close(master)
    return process.wait(timeout=60), written.decode(errors="replace").replace("\r\n", "\n")


def plain(text: str) -> str:
    """Return text without what moves the cursor and colours."""
    return CONTROL.sub("", text)
