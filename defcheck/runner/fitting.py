"""Whether decoded JSON is of the types that a dataclass names."""

from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints


def misfit(document: object) -> str:
    """Return the name of a field whose value is not of its type, empty where all are."""
    for name, hint in get_type_hints(type(document)).items():
        if not fits(getattr(document, name), hint):
            return name
    return ""


def fits(value: object, hint: Any) -> bool:
    """Return whether a value is of a type: text, number, list, dict, or one of several."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in inner)
    if origin is list:
        return isinstance(value, list) and all(fits(one, inner[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            fits(key, inner[0]) and fits(one, inner[1]) for key, one in value.items()
        )
    return type(value) is hint or (hint is type(None) and value is None)
