"""The logins to look with for what a run left behind, when the run itself is over."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from defcheck.cloud import connection, tempestconf, trust
from defcheck.cloud.accounts import check_accounts
from defcheck.cloud.accounts.entries import accounts
from defcheck.cloud.accounts.logins import log_in
from defcheck.cloud.addresses import same_keystone
from defcheck.cloud.connection import Cloud
from defcheck.cloud.logins import Login, of_cloud, of_configuration, of_entries
from defcheck.cloud.regions import move_to_region
from defcheck.errors import InputError
from defcheck.files import clip
from defcheck.runner.pooled import files_of_users
from defcheck.runner.record import Record


@dataclass(frozen=True, slots=True)
class Given:
    """What a user names: a run directory, and perhaps the files of its users."""

    run: Path
    accounts: Path | None = None
    tempest_conf: Path | None = None
    clouds_files: tuple[Path, ...] = ()
    """clouds.yaml files to look into besides the usual ones."""

    cacert: Path | None = None
    """Authorities to trust in place of those that clouds.yaml or tempest.conf names."""


def find_logins(given: Given, record: Record, say: Callable[[str], None]) -> tuple[Login, ...]:
    """Return the logins to look with; where the cloud is, only the user's own files say.

    An address in a run directory is not trusted with a password: others may
    have written it.
    """
    if given.tempest_conf is not None:
        configuration = tempestconf.from_file(given.tempest_conf, given.accounts)
        trust.trust(configuration.sections, given.cacert)
        address = configuration.sections["identity"]["uri_v3"]
        _require_same_cloud(str(given.tempest_conf), address, record)
        identity = configuration.sections["identity"]
        identity["region"] = identity.get("region") or record.cloud["region"]
        return of_configuration(configuration)
    name = record.cloud["name"]
    if not name:
        raise InputError(
            "The run was made with a tempest.conf alone; run.json names no cloud.",
            "Name the tempest.conf with --tempest-conf.",
        )
    say(f"Logging in to cloud {clip(name)}")
    cloud = connection.connect(name, given.clouds_files, given.cacert)
    _require_same_cloud(f"cloud {name} of clouds.yaml", cloud.auth_url, record)
    if record.cloud["cpid"] and cloud.cpid != record.cloud["cpid"]:
        raise InputError(
            f"Cloud {name} is another one than the run's: its provider id is {cloud.cpid}, "
            f"then it was {clip(record.cloud['cpid'])}.",
            "A cloud that was set up anew holds nothing of the run.",
        )
    region = record.cloud["region"]
    if region and region != cloud.region:  # clouds.yaml chooses none, or another one by now
        cloud = move_to_region(cloud, region)
    if given.accounts is not None:
        return tuple(_of_users(check_accounts(given.accounts), cloud))
    if record.credentials == "accounts":
        raise InputError("The run's users came from an accounts file.", "Name it with --accounts.")
    if record.credentials == "as configured":
        raise InputError(
            "The run's users came from a tempest.conf.", "Name it with --tempest-conf."
        )
    return (*of_cloud(cloud), *_own_users(given.run, cloud))


def _own_users(run: Path, cloud: Cloud) -> Iterator[Login]:
    """Yield logins of the users that were created for a run, as far as they are still there.

    An administrator may lack the role to see what they have in Swift.
    """
    for file in files_of_users(run):
        with suppress(InputError):  # a record, or a file that is none of ours
            entries = check_accounts(file)
            tried = log_in(accounts(entries), cloud)
            there = [
                entry
                for entry, login in zip(entries, tried, strict=True)
                if login.unavailable or not login.error
            ]
            yield from _of_users(there, cloud)


def _of_users(entries: list[Mapping[str, Any]], cloud: Cloud) -> Iterator[Login]:
    """Yield the logins of an accounts file to a cloud of clouds.yaml."""
    cert = cloud.connection.session.cert
    return of_entries(entries, _identity(cloud), addressing=cloud.addressing, cert=cert)


def _identity(cloud: Cloud) -> dict[str, str]:
    """Return where Keystone is, as tempest.conf has it."""
    return {
        "uri_v3": cloud.auth_url,
        "ca_certificates_file": cloud.cacert,
        "disable_ssl_certificate_validation": str(not cloud.verify),
    }


def _require_same_cloud(whose: str, address: str, record: Record) -> None:
    expected = record.cloud["auth_url"]
    if not same_keystone(address, expected):
        raise InputError(
            f"The run was against {clip(expected)}, {whose} is at "
            f"{tempestconf.without_login(address)}.",
            "Nothing is deleted in another cloud; name the run's own.",
        )
