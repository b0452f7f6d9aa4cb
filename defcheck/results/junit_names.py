"""The name of a test or fixture in JUnit XML, put together again from its parts.

Writers take a name apart at its last dot, repeat the class in it, or write the
test as Python prints it; some do so with `setUpClass (a.b.C)` too.
"""

import re
from collections.abc import Mapping

from defcheck.results.fixtures import is_failed_import
from defcheck.results.runner_reports import is_name_of_tempest_test

_FIXTURE = re.compile(r"(setUp|tearDown)(Class|Module) \((?P<owner>.+)\)")
_PRINTED = re.compile(r"(?P<method>\w\S*) \((?P<owner>\w+(\.\w+)+)\)")
"""How Python prints a test: `test_x (a.b.C)`, or `test_x (a.b.C.test_x)` from 3.11 on."""

_PATH = re.compile(r"(?P<module>\w+(/\w+)*)\.py(?P<parts>(::\w+)*)(?P<rest>(\[.*)?)", re.DOTALL)
"""How pytest names a file and what is in it: `a/test_b.py::C::test_x[...]`."""

_UUID = re.compile(
    r"(id-)?(?P<uuid>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})(\]\((?P<scenario>[^()]+)\)?)?",
    re.IGNORECASE,
)


def join_name(attributes: Mapping[str, str], suite: str = "") -> str:
    """Return the full name from the attributes of a test case in the suite called `suite`.

    Rally keeps the idempotent id as an attribute of the element, with the
    scenario behind it, green the module as the name of the suite alone.
    """
    name = _as_dotted(attributes.get("name", "").strip())
    owner = _as_dotted((attributes.get("classname") or attributes.get("class") or "").strip())
    if owner and "." not in owner and suite.endswith(f".{owner}"):
        owner = suite
    name = _join(owner, name)
    found = _UUID.fullmatch(attributes.get("id", ""))
    if not found or "[" in name:
        return name
    scenario = f"({found['scenario']})" if found["scenario"] else ""
    return f"{name}[id-{found['uuid']}]{scenario}"


def _join(owner: str, name: str) -> str:
    fixture = _FIXTURE.fullmatch(name)
    if fixture:
        short = owner.endswith(f".{fixture['owner']}")
        return f"{fixture[1]}{fixture[2]} ({owner})" if short else name
    printed = _PRINTED.fullmatch(name) if name.endswith(")") else None
    if printed:
        method, inside = printed["method"], printed["owner"]
        return inside if inside.endswith(f".{method}") else f"{inside}.{method}"
    if not owner or not name:
        return name or owner
    name = name.removesuffix(f"({owner})")  # as JUnit 4 prints a test
    joined = f"{owner}.{name}"
    if "." not in name:
        return name if name == owner else joined
    if name == owner or name.startswith(f"{owner}."):
        return name
    return name if is_name_of_tempest_test(name) and not is_failed_import(joined) else joined


def _as_dotted(name: str) -> str:
    found = _PATH.fullmatch(name) if ".py" in name else None
    if not found:
        return name
    return (found["module"].replace("/", ".") + found["parts"].replace("::", ".")) + found["rest"]
