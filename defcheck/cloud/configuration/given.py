"""Values of tempest.conf that a user gives: single ones, or a whole file as a template."""

import re
from collections.abc import Iterable
from pathlib import Path

from defcheck.cloud import tempestconf
from defcheck.cloud.configuration.value import Values, texts, user
from defcheck.errors import InputError
from defcheck.secrecy import PROCESS
from defcheck.tempest.conf_file import normalize_section

SETTING = re.compile(r"([\w-]+)\.([\w-]+)=(.*)", re.DOTALL)


def settings(given: Iterable[str]) -> Values:
    """Return the values of `section.key=value` words; raise `InputError` where one is none.

    What stands behind the first = is the value as Tempest gets it: quotes, blanks
    and $ mean nothing.
    """
    values: Values = {}
    for word in given:
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
        values.setdefault(normalize_section(section), {})[key] = user(value, "--set")
    PROCESS.learn_from(texts(values))
    return values


def shown(given: Iterable[str]) -> list[str]:
    """Return `section.key=value` words as a record may keep them, secret values as `***`."""
    return [
        f"{section}.{key}={value}"
        for section, options in tempestconf.redact(texts(settings(given))).items()
        for key, value in options.items()
    ]


def template(path: Path) -> tuple[Values, str]:
    """Return the values of a user's tempest.conf, and its text.

    Raises `InputError` where it is none.
    """
    text = tempestconf.read_text(path)
    sections = tempestconf.parse(text, str(path))
    tempestconf.locate_files(sections, path)
    values = {
        section: {key: user(value, f"template {path.name}") for key, value in options.items()}
        for section, options in sections.items()
    }
    return values, text
