"""What a function of a test would refuse at its very beginning, asked without running it."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from types import FunctionType
from typing import Any

SKIPPING_MODULES = frozenset({"tempest.common.utils", "tempest.lib.decorators"})
"""Where Tempest's decorators are that may skip a test when it is called."""


def run_guards(function: Any, subject: object) -> None:
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
    names = {**function.__globals__, **_enclosed(function), definition.args.args[0].arg: subject}
    module = ast.Module(_until_the_last_guard(definition.body), [])
    exec(compile(module, inspect.getfile(function), "exec"), names)  # noqa: S102


def _until_the_last_guard(body: list[ast.stmt]) -> list[ast.stmt]:
    begin: list[ast.stmt] = []
    last = 0
    for statement in body:
        if isinstance(statement, ast.Expr) and (
            isinstance(statement.value, ast.Constant) or _calls_super(statement.value)
        ):
            continue
        if not _assigns(statement) and not _only_skips(statement):
            break
        begin.append(statement)
        if isinstance(statement, ast.If):
            last = len(begin)
    return begin[:last]


def _assigns(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and all(
        isinstance(target, ast.Name) for target in statement.targets
    )


def _only_skips(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.If):
        return False
    *before, last = statement.body
    return (
        not statement.orelse
        and all(map(_assigns, before))
        and (
            (isinstance(last, ast.Raise) and "skipException" in ast.unparse(last))
            or (isinstance(last, ast.Expr) and ".skipTest(" in ast.unparse(last))
        )
    )


def _calls_super(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).startswith("super(")


def _enclosed(function: Any) -> dict[str, Any]:
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
            _around_nothing(function, inner)(subject)
        function = inner


def _around_nothing(wrapper: Any, inner: Any) -> Callable[..., Any]:
    """Return a copy of a decorator's function that calls nothing."""

    def cell(content: Any) -> Any:
        return (lambda: content).__closure__[0]  # type: ignore[index]

    def nothing(*_: object, **__: object) -> None:
        return None

    closure = tuple(
        cell(nothing) if one.cell_contents is inner else one for one in wrapper.__closure__ or ()
    )
    return FunctionType(
        wrapper.__code__, wrapper.__globals__, wrapper.__name__, wrapper.__defaults__, closure
    )
