"""The tempest.conf of a run: a user's own or one that defcheck writes, and what is kept of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts.entries import DOMAIN, check_accounts
from defcheck.errors import InputError
from defcheck.secrecy import PROCESS
from defcheck.tempest.conf_file import Sections, is_true, parse_conf

SECRET_OPTION = re.compile(r"pass|secret|token|credential|(^|_)key$", re.IGNORECASE)
LOGIN_IN_URL = re.compile(r"(?<=://)[^/@\s]+(?=@)")

HARMLESS = ("", "true", "false", "True", "False")
"""Values that tell nothing: switches such as use_dynamic_credentials stay readable."""

FILES = (
    ("auth", "test_accounts_file"),
    ("identity", "ca_certificates_file"),
    ("image", "images_manifest_file"),
    ("scenario", "img_file"),
    ("DEFAULT", "log_config_append"),
)
"""Options that name a file."""


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

    template: str = ""
    """The text of the user's file that it was made from, whose lines stay where they can."""


def from_file(
    path: Path, accounts_file: Path | None, settings: Mapping[str, Mapping[str, str]] | None = None
) -> Configuration:
    """Take a tempest.conf of the user's with the accounts and settings of the command line.

    Raises `InputError` where it cannot be read or does not say where Keystone is.
    """
    sections = read(path)
    if "identity" not in sections:
        raise InputError(
            f"{path} has no section [identity].", "Name a tempest.conf with --tempest-conf."
        )
    auth = sections.setdefault("auth", {})
    if accounts_file is not None:
        check_accounts(accounts_file)
        auth["use_dynamic_credentials"] = "false"
        auth["test_accounts_file"] = str(accounts_file.resolve())
    for section, options in (settings or {}).items():
        sections.setdefault(section, {}).update(options)
    if not sections["identity"].get("uri_v3"):
        raise InputError(
            f"{path}: [identity] uri_v3 is missing. Tempest reads the address of Keystone there; "
            "uri is for version 2, which no Keystone has any more.",
            "Add it, for example uri_v3 = https://keystone.example.org/v3.",
        )
    locate_files(sections, path)
    return Configuration(sections, "accounts" if find_accounts(sections) else "as configured")


def read(path: Path) -> Sections:
    """Return the values in a tempest.conf; raise `InputError` where it is none."""
    return parse(read_text(path), str(path))


def read_text(path: Path) -> str:
    """Return the text of a tempest.conf; raise `InputError` where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}.", "Name a tempest.conf with --tempest-conf."
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not a tempest.conf: it is not UTF-8.", "Fix the file."
        ) from error


def parse(text: str, name: str) -> Sections:
    """Return the values in the text of a tempest.conf, and learn the secrets among them."""
    sections = parse_conf(text, name)
    PROCESS.learn_from(sections)
    return sections


def find_accounts(sections: Mapping[str, Mapping[str, str]]) -> Path | None:
    """Return the accounts file that Tempest takes its users from, None where it creates them.

    As in Tempest, `use_dynamic_credentials` is on by default and wins.
    """
    auth = sections.get("auth", {})
    name = auth.get("test_accounts_file")
    return Path(name) if name and not is_true(auth.get("use_dynamic_credentials", "true")) else None


def default_domain(sections: Mapping[str, Mapping[str, str]]) -> str:
    """Return the domain of accounts for which an accounts file names none."""
    return sections.get("auth", {}).get("default_credentials_domain_name") or DOMAIN


def locate_files(sections: Sections, conf: Path) -> None:
    """Replace relative names of files by whole ones, since a run's Tempest works elsewhere.

    Tempest takes them from its working directory, which for `ws/etc/tempest.conf`
    is the workspace `ws`. Raises `InputError` where a file that a run cannot do
    without is in none of these places, or different ones are in several.
    """
    folders = [Path.cwd(), *([conf.parent.parent] if conf.parent.name == "etc" else [])]
    folders.append(conf.parent)
    needed = {("identity", "ca_certificates_file")}
    if find_accounts(sections):
        needed.add(("auth", "test_accounts_file"))
    for section, key in FILES:
        name = sections.get(section, {}).get(key)
        if not name or Path(name).is_absolute():
            continue
        places = list(dict.fromkeys((folder / name).resolve() for folder in folders))
        found = [place for place in places if place.is_file()]
        if len(found) == 1:
            sections[section][key] = str(found[0])
        elif (section, key) in needed:
            listed = ", ".join(map(str, found or places))
            raise InputError(
                f"{conf}: [{section}] {key} = {name} is "
                + (f"more than one file: {listed}." if found else f"no file: looked for {listed}."),
                "Write its whole path. Tempest takes a relative one from its working directory, "
                "the workspace.",
            )


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


def without_login(text: str) -> str:
    """Return `text` without user names and passwords in addresses."""
    return LOGIN_IN_URL.sub("***", text)
