"""Values of tempest.conf with their origins, including those that a user sets."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from defcheck.cloud import tempest_conf
from defcheck.errors import InputError
from defcheck.redaction.redactor import PROCESS_SECRETS
from defcheck.tempest.conf_file import normalize_section
from defcheck.util.text import fold_whitespace


class ValueOrigin(StrEnum):
    """Where a value comes from."""

    ANNOUNCED = "announced"
    """The cloud's own answer: its APIs, its catalogue or the token."""

    PROBED = "probed"
    """Found by a probe, since the cloud does not announce it."""

    DEFAULT = "default"
    """Tempest's default: the cloud does not announce it, so a test decides."""

    GUESSED = "guessed"
    """Chosen here, and not Tempest's default; the cloud does not announce it."""

    USER = "user"


UNANNOUNCED_ORIGINS = (ValueOrigin.DEFAULT, ValueOrigin.GUESSED)
"""Origins of values that the cloud did not announce."""


@dataclass(frozen=True, slots=True)
class OptionValue:
    """A value of an option."""

    text: str
    origin: ValueOrigin
    reason: str
    """What announced it, or why it was chosen."""

    @property
    def comment(self) -> str:
        """The line above the option in a file."""
        return fold_whitespace(f"{self.origin.value}: {self.reason}")


Options = dict[str, OptionValue]
"""Options of a section by name."""

Values = dict[str, Options]
"""All sections."""


def announced_value(value: object, reason: str) -> OptionValue:
    """Return a value that the cloud announces."""
    return OptionValue(_render_text(value), ValueOrigin.ANNOUNCED, reason)


def probed_value(value: object, reason: str) -> OptionValue:
    """Return a value that a probe found in the cloud."""
    return OptionValue(_render_text(value), ValueOrigin.PROBED, reason)


def default_value(value: object, reason: str) -> OptionValue:
    """Return Tempest's default of an option that the cloud does not announce."""
    return OptionValue(_render_text(value), ValueOrigin.DEFAULT, reason)


def guessed_value(value: object, reason: str) -> OptionValue:
    """Return a value that is neither announced nor Tempest's default."""
    return OptionValue(_render_text(value), ValueOrigin.GUESSED, reason)


def user_value(value: object, reason: str) -> OptionValue:
    """Return a value that the user set."""
    return OptionValue(_render_text(value), ValueOrigin.USER, reason)


def _render_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return str(value)


def merge_values(values: Values, more: Mapping[str, Mapping[str, OptionValue]]) -> None:
    """Merge `more` into `values`; values that the user set stay."""
    for section, options in more.items():
        own = values.setdefault(section, {})
        for name, value in options.items():
            if name not in own or own[name].origin is not ValueOrigin.USER:
                own[name] = value


def extract_texts(values: Mapping[str, Mapping[str, OptionValue]]) -> dict[str, dict[str, str]]:
    """Return the values alone."""
    return {
        section: {name: value.text for name, value in options.items()}
        for section, options in values.items()
    }


def extract_comments(values: Mapping[str, Mapping[str, OptionValue]]) -> dict[str, dict[str, str]]:
    """Return the comments alone."""
    return {
        section: {name: value.comment for name, value in options.items()}
        for section, options in values.items()
    }


SETTING = re.compile(r"([\w-]+)\.([\w-]+)=(.*)", re.DOTALL)


def parse_settings(words: Iterable[str]) -> Values:
    """Return the values of `section.key=value` words; raise `InputError` if one is invalid.

    The text after the first = is the value as Tempest gets it: quotes, blanks and $
    have no special meaning.
    """
    values: Values = {}
    for word in words:
        found = SETTING.fullmatch(word)
        if found is None:
            # It may contain a password, so the message quotes only the part before =.
            raise InputError(
                f"--set {word.partition('=')[0]} is not section.key=value.",
                "Write for example --set compute.image_ref=ID, without blanks around =. "
                "The value may be empty.",
            )
        section, key, value = found.groups()
        if "\n" in value or "\r" in value:
            raise InputError(
                f"--set {section}.{key} has a value of several lines.", "Use one line."
            )
        values.setdefault(normalize_section(section), {})[key] = user_value(value, "--set")
    PROCESS_SECRETS.add_from_document(extract_texts(values))
    return values


def redact_settings(words: Iterable[str]) -> list[str]:
    """Return `section.key=value` words for a record, with secret values as `***`."""
    return [
        f"{section}.{key}={value}"
        for section, options in tempest_conf.redact_secrets(
            extract_texts(parse_settings(words))
        ).items()
        for key, value in options.items()
    ]


def load_template(path: Path) -> tuple[Values, str]:
    """Return the values of a user's tempest.conf, and its text.

    Raises `InputError` if it is invalid.
    """
    text = tempest_conf.read_conf_text(path)
    sections = tempest_conf.parse_conf_text(text, str(path))
    tempest_conf.locate_files(sections, path)
    values = {
        section: {key: user_value(value, f"template {path.name}") for key, value in options.items()}
        for section, options in sections.items()
    }
    return values, text
