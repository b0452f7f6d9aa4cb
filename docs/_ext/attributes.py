"""Tables of the fields and members documented in the source, for inclusion in pages."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from pages import cell, table, write
from sphinx.application import Sphinx

from defcheck.cli.output import REFSTACK_FORMAT
from defcheck.errors import ExitCode
from defcheck.report.formats import registry
from defcheck.runner.record import FIELDS, RunHistory, RunInputs, RunOutcome

COMMANDS = {
    "`run`, `resume`, `score`, `report`": {**registry.VERDICT_FORMATS, REFSTACK_FORMAT: ""},
    "`score --all`": registry.MATRIX_FORMATS,
    "`compare`": registry.COMPARISON_FORMATS,
    "`gate`": registry.GATE_FORMATS,
    "`explain`": registry.EXPLANATION_FORMATS,
    "`cleanup`": registry.CLEANUP_FORMATS,
}
"""The commands with `-f`, and their formats."""


def documented(owner: type) -> Iterator[tuple[str, str, str]]:
    """Yield name, annotation or value, and docstring of each attribute of a class."""
    (definition,) = ast.parse(inspect.getsource(owner)).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    for node, after in zip(body, [*body[1:], None], strict=False):
        if isinstance(node, ast.AnnAssign):
            name, said = ast.unparse(node.target), ast.unparse(node.annotation)
        elif isinstance(node, ast.Assign):
            name, said = ast.unparse(node.targets[0]), ast.unparse(node.value)
        else:
            continue
        doc = ""
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            doc = " ".join(str(after.value.value).split())
        yield name, said, doc


def write_tables(app: Sphinx) -> None:
    """Write the tables below reference/generated."""
    kept = {one[0]: one for part in (RunInputs, RunHistory, RunOutcome) for one in documented(part)}
    fields = [
        (f"`{name}`", f"`{kind}`".replace("|", "\\|"), cell(doc))
        for name, kind, doc in (*(kept[name] for name in FIELDS), ("format", "str", ""))
    ]
    codes = [(f"`{value}`", cell(doc)) for _, value, doc in documented(ExitCode)]
    known = dict.fromkeys(name for one in COMMANDS.values() for name in one)
    marks = [
        (f"`{name}`", *("✓" if name in one else "" for one in COMMANDS.values())) for name in known
    ]
    tables = {
        "formats.md": table("format", *COMMANDS, rows=marks),
        "run-json.md": table("field", "kind", "meaning", rows=fields),
        "exit-codes.md": table("code", "meaning", rows=codes),
    }
    write(Path(app.srcdir) / "reference/generated", tables)


def setup(app: Sphinx) -> dict[str, bool]:
    """Generate the tables before Sphinx reads the pages."""
    app.connect("builder-inited", write_tables)
    return {"parallel_read_safe": True}
