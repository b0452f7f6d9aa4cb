"""Read typed fields out of decoded JSON, naming the place of whatever is wrong."""

from collections.abc import Iterable, Iterator
from typing import Any

from defcheck.errors import InputError
from defcheck.files import clip

NAME_LENGTH = 1000
"""Characters; the longest name in a published guideline has 160."""


class Fields:
    """A JSON object at a known place in a file.

    A missing field reads as empty; a field of the wrong kind is an
    `InputError` that names the file and the path to the field.
    """

    def __init__(self, value: dict[str, Any], where: str, path: str = "") -> None:
        self._value = value
        self._where = where
        self._path = path

    @classmethod
    def of(cls, value: Any, where: str) -> "Fields":
        """Wrap a whole document."""
        if not isinstance(value, dict):
            raise InputError(
                f"{where} holds {_kind(value)}, not a JSON object.",
                "A guideline is one JSON object with components and capabilities.",
            )
        return cls(value, where)

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def __iter__(self) -> Iterator[str]:
        return iter(self._value)

    def first(self, *keys: str) -> str:
        """Return the first of several spellings that is present, else the first."""
        return next((key for key in keys if key in self._value), keys[0])

    def raw(self, key: str) -> Any:
        """Return the field as it stands, None where it is missing."""
        return self._value.get(key)

    def text(self, key: str) -> str:
        """Return a text field; a number is taken as its text."""
        value = self._value.get(key, "")
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            raise self.wrong(key, "text", value)
        return value

    def truth(self, key: str) -> bool:
        """Return a true/false field."""
        value = self._value.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false", value)
        return value

    def number(self, key: str) -> int | None:
        """Return a whole number, also one written as text, or None where missing."""
        value = self._value.get(key)
        if value is None:
            return None
        try:
            return int(str(value))
        except ValueError:
            raise self.wrong(key, "a whole number", value) from None

    def name(self, key: str) -> str:
        """Return a text field that names something, and so has a bounded length."""
        return self._bounded(self.text(key))

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of texts that name something."""
        value = self._value.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "a list of texts", value)
        return tuple(self._bounded(item) for item in value)

    def section(self, key: str) -> "Fields":
        """Return an object field."""
        value = self._value.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "an object", value)
        return Fields(value, self._where, self._join(key))

    def sections(self, key: str) -> Iterator[tuple[str, "Fields"]]:
        """Yield the entries of an object field whose values are objects."""
        outer = self.section(key)
        for name in outer:
            yield self._bounded(name), outer.section(name)

    def items(self, key: str) -> Iterator["Fields"]:
        """Yield the entries of a list field whose values are objects."""
        value = self._value.get(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, "a list of objects", value)
        for number, item in enumerate(value):
            if not isinstance(item, dict):
                raise self.wrong(f"{key}[{number}]", "an object", item)
            yield Fields(item, self._where, self._join(f"{key}[{number}]"))

    def place(self, key: str) -> str:
        """Return where a field stands: the file and the path to it."""
        return f"{self._where}: {clip(self._join(key))}"

    def wrong(self, key: str, expected: str, value: Any) -> InputError:
        """Return the error for a field of the wrong kind."""
        return InputError(
            f"{self.place(key)} must be {expected}, not {_kind(value)}.",
            "Mend the file, or take it from where it was published.",
        )

    def unknown(self, key: str, known: Iterable[str]) -> InputError:
        """Return the error for a field that should not be there."""
        return InputError(f"{self.place(key)} is not known.", f"Known are {', '.join(known)}.")

    def _bounded(self, name: str) -> str:
        if len(name) > NAME_LENGTH:
            raise InputError(
                f"{self._where}: the name {clip(name)} has {len(name)} characters; "
                f"at most {NAME_LENGTH} are read.",
                "Mend the file, or take it from where it was published.",
            )
        return name

    def _join(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true/false"}
    return kinds.get(type(value), "a number")
