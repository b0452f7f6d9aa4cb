"""Predict which tests Tempest will skip or cannot set up, without the cloud.

What a test would check before it talks to the cloud is executed in a fork that
has no network: marks and decorators that skip, a class's `skip_checks`, the
choice of its users from an accounts file, and conditions at the beginning of
fixtures and tests. Nothing of Tempest is changed, and no test is run.
"""

import ast
import inspect
import json
import os
import select
import signal
import socket
import sys
import tempfile
import textwrap
import time
import unittest
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from types import FunctionType
from typing import Any

from defcheck.util.text import fold_whitespace

SKIPPING_MODULES = frozenset({"tempest.common.utils", "tempest.lib.decorators"})
"""Where Tempest's decorators are that may skip a test when it is called."""


def run_skip_conditions(function: Any, subject: object) -> None:
    """Execute the conditions at the beginning of a function that do nothing but skip.

    Those are `if` statements without `else` whose body raises a skip. Nothing
    but assignments to local names, which are executed, and calls of `super()`,
    which are not, may come before them. `subject` is the test or class that the
    function is a method of. Raises what they raise.
    """
    source = textwrap.dedent(inspect.getsource(function))
    definition = ast.parse(source).body[0] if "skip" in source else None
    if not isinstance(definition, ast.FunctionDef) or not definition.args.args:
        return
    names = {
        **function.__globals__,
        **_read_closure(function),
        definition.args.args[0].arg: subject,
    }
    module = ast.Module(_select_skip_conditions(definition.body), [])
    exec(compile(module, inspect.getfile(function), "exec"), names)  # noqa: S102


def _select_skip_conditions(body: list[ast.stmt]) -> list[ast.stmt]:
    begin: list[ast.stmt] = []
    last = 0
    for statement in body:
        if isinstance(statement, ast.Expr) and (
            isinstance(statement.value, ast.Constant) or _calls_super(statement.value)
        ):
            continue
        if not _is_assignment(statement) and not _is_skip_condition(statement):
            break
        begin.append(statement)
        if isinstance(statement, ast.If):
            last = len(begin)
    return begin[:last]


def _is_assignment(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and all(
        isinstance(target, ast.Name) for target in statement.targets
    )


def _is_skip_condition(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.If):
        return False
    *before, last = statement.body
    return (
        not statement.orelse
        and all(map(_is_assignment, before))
        and (
            (isinstance(last, ast.Raise) and "skipException" in ast.unparse(last))
            or (isinstance(last, ast.Expr) and ".skipTest(" in ast.unparse(last))
        )
    )


def _calls_super(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).startswith("super(")


def _read_closure(function: Any) -> dict[str, Any]:
    return dict(inspect.getclosurevars(function).nonlocals)


def run_decorators(function: Any, subject: object) -> Any:
    """Call Tempest's decorators around a function, but not the function; return the function.

    Each decorator is called with a function in the place of the next one that
    does nothing. Raises what they raise.
    """
    while True:
        inner = getattr(function, "__wrapped__", None)
        if inner is None:
            return function
        if function.__globals__.get("__name__") in SKIPPING_MODULES:
            _wrap_nothing(function, inner)(subject)
        function = inner


def _wrap_nothing(wrapper: Any, inner: Any) -> Callable[..., Any]:
    """Return a copy of a decorator's function that calls nothing."""

    def make_cell(content: Any) -> Any:
        return (lambda: content).__closure__[0]  # type: ignore[index]

    def do_nothing(*_: object, **__: object) -> None:
        return None

    closure = tuple(
        make_cell(do_nothing) if one.cell_contents is inner else one
        for one in wrapper.__closure__ or ()
    )
    return FunctionType(
        wrapper.__code__, wrapper.__globals__, wrapper.__name__, wrapper.__defaults__, closure
    )


SKIPPED, FIXTURE_ERROR = "skipped", "fixture error"

CLASS_SECONDS = 5
"""How long a class may take to say what it checks; the slowest takes a tenth of that."""

ALL_SECONDS = 60.0

PredictedSkips = dict[str, tuple[str, str]]
"""Name of a test to its outcome, skipped or fixture error, and the reason."""


class NoNetworkError(Exception):
    """Something would have talked to the cloud."""


class TooSlowError(Exception):
    """A class took too long."""


def predict_skips(
    groups: Sequence[Sequence[unittest.TestCase]], accounts: str = ""
) -> PredictedSkips:
    """Return the tests that will not run, in each group those of one class.

    What cannot be told without the cloud is left out. `accounts` is a file of
    users to take in place of the one that tempest.conf names.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _predict_in_fork(groups, writing, accounts)
    os.close(writing)
    found: PredictedSkips = {}
    deadline = time.monotonic() + ALL_SECONDS
    try:
        for line in _read_lines(reading, deadline):
            found |= {name: tuple(fate) for name, fate in json.loads(line).items()}
    finally:
        os.close(reading)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return found


def _read_lines(descriptor: int, deadline: float) -> list[bytes]:
    """Return the whole lines that come until the end or the deadline."""
    data = b""
    while select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
        piece = os.read(descriptor, 65536)
        if not piece:
            break
        data += piece
    return data.split(b"\n")[:-1]


def _predict_in_fork(
    groups: Sequence[Sequence[unittest.TestCase]], output: int, accounts: str
) -> None:
    """Write what is foreseen of each group as a line of JSON, and end this process."""
    code = 0
    try:
        _block_network()
        signal.signal(signal.SIGALRM, _raise_too_slow)
        if accounts:
            escaped = accounts.replace("$", r"\$")  # oslo.config looks for options in it
            sys.modules["oslo_config.cfg"].CONF.set_override("test_accounts_file", escaped, "auth")
        with os.fdopen(output, "w", encoding="utf-8") as lines:
            for tests in groups:
                lines.write(json.dumps(_predict_class(tests)) + "\n")
                lines.flush()
    except BaseException:
        code = 1
    os._exit(code)


def _block_network() -> None:
    """Take the network from this process."""

    def refuse_connection(*_: object, **__: object) -> Any:
        raise NoNetworkError

    socket.socket.connect = refuse_connection  # type: ignore[method-assign]
    socket.socket.connect_ex = refuse_connection  # type: ignore[method-assign]
    socket.getaddrinfo = refuse_connection


def _raise_too_slow(*_: object) -> None:
    raise TooSlowError


def _predict_class(tests: Sequence[unittest.TestCase]) -> dict[str, tuple[str, str]]:
    kind = type(tests[0])
    signal.alarm(CLASS_SECONDS)
    try:
        fate = _predict_outcome(partial(_check_class, kind))
        if fate is not None:
            return {test.id(): fate for test in tests}
        found = {test.id(): _predict_outcome(partial(_check_test, test)) for test in tests}
    except TooSlowError:
        return {}
    finally:
        signal.alarm(0)
    return {name: fate for name, fate in found.items() if fate is not None}


def _predict_outcome(check: Callable[[], None]) -> tuple[str, str] | None:
    """Return what becomes of whom `check` is about, None where nothing is foreseen."""
    try:
        check()
    except unittest.SkipTest as skip:
        return SKIPPED, str(skip)
    except TooSlowError:
        raise
    except Exception as error:
        if type(error).__name__ == "InvalidCredentials":
            return FIXTURE_ERROR, fold_whitespace(str(error))
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
            _check_quietly(partial(_check_function, getattr(own, "__func__", own), subject))


def _check_function(function: Any, subject: object) -> None:
    run_skip_conditions(run_decorators(function, subject), subject)


def _check_mark(item: Any) -> None:
    """Raise the skip that a decorator of unittest's or testtools' has marked."""
    if getattr(item, "__unittest_skip__", False):
        raise unittest.SkipTest(getattr(item, "__unittest_skip_why__", ""))


def _accounts_are_given() -> bool:
    """Return whether users are taken from a file; others are made in the cloud."""
    conf = sys.modules["tempest.config"].CONF
    return bool(conf.auth.test_accounts_file) and not conf.auth.use_dynamic_credentials


class _ClientManager:
    """Stands for the clients of a user that was chosen."""

    def __init__(self, credentials: Any, **_: object) -> None:
        self.credentials = credentials
        self.auth_provider = self

    def set_auth(self) -> None:
        """Log nobody in."""


def _do_nothing() -> None:
    """Do nothing."""


def _check_users(kind: Any) -> None:
    """Let a class choose its users, without logging them in or keeping them from others."""
    kind.client_manager = _ClientManager
    getattr(kind, "_reset_class", _do_nothing)()  # as setUpClass begins with
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
    run_skip_conditions(function, test)


def _check_quietly(check: Callable[[], None]) -> None:
    """Let a skip through, and nothing else: what cannot be told says nothing."""
    try:
        check()
    except (unittest.SkipTest, TooSlowError):
        raise
    except Exception:
        return
