"""Values of tempest.conf and where they come from; those that a user gives are read here."""

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
    """The cloud's own answer: its APIs, its catalogue or the login's token."""

    PROBED = "probed"
    """Tried in the cloud, which does not announce it."""

    DEFAULT = "default"
    """Tempest's own default: the cloud does not announce it, so that a test decides."""

    GUESSED = "guessed"
    """Chosen here, unlike Tempest's own default; the cloud does not announce it."""

    USER = "user"


UNANNOUNCED_ORIGINS = (ValueOrigin.DEFAULT, ValueOrigin.GUESSED)
"""Origins of values of which the cloud itself told nothing."""


@dataclass(frozen=True, slots=True)
class OptionValue:
    """A value of an option."""

    text: str
    origin: ValueOrigin
    reason: str
    """What announced it, or why it is this."""

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
    """Return a value that was tried in the cloud."""
    return OptionValue(_render_text(value), ValueOrigin.PROBED, reason)


def default_value(value: object, reason: str) -> OptionValue:
    """Return Tempest's own default of an option that the cloud does not announce."""
    return OptionValue(_render_text(value), ValueOrigin.DEFAULT, reason)


def guessed_value(value: object, reason: str) -> OptionValue:
    """Return a value that is neither announced nor Tempest's own default."""
    return OptionValue(_render_text(value), ValueOrigin.GUESSED, reason)


def user_value(value: object, reason: str) -> OptionValue:
    """Return a value that a user gave."""
    return OptionValue(_render_text(value), ValueOrigin.USER, reason)


def _render_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return str(value)


def merge_values(values: Values, more: Mapping[str, Mapping[str, OptionValue]]) -> None:
    """Take `more` into `values`; a user's value stays whatever else is found."""
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
    """Return the values of `section.key=value` words; raise `InputError` where one is none.

    What stands behind the first = is the value as Tempest gets it: quotes, blanks
    and $ mean nothing.
    """
    values: Values = {}
    for word in words:
        found = SETTING.fullmatch(word)
        if found is None:
            # It may hold a password, so that only what stands before = is quoted.
            raise InputError(
                f"--set {word.partition('=')[0]} is not section.key=value.",
                "Write for example --set compute.image_ref=ID, without blanks around =; "
                "an empty value is allowed.",
            )
        section, key, value = found.groups()
        if "\n" in value or "\r" in value:
            raise InputError(f"--set {section}.{key} has several lines.", "Give it one line.")
        values.setdefault(normalize_section(section), {})[key] = user_value(value, "--set")
    PROCESS_SECRETS.add_from_document(extract_texts(values))
    return values


def redact_settings(words: Iterable[str]) -> list[str]:
    """Return `section.key=value` words as a record may keep them, secret values as `***`."""
    return [
        f"{section}.{key}={value}"
        for section, options in tempest_conf.redact_secrets(
            extract_texts(parse_settings(words))
        ).items()
        for key, value in options.items()
    ]


def load_template(path: Path) -> tuple[Values, str]:
    """Return the values of a user's tempest.conf, and its text.

    Raises `InputError` where it is none.
    """
    text = tempest_conf.read_conf_text(path)
    sections = tempest_conf.parse_conf_text(text, str(path))
    tempest_conf.locate_files(sections, path)
    values = {
        section: {key: user_value(value, f"template {path.name}") for key, value in options.items()}
        for section, options in sections.items()
    }
    return values, text
