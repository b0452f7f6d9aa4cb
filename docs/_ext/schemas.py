"""A page for each schema in reports/schemas, with a row for each field."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pages import cell, table, write
from sphinx.application import Sphinx

Schema = dict[str, Any]

SCHEMAS = Path(__file__).resolve().parents[2] / "reports/schemas"

INDEX = """\
# Schemas

{introduction}

```{{toctree}}
:maxdepth: 1

{names}
```
"""

PAGE = """\
# {title}

{description}

{{download}}`{file} <../../../reports/schemas/{file}>`

{body}
"""


def kind(schema: Schema) -> str:
    """Return the allowed values of a field as Markdown."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.replace('_', '-')})"
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(one)}`" for one in schema["enum"])
    if "oneOf" in schema:
        return " or ".join(dict.fromkeys(kind(one) for one in schema["oneOf"]))
    if "allOf" in schema and "type" not in schema:
        return " and ".join(kind(one) for one in schema["allOf"] if "$ref" in one)
    types = schema.get("type", "any")
    words: list[str] = [types] if isinstance(types, str) else types
    if "array" in words and "items" in schema:
        inner = kind(schema["items"])
        words = [f"array of {inner}" if word == "array" else word for word in words]
    return " or ".join(words)


def fields(schema: Schema, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield path, type and meaning of every field, including those of inner objects and lists."""
    for part in (schema, *schema.get("allOf", ()), *schema.get("oneOf", ())):
        for name, field in part.get("properties", {}).items():
            if not isinstance(field, dict) or not field:
                continue
            place = f"{path}.{name}" if path else name
            optional = "" if name in part.get("required", ()) else "optional; "
            yield f"`{place}`", optional + kind(field), cell(field.get("description", ""))
            yield from fields(field, place)
        for key, mark in (("items", "[]"), ("additionalProperties", ".*")):
            inner = part.get(key)
            if isinstance(inner, dict):
                yield from fields(inner, path + mark)


def json_schema(schema: Schema) -> str:
    """Return the tables of a JSON Schema, one for the document and one for each definition."""
    parts = [table("field", "kind", "meaning", rows=list(fields(schema)))]
    for name, inner in schema.get("$defs", {}).items():
        parts += [f"## {name}", cell(inner.get("description", ""))]
        rows = list(fields(inner))
        parts.append(table("field", "kind", "meaning", rows=rows) if rows else kind(inner))
    return "\n\n".join(part for part in parts if part)


def table_schema(schema: Schema) -> str:
    """Return the table of a Frictionless Table Schema."""
    rows = [
        (
            f"`{field['name']}`",
            ", ".join(f"`{one}`" for one in field.get("constraints", {}).get("enum", ()))
            or field["type"],
            cell(field.get("description", "")),
        )
        for field in schema["fields"]
    ]
    return table("column", "kind", "meaning", rows=rows)


def page(path: Path) -> str:
    """Return the page about a schema file."""
    if path.suffix == ".xsd":
        body = f"```{{literalinclude}} ../../../reports/schemas/{path.name}\n:language: xml\n```"
        said = "JUnit XML, as `-f junit` writes it."
    else:
        schema = json.loads(path.read_bytes())
        body = table_schema(schema) if "fields" in schema else json_schema(schema)
        said = cell(schema.get("description") or f"{schema['title']}.")
    return PAGE.format(title=path.stem, description=said, file=path.name, body=body)


def write_pages(app: Sphinx) -> None:
    """Write the pages below reference/schemas."""
    paths = [path for path in sorted(SCHEMAS.iterdir()) if path.suffix in (".json", ".xsd")]
    told = (SCHEMAS / "README.md").read_text(encoding="utf-8").split("\n", 1)[1].strip()
    for path in paths:
        told = told.replace(f"`{path.name}`", f"[`{path.name}`]({path.stem}.md)")
    names = "\n".join(path.stem for path in paths)
    pages = {f"{path.stem}.md": page(path) for path in paths}
    index = INDEX.format(introduction=told, names=names)
    write(Path(app.srcdir) / "reference/schemas", {"index.md": index, **pages})


def setup(app: Sphinx) -> dict[str, bool]:
    """Generate the pages before Sphinx searches its sources."""
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True}
