"""Rules of the architecture that `lint-imports` (tox -e lint) cannot check."""

import ast
from pathlib import Path

import pytest

import defcheck

PACKAGE = Path(defcheck.__file__).parent
SOURCES = {
    str(path.relative_to(PACKAGE)): path.read_text(encoding="utf-8")
    for path in PACKAGE.rglob("*.py")
}
CLOCKLESS_ROOMS = ("guideline/", "scoring/", "report/")

CALENDAR = {"datetime.date", "datetime.timedelta"}
"""What `from datetime import date, timedelta` imports: days as values."""

CLOCKS = {"now", "utcnow", "today", "fromtimestamp", "utcfromtimestamp"}


def find_clocks(source: str) -> list[str]:
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


def prints(source: str) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
        for node in ast.walk(ast.parse(source))
    )


def test_guidelines_scoring_and_reports_know_no_clock() -> None:
    sources = {name: text for name, text in SOURCES.items() if name.startswith(CLOCKLESS_ROOMS)}
    assert len(sources) > 30
    assert {name: find_clocks(text) for name, text in sources.items() if find_clocks(text)} == {}


def test_only_the_command_line_prints() -> None:
    assert [name for name, text in SOURCES.items() if prints(text)] == []


def test_no_module_is_long() -> None:
    lengths = {name: len(text.splitlines()) for name, text in SOURCES.items()}
    assert {name: lines for name, lines in lengths.items() if lines > 420} == {}


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
    assert find_clocks(source)


def test_days_as_values_are_no_clock() -> None:
    source = "from datetime import date, timedelta\ndate(2020, 6, 1) + timedelta(days=1)"
    assert find_clocks(source) == []
