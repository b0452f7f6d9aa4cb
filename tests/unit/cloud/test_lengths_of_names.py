"""The longest names that this Tempest builds with a run's prefix fit what services take.

Read from the installed Tempest's own source: its calls of rand_name with the prefix of
tempest.conf, for which the name of a class and ten digits are put in.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import tempest

from defcheck.cloud.tempest_conf import MAX_PREFIX_LENGTH

ROOT = Path(tempest.__file__).parent
NUMBER = len("-2147483647")
"""What rand_name puts at the end."""

HOST_NAME = 63
"""RFC 1035, and what Neutron's dns-integration takes as dns_name."""

TOGETHER = len("-9")
"""What Nova adds to the host names of servers that are created together, after it cut them."""

KEYSTONE = 64
"""Of projects, domains and groups (keystone's columns)."""

NAME = 255
"""Of everything else that has a name in Nova, Neutron, Cinder, Glance and Keystone; Swift's
containers may have 256."""


@cache
def sources() -> dict[Path, ast.Module]:
    folders = ("api", "scenario", "serial_tests", "common", "lib/common")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return {path: ast.parse(path.read_text()) for path in paths}


@cache
def subclasses() -> dict[str, set[str]]:
    """Return each class with those that are derived from it, itself included."""
    children: dict[str, set[str]] = {}
    for tree in sources().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                children.setdefault(node.name, set())
                for base in node.bases:
                    children.setdefault(ast.unparse(base).split(".")[-1], set()).add(node.name)
    found: dict[str, set[str]] = {}

    def collect(name: str, into: set[str]) -> None:
        if name not in into:
            into.add(name)
            for child in children[name]:
                collect(child, into)

    for name in children:
        collect(name, found.setdefault(name, set()))
    return found


def named_calls() -> Iterator[tuple[str, int]]:
    """Yield where Tempest builds a name with the prefix, and its length without the prefix."""
    for path, tree in sources().items():
        for owner in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
            for call in (node for node in ast.walk(owner) if isinstance(node, ast.Call)):
                if not ast.unparse(call.func).endswith("rand_name"):
                    continue
                words = {one.arg: one.value for one in call.keywords}
                prefix = words.get("prefix") or (call.args[1] if len(call.args) > 1 else None)
                if prefix is None or "prefix" not in ast.unparse(prefix):
                    continue
                name = call.args[0] if call.args else words.get("name")
                length = 0 if name is None else length_of(name, owner.name)
                if length is not None:
                    yield f"{path.relative_to(ROOT)}:{call.lineno}", length + NUMBER


def length_of(name: ast.expr, owner: str) -> int | None:
    """Return the greatest length of an expression, None where it is a variable."""
    if isinstance(name, ast.Constant):
        return len(str(name.value))
    if isinstance(name, ast.BinOp) and isinstance(name.op, ast.Add):
        parts = (length_of(name.left, owner), length_of(name.right, owner))
        return None if None in parts else sum(part for part in parts if part is not None)
    text = ast.unparse(name)
    if text in ("cls.__name__", "self.__class__.__name__"):
        return max(map(len, subclasses()[owner]))
    return None


def classes_that_create_servers_together() -> set[str]:
    found = set()
    for tree in sources().values():
        for owner in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
            text = ast.unparse(owner)
            if "min_count=" in text or "max_count=" in text:
                found |= subclasses()[owner.name]
    return found


def classes_with_groups() -> set[str]:
    found = set()
    for tree in sources().values():
        for owner in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
            if "setup_test_group(" in ast.unparse(owner):
                found.add(owner.name)
    return found


def test_host_names_of_servers_that_are_created_together_fit() -> None:
    # The negative ones ask for wrong numbers of servers: none is created.
    refused = {"MultipleCreateNegativeTestJSON"}
    classes = classes_that_create_servers_together() - {"BaseV2ComputeTest", *refused}
    assert "ListServersNegativeTestJSON" in classes
    for name in classes:
        length = MAX_PREFIX_LENGTH + len(f"-{name}-server") + NUMBER + TOGETHER
        assert length <= HOST_NAME, name


def test_every_name_with_the_prefix_fits() -> None:
    found = dict(named_calls())
    assert len(found) > 200
    assert max(found.values()) > 50
    for where, length in found.items():
        assert MAX_PREFIX_LENGTH + 1 + length <= NAME, where


@pytest.mark.parametrize("name", ["test_project", "test_domain", "domain"])
def test_names_of_projects_and_domains_fit(name: str) -> None:
    assert MAX_PREFIX_LENGTH + 1 + len(name) + NUMBER <= KEYSTONE


def test_names_of_groups_fit() -> None:
    classes = classes_with_groups()
    assert "GroupsV3TestJSON" in classes
    for name in classes - {"BaseIdentityV3AdminTest"}:
        assert MAX_PREFIX_LENGTH + len(f"-{name}_test_project") + NUMBER <= KEYSTONE, name


def test_names_of_users_and_projects_made_for_a_run_fit() -> None:
    from defcheck.cloud.accounts.resources import plan_accounts
    from defcheck.cloud.tempest_conf import extend_prefix

    layout = plan_accounts(
        extend_prefix("p" * MAX_PREFIX_LENGTH),
        999,
        ("admin", "member", "reader", "ResellerAdmin", "SwiftOperator"),
        networked=True,
        with_admin=True,
    )
    names = [name for project in layout.projects for _, name in project.planned_resources]
    assert len(names) > 999
    assert max(map(len, names)) <= HOST_NAME
