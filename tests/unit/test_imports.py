"""Imports point one way: the rules of the architecture, read from the source."""

import ast
from pathlib import Path

import pytest

import defcheck

PACKAGE = Path(defcheck.__file__).parent
LAYERS = {
    "cli": 5,
    "report": 4,
    "runner": 4,
    "submit": 4,
    "lab": 4,
    "scoring": 3,
    "results": 2,
    "tempest": 2,
    "cloud": 2,
    "download": 2,
    "guideline": 1,
    "redaction": 0,
    "secrecy": 0,
    "exclusion": 0,
    "files": 0,
    "strictjson": 0,
    "timelimit": 0,
    "virtualenv": 0,
    "errors": 0,
}
"""A module imports from its own layer or a lower one."""

MODULES = sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return found


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_every_package_has_a_layer() -> None:
    found = {layer(path) for path in MODULES} - {"__init__", "__main__"}
    assert found == set(LAYERS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    own = layer(path)
    if own in ("__init__", "__main__"):
        return
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "defcheck" and len(parts) > 1 and parts[1] in LAYERS:
            assert LAYERS[parts[1]] <= LAYERS[own], f"{path.name} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_command_line_knows_click_and_prints(path: Path) -> None:
    if layer(path) in ("cli", "__main__"):
        return
    source = path.read_text(encoding="utf-8")
    assert "click" not in {name.split(".")[0] for name in imports(path)}
    assert not [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_scoring_and_guideline_touch_no_network_and_no_process(path: Path) -> None:
    if layer(path) not in ("scoring", "guideline", "report"):
        return
    forbidden = {"subprocess", "socket", "requests", "openstack", "urllib.request"}
    assert not imports(path) & forbidden


CALENDAR = {"datetime.date", "datetime.timedelta"}
"""What `from datetime import date, timedelta` imports: days as values."""

CLOCKS = {"now", "utcnow", "today", "fromtimestamp", "utcfromtimestamp"}


def clocks(source: str) -> list[str]:
    """Return whatever in a module could tell it what time it is."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [one.name for one in node.names if one.name in ("datetime", "time")]
        elif isinstance(node, ast.ImportFrom) and node.module in ("datetime", "time"):
            names = [f"{node.module}.{one.name}" for one in node.names]
            found += [name for name in names if name not in CALENDAR]
        elif isinstance(node, ast.Attribute) and node.attr in CLOCKS:
            found.append(node.attr)
        elif isinstance(node, ast.Constant) and node.value in CLOCKS:
            found.append(str(node.value))
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_scoring_and_guideline_know_no_clock(path: Path) -> None:
    if layer(path) in ("scoring", "guideline", "report"):
        assert clocks(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import datetime",
        "import datetime as d",
        "import time",
        "from datetime import datetime",
        "from datetime import date, datetime as d",
        "from datetime import *",
        "from time import time",
        "from datetime import date\ndate.today()",
        "from datetime import date\nclock = date.today",
        "from datetime import date\ngetattr(date, 'today')()",
    ],
)
def test_a_clock_is_noticed(source: str) -> None:
    assert clocks(source)


def test_days_as_values_are_no_clock() -> None:
    assert (
        clocks("from datetime import date, timedelta\ndate(2020, 6, 1) + timedelta(days=1)") == []
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_is_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
