"""Whether a run can go on with the cloud, the Tempest and the settings that are there now."""

from dataclasses import replace

from defcheck.cloud.addresses import same_keystone
from defcheck.cloud.tempestconf import Configuration, redact
from defcheck.errors import InputError
from defcheck.runner.preparation import Request
from defcheck.runner.record import Record
from defcheck.tempest import installed
from defcheck.tempest.conf_file import Sections, parse_conf
from defcheck.tempest.installed import InstalledTempest

ANEW = "A run goes on only with what it began with; else begin a new one."

LOGIN = ("identity", "auth")
"""Sections in which nothing may differ: which cloud, and as whom."""

ACCOUNTS = ("auth", "test_accounts_file")
"""Where the user's accounts lie; the file may have been moved."""

ADDRESS = ("identity", "uri_v3")
"""Where Keystone is, which may be spelt in several ways."""


def require_files(record: Record, request: Request) -> None:
    """Raise `InputError` where files with passwords, which no run keeps, are not named again."""
    missing = [option for option in record.files if option not in request.files]
    if missing:
        raise InputError(
            f"The run was made with {' and '.join(missing)}; a run keeps no file with passwords.",
            f"Name the same again: {' '.join(f'{option} FILE' for option in missing)}.",
        )
    added = [option for option in request.files if option not in record.files]
    if added:
        raise InputError(f"The run was made without {' and '.join(added)}.", ANEW)


def refuse_other_tempest(record: Record, tempest: InstalledTempest, files: list[str] | str) -> None:
    """Raise `InputError` where another Tempest is installed than the one that ran."""
    if tempest.version != record.tempest:
        raise InputError(
            f"The run was made with Tempest {record.tempest}, {tempest.version} is installed.", ANEW
        )
    if installed.plugins(tempest) != record.tempest_plugins:
        raise InputError("The plugins of Tempest are not those of the run.", ANEW)
    if files != record.tempest_files:
        raise InputError(
            "The files of the installed Tempest are not those that the run was made with: they "
            f"were {_said(record.tempest_files)} and are {_said(files)}.",
            ANEW,
        )


def _said(files: list[str] | str) -> str:
    return files if isinstance(files, str) else f"changed ({', '.join(files[:3])})"


def refuse_other_cloud(record: Record, cloud: dict[str, str], credentials: str) -> None:
    """Raise `InputError` where the cloud or the kind of users is another one than the run's."""
    same = {
        "auth_url": same_keystone(cloud["auth_url"], record.cloud["auth_url"]),
        "region": cloud["region"] == record.cloud["region"],
    }
    for key, name in (("auth_url", "address"), ("region", "region")):
        if not same[key]:
            raise InputError(
                f"The run was made against {name} {record.cloud[key] or '(none)'}, "
                f"cloud {record.cloud['name'] or 'of the tempest.conf'} now has "
                f"{cloud[key] or '(none)'}.",
                ANEW,
            )
    if credentials != record.credentials:
        raise InputError(
            f"The users of the run were: {record.credentials}; now they would be: {credentials}.",
            ANEW,
        )


def _is_respelt(section: str, key: str, old: str, new: str) -> bool:
    """Return whether only the spelling of Keystone's address is another one now."""
    return (section, key) == ADDRESS and "***" not in old and same_keystone(old, new)


def as_before(kept: str, fresh: Configuration, request: Request) -> Configuration:
    """Return the configuration that a run began with: what it kept, the secrets from `fresh`.

    What a cloud says of itself may have changed meanwhile, for example its
    smallest image; the tests go on with what they began with. Raises
    `InputError` where the login or a file of the user's differs.
    """
    before = parse_conf(kept, "The run's tempest.conf")
    now = redact(fresh.sections)
    sections: Sections = {}
    for section, key in sorted(
        {(section, key) for one in (before, now) for section, keys in one.items() for key in keys}
    ):
        old, new = before.get(section, {}).get(key), now.get(section, {}).get(key)
        differs = old != new and (section, key) != ACCOUNTS
        strict = request.tempest_conf or section in LOGIN or "***" in (old or "")
        if differs and strict and not _is_respelt(section, key, old or "", new or ""):
            raise InputError(
                f"{request.tempest_conf or 'The tempest.conf for this cloud'} is not as it was "
                f"when the run began: [{section}] {key} differs.",
                ANEW,
            )
        value = old if differs else fresh.sections[section][key]
        if value is not None:
            sections.setdefault(section, {})[key] = value
    return replace(fresh, sections=sections)
