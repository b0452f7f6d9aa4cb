"""Hold a guideline file against the JSON Schema of its version.

The schemas (guidelines/schemas) say with `x-severity`, `x-rule` and `x-message`
how a broken rule is called: files that were published break some and can
still be read.
"""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from defcheck.files import clip
from defcheck.guideline.check.finding import Finding, Severity, finding

if TYPE_CHECKING:
    from jsonschema import ValidationError

KINDS = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
}


def schema_of(version: str) -> dict[str, Any]:
    """Return the JSON Schema of a guideline schema version that has one."""
    data = files("defcheck_guidelines").joinpath(f"schemas/{version}.json").read_bytes()
    schema: dict[str, Any] = json.loads(data)
    return schema


def conform(document: Any, version: str) -> Iterator[Finding]:
    """Yield everything in which a document breaks its schema."""
    from jsonschema import Draft202012Validator

    for error in Draft202012Validator(schema_of(version)).iter_errors(document):
        rules: dict[str, Any] = error.schema
        yield finding(
            Severity(rules.get("x-severity", Severity.ERROR)),
            rules.get("x-rule", "schema"),
            tuple(error.absolute_path),
            _message(error, rules),
        )


def _message(error: "ValidationError", rules: dict[str, Any]) -> str:
    """Say in our words what is wrong; the library's words hold the whole value."""
    value: Any = error.instance
    demanded: Any = error.validator_value
    in_a_name = "propertyNames" in error.absolute_schema_path
    subject = f"has the key `{clip(value)}`, which " if in_a_name else ""
    if "x-message" in rules:
        return f"{subject}{rules['x-message']}"
    match error.validator:
        case "required":
            missing = [key for key in demanded if key not in value]
            return f"lacks {_listed(missing)}"
        case "enum":
            return f"must be one of {_listed(demanded)}"
        case "const":
            return f"must be {demanded}"
        case "type":
            wanted = [demanded] if isinstance(demanded, str) else demanded
            return f"must be {' or '.join(KINDS[kind] for kind in wanted)}"
        case "minLength" | "minItems":
            return "must not be empty"
        case _:
            return f"breaks the rule `{error.validator}`"


def _listed(names: list[Any]) -> str:
    return ", ".join(f"`{name}`" for name in names)
