"""Errors that are meant for a person.

Every error that defcheck raises on purpose is a `DefcheckError`. The command
line shows its message and its advice and ends with its exit code.
"""

from collections.abc import Mapping
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes, the same for every command."""

    OK = 0
    """Done, and where a verdict was asked: pass."""

    FAIL = 1
    """The verdict is fail."""

    USAGE = 2
    """Wrong use or unreadable input."""

    INCOMPLETE = 3
    """The verdict is incomplete."""

    UNUSABLE = 4
    """The cloud, a server or Tempest could not be reached or used."""

    INTERRUPTED = 130
    """Interrupted; what was done is kept."""


VERDICT_CODES: Mapping[str, ExitCode] = {
    "pass": ExitCode.OK,
    "fail": ExitCode.FAIL,
    "incomplete": ExitCode.INCOMPLETE,
}
"""The exit code of each verdict."""


class DefcheckError(Exception):
    """Something a person has to know about and can act on.

    `message` says what is wrong and where, `advice` what to do about it; both
    are plain sentences without a traceback.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class InputError(DefcheckError):
    """Wrong use, or input that cannot be read (exit code 2)."""


class UnusableError(DefcheckError):
    """A cloud, server or Tempest that cannot be reached or used (exit code 4)."""

    exit_code = ExitCode.UNUSABLE
