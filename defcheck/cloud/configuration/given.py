"""Values of tempest.conf that a user gives: single ones, or a whole file as a template."""

import re
from collections.abc import Iterable
from pathlib import Path

from defcheck.cloud import tempestconf
from defcheck.cloud.configuration.value import Values, texts, user
from defcheck.errors import InputError

SETTING = re.compile(r"([\w-]+)\.([\w-]+)\s*=(.*)", re.DOTALL)

FILES = {"auth": ("test_accounts_file",), "identity": ("ca_certificates_file",)}
"""Options that name files, which lie beside the template where their names are relative."""


def settings(given: Iterable[str]) -> Values:
    """Return the values of `section.key=value` words; raise `InputError` where one is none."""
    values: Values = {}
    for word in given:
        found = SETTING.fullmatch(word)
        if found is None:
            # It may hold a password, so that only what stands before = is quoted.
            raise InputError(
                f"--set {word.partition('=')[0]} is not section.key=value.",
                "Write for example --set compute.image_ref=ID; an empty value is allowed.",
            )
        section, key, value = found.groups()
        if "\n" in value:
            raise InputError(f"--set {section}.{key} has several lines.", "Give it one line.")
        values.setdefault(section, {})[key] = user(value.strip(), "--set")
    return values


def shown(given: Iterable[str]) -> list[str]:
    """Return `section.key=value` words as a record may keep them, secret values as `***`."""
    return [
        f"{section}.{key}={value}"
        for section, options in tempestconf.redact(texts(settings(given))).items()
        for key, value in options.items()
    ]


def template(path: Path) -> Values:
    """Return the values of a user's tempest.conf; raise `InputError` where it is none."""
    sections = tempestconf.read(path)
    for section, keys in FILES.items():
        for key in keys:
            name = sections.get(section, {}).get(key)
            if name:
                sections[section][key] = str((path.parent / name).resolve())
    return {
        section: {key: user(value, f"template {path.name}") for key, value in options.items()}
        for section, options in sections.items()
    }
