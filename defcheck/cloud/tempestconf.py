"""Read, write and redact tempest.conf."""

import configparser
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts.entries import check_accounts
from defcheck.errors import InputError
from defcheck.secrecy import PROCESS

SECRET_OPTION = re.compile(r"pass|secret|token|credential|(^|_)key$", re.IGNORECASE)
LOGIN_IN_URL = re.compile(r"(?<=://)[^/@\s]+(?=@)")

HARMLESS = ("", "true", "false", "True", "False")
"""Values that tell nothing: switches such as use_dynamic_credentials stay readable."""

Sections = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Configuration:
    """A tempest.conf in the making, and how Tempest gets its users."""

    sections: Sections
    credentials: str
    """dynamic, accounts, single account or as configured."""

    accounts: tuple[Mapping[str, Any], ...] = ()
    """Entries for an accounts file that defcheck has to write itself."""

    comments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What stands above options: where their values come from."""


def from_file(path: Path, accounts_file: Path | None) -> Configuration:
    """Take a tempest.conf of the user's as it stands, but for the accounts."""
    sections = read(path)
    if "identity" not in sections:
        raise InputError(
            f"{path} has no section [identity].", "Name a tempest.conf with --tempest-conf."
        )
    identity = sections["identity"]
    if identity.get("ca_certificates_file"):
        identity["ca_certificates_file"] = _beside(path, identity["ca_certificates_file"])
    auth = sections.setdefault("auth", {})
    if accounts_file is not None:
        check_accounts(accounts_file)
        auth["use_dynamic_credentials"] = "false"
        auth["test_accounts_file"] = str(accounts_file.resolve())
        return Configuration(sections, "accounts")
    if "test_accounts_file" in auth:
        auth["test_accounts_file"] = _beside(path, auth["test_accounts_file"])
        return Configuration(sections, "accounts")
    return Configuration(sections, "as configured")


def read(path: Path) -> Sections:
    """Return the sections of a tempest.conf; raise `InputError` where it is none."""
    parser = _parser()
    try:
        parser.read_string(path.read_text(encoding="utf-8"), source=str(path))
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}.", "Name a tempest.conf with --tempest-conf."
        ) from error
    except configparser.Error as error:
        # Its words quote the line, which may hold a password.
        lines = [number for number, _ in getattr(error, "errors", ())]
        number = lines[0] if lines else getattr(error, "lineno", "?")
        raise InputError(
            f"{path} is not a tempest.conf: line {number} cannot be read.", "Mend the file."
        ) from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not a tempest.conf: it is not UTF-8.", "Mend the file."
        ) from error
    return _sections(parser)


def parse(text: str) -> Sections:
    """Return the sections of a text that `render` made."""
    parser = _parser()
    parser.read_string(text)
    return _sections(parser)


def _sections(parser: configparser.RawConfigParser) -> Sections:
    sections: Sections = {name: dict(parser.items(name)) for name in parser.sections()}
    if parser.defaults():
        sections["DEFAULT"] = dict(parser.defaults())
        for name in parser.sections():
            sections[name] = {
                key: value
                for key, value in sections[name].items()
                if parser.defaults().get(key) != value
            }
    PROCESS.learn_from(sections)
    return sections


def render(
    sections: Mapping[str, Mapping[str, str]],
    comments: Mapping[str, Mapping[str, str]] | None = None,
) -> str:
    """Return the text of a tempest.conf, with comments above the options that have any."""
    lines = []
    for name, options in sections.items():
        lines.append(f"[{name}]")
        for key, value in options.items():
            comment = (comments or {}).get(name, {}).get(key)
            if comment:
                lines.append(f"# {comment}")
            # A value of several lines goes on where the next one is indented.
            lines.append(f"{key} = {value}".replace("\n", "\n\t").rstrip(" "))
        lines.append("")
    return "\n".join(lines) + "\n" if lines else ""


def redact(sections: Mapping[str, Mapping[str, str]]) -> Sections:
    """Return the sections with every secret value replaced."""
    return {
        name: {
            key: "***"
            if SECRET_OPTION.search(key) and value not in HARMLESS
            else PROCESS.text(without_login(value))
            for key, value in options.items()
        }
        for name, options in sections.items()
    }


def _beside(path: Path, name: str) -> str:
    """Return where a file named in a tempest.conf lies: relative names are beside it."""
    return str((path.parent / name).resolve())


def without_login(text: str) -> str:
    """Return `text` without user names and passwords in addresses."""
    return LOGIN_IN_URL.sub("***", text)


def _parser() -> configparser.RawConfigParser:
    """Return a parser that keeps the case of options and lets the last of two win."""
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    return parser
