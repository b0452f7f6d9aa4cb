"""Which tests will be skipped, or cannot be set up: asked of Tempest itself, without the cloud.

What a test would check before it talks to the cloud is executed in a fork that
has no network: marks and decorators that skip, a class's `skip_checks`, the
choice of its users from an accounts file, and conditions at the beginning of
fixtures and tests. Nothing of Tempest is changed, and no test is run.
"""

import json
import os
import select
import signal
import socket
import sys
import tempfile
import time
import unittest
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from defcheck.runner.guards import run_decorators, run_guards

SKIPPED, FIXTURE_ERROR = "skipped", "fixture error"

CLASS_SECONDS = 5
"""How long a class may take to say what it checks; the slowest takes a tenth of that."""

ALL_SECONDS = 60.0

Foreseen = dict[str, tuple[str, str]]
"""Name of a test to its outcome, skipped or fixture error, and the reason."""


class NoNetworkError(Exception):
    """Something would have talked to the cloud."""


class TooSlowError(Exception):
    """A class took too long."""


def foresee(groups: Sequence[Sequence[unittest.TestCase]], accounts: str = "") -> Foreseen:
    """Return the tests that will not run, in each group those of one class.

    What cannot be told without the cloud is left out. `accounts` is a file of
    users to take in place of the one that tempest.conf names.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _look(groups, writing, accounts)
    os.close(writing)
    found: Foreseen = {}
    deadline = time.monotonic() + ALL_SECONDS
    try:
        for line in _lines(reading, deadline):
            found |= {name: tuple(fate) for name, fate in json.loads(line).items()}
    finally:
        os.close(reading)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return found


def _lines(descriptor: int, deadline: float) -> list[bytes]:
    """Return the whole lines that come until the end or the deadline."""
    data = b""
    while select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
        piece = os.read(descriptor, 65536)
        if not piece:
            break
        data += piece
    return data.split(b"\n")[:-1]


def _look(groups: Sequence[Sequence[unittest.TestCase]], output: int, accounts: str) -> None:
    """Write what is foreseen of each group as a line of JSON, and end this process."""
    code = 0
    try:
        _cut_off()
        signal.signal(signal.SIGALRM, _too_slow)
        if accounts:
            escaped = accounts.replace("$", r"\$")  # oslo.config looks for options in it
            sys.modules["oslo_config.cfg"].CONF.set_override("test_accounts_file", escaped, "auth")
        with os.fdopen(output, "w", encoding="utf-8") as lines:
            for tests in groups:
                lines.write(json.dumps(_of_class(tests)) + "\n")
                lines.flush()
    except BaseException:
        code = 1
    os._exit(code)


def _cut_off() -> None:
    """Take the network from this process."""

    def refuse(*_: object, **__: object) -> Any:
        raise NoNetworkError

    socket.socket.connect = refuse  # type: ignore[method-assign]
    socket.socket.connect_ex = refuse  # type: ignore[method-assign]
    socket.getaddrinfo = refuse


def _too_slow(*_: object) -> None:
    raise TooSlowError


def _of_class(tests: Sequence[unittest.TestCase]) -> dict[str, tuple[str, str]]:
    kind = type(tests[0])
    signal.alarm(CLASS_SECONDS)
    try:
        fate = _fate(partial(_check_class, kind))
        if fate is not None:
            return {test.id(): fate for test in tests}
        found = {test.id(): _fate(partial(_check_test, test)) for test in tests}
    except TooSlowError:
        return {}
    finally:
        signal.alarm(0)
    return {name: fate for name, fate in found.items() if fate is not None}


def _fate(check: Callable[[], None]) -> tuple[str, str] | None:
    """Return what becomes of whom `check` is about, None where nothing is foreseen."""
    try:
        check()
    except unittest.SkipTest as skip:
        return SKIPPED, str(skip)
    except TooSlowError:
        raise
    except Exception as error:
        if type(error).__name__ == "InvalidCredentials":
            return FIXTURE_ERROR, " ".join(str(error).split())
    return None


def _check_class(kind: Any) -> None:
    _check_mark(kind)
    if not hasattr(kind, "skip_checks"):
        return
    kind.skip_checks()
    _check_fixture(kind, "setup_credentials", kind)
    if _accounts_are_given():
        _check_users(kind)
    for fixture in ("setup_clients", "resource_setup"):
        _check_fixture(kind, fixture, kind)


def _check_fixture(kind: type, fixture: str, subject: object) -> None:
    """Raise the skip of a fixture's decorators and first conditions, in each class that has it."""
    for ancestor in reversed(kind.__mro__):
        own = vars(ancestor).get(fixture)
        if own is not None and ancestor.__module__.split(".")[0] not in ("unittest", "testtools"):
            _quietly(partial(_check_function, getattr(own, "__func__", own), subject))


def _check_function(function: Any, subject: object) -> None:
    run_guards(run_decorators(function, subject), subject)


def _check_mark(item: Any) -> None:
    """Raise the skip that a decorator of unittest's or testtools' has marked."""
    if getattr(item, "__unittest_skip__", False):
        raise unittest.SkipTest(getattr(item, "__unittest_skip_why__", ""))


def _accounts_are_given() -> bool:
    """Return whether users are taken from a file; others are made in the cloud."""
    conf = sys.modules["tempest.config"].CONF
    return bool(conf.auth.test_accounts_file) and not conf.auth.use_dynamic_credentials


class _Manager:
    """Stands for the clients of a user that was chosen."""

    def __init__(self, credentials: Any, **_: object) -> None:
        self.credentials = credentials
        self.auth_provider = self

    def set_auth(self) -> None:
        """Log nobody in."""


def _nothing() -> None:
    """Do nothing."""


def _check_users(kind: Any) -> None:
    """Let a class choose its users, without logging them in or keeping them from others."""
    kind.client_manager = _Manager
    getattr(kind, "_reset_class", _nothing)()  # as setUpClass begins with
    provider = kind._get_credentials_provider()
    with tempfile.TemporaryDirectory() as locks:
        provider.accounts_dir = locks
        provider.hash_dict["networks"].clear()  # it would ask the cloud for their ids
        kind.setup_credentials()


def _check_test(test: unittest.TestCase) -> None:
    method = getattr(test, test._testMethodName)
    _check_mark(method)
    function = run_decorators(method.__func__, test)
    _check_mark(function)
    _check_fixture(type(test), "setUp", test)
    run_guards(function, test)


def _quietly(check: Callable[[], None]) -> None:
    """Let a skip through, and nothing else: what cannot be told says nothing."""
    try:
        check()
    except (unittest.SkipTest, TooSlowError):
        raise
    except Exception:
        return
