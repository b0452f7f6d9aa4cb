"""A value of tempest.conf and where it comes from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """Where a value comes from."""

    ANNOUNCED = "announced"
    """The cloud's own answer: its APIs, its catalogue or the login's token."""

    PROBED = "probed"
    """Tried in the cloud, which does not announce it."""

    DEFAULT = "default"
    """Tempest's own default: the cloud does not announce it, so that a test decides."""

    GUESSED = "guessed"
    """Chosen here, unlike Tempest's own default; the cloud does not announce it."""

    USER = "user"


NOT_TOLD = (Origin.DEFAULT, Origin.GUESSED)
"""Origins of values of which the cloud itself told nothing."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of an option."""

    text: str
    origin: Origin
    why: str
    """What announced it, or why it is this."""

    @property
    def comment(self) -> str:
        """The line above the option in a file."""
        return " ".join(f"{self.origin.value}: {self.why}".split())


Options = dict[str, Value]
"""Options of a section by name."""

Values = dict[str, Options]
"""All sections."""


def announced(value: object, why: str) -> Value:
    """Return a value that the cloud announces."""
    return Value(_text(value), Origin.ANNOUNCED, why)


def probed(value: object, why: str) -> Value:
    """Return a value that was tried in the cloud."""
    return Value(_text(value), Origin.PROBED, why)


def default(value: object, why: str) -> Value:
    """Return Tempest's own default of an option that the cloud does not announce."""
    return Value(_text(value), Origin.DEFAULT, why)


def guessed(value: object, why: str) -> Value:
    """Return a value that is neither announced nor Tempest's own default."""
    return Value(_text(value), Origin.GUESSED, why)


def user(value: object, why: str) -> Value:
    """Return a value that a user gave."""
    return Value(_text(value), Origin.USER, why)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return str(value)


def merge(values: Values, more: Mapping[str, Mapping[str, Value]]) -> None:
    """Take `more` into `values`; a user's value stays whatever else is found."""
    for section, options in more.items():
        own = values.setdefault(section, {})
        for name, value in options.items():
            if name not in own or own[name].origin is not Origin.USER:
                own[name] = value


def texts(values: Mapping[str, Mapping[str, Value]]) -> dict[str, dict[str, str]]:
    """Return the values alone."""
    return {
        section: {name: value.text for name, value in options.items()}
        for section, options in values.items()
    }


def comments(values: Mapping[str, Mapping[str, Value]]) -> dict[str, dict[str, str]]:
    """Return the comments alone."""
    return {
        section: {name: value.comment for name, value in options.items()}
        for section, options in values.items()
    }


def shown(names: Iterable[str], most: int = 3) -> str:
    """Return some names for a comment."""
    listed = list(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if listed[most:] else "")
