"""Clean up after a run: who may look, what is found, what was removed."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from defcheck.cloud import connection, tempestconf
from defcheck.cloud.accounts import check_accounts
from defcheck.cloud.accounts.record import record_path
from defcheck.cloud.connection import Cloud
from defcheck.cloud.leftovers.look import Seen, look
from defcheck.cloud.leftovers.model import Claim
from defcheck.cloud.leftovers.proof import require_claim
from defcheck.cloud.leftovers.removal import Outcome, remove
from defcheck.cloud.logins import Login, of_cloud, of_configuration, of_entries
from defcheck.errors import InputError
from defcheck.files import clip, write_new
from defcheck.runner.aftermath import POOLS, claim_of
from defcheck.runner.directory import RunDirectory
from defcheck.runner.journal import Journal
from defcheck.runner.lock import wait_for_writer
from defcheck.runner.pooled import accounts_path
from defcheck.runner.record import Record

LOOK_SECONDS, DELETE_SECONDS = 300.0, 900.0
MOST_CLEANUPS = 1000


@dataclass(frozen=True, slots=True)
class Given:
    """What a user names: a run directory, and perhaps the files of its users."""

    run: Path
    accounts: Path | None = None
    tempest_conf: Path | None = None
    clouds_files: tuple[Path, ...] = ()
    """clouds.yaml files to look into besides the usual ones."""


@dataclass(frozen=True, slots=True)
class Cleanup:
    """What is needed to clean up after one run."""

    directory: RunDirectory
    record: Record
    claim: Claim
    logins: tuple[Login, ...]
    say: Callable[[str], None]

    @classmethod
    def begin(cls, given: Given, say: Callable[[str], None]) -> "Cleanup":
        """Read the run's record and find the logins to look with.

        Raises `InputError` where nothing can be proved, the run still goes on,
        or the cloud is another one than the run's; `UnusableError` where the
        cloud refuses the login.
        """
        directory = RunDirectory(given.run)
        directory.read_record()
        directory.hold()
        wait_for_writer(directory.raw_results)
        record = directory.read_record()
        try:
            claim = claim_of(directory, record)
        except (ValueError, IndexError) as error:
            raise InputError(
                f"{given.run}/run.json tells no times or tests as defcheck writes them.",
                "Name a run directory that was not edited.",
            ) from error
        require_claim(claim)
        return cls(directory, record, claim, _logins(given, record, say), say)

    def look(self) -> Seen:
        """Look for what is the run's own."""
        self.say("Looking for what the run left behind")
        pool = self.record.credentials in POOLS
        return look(self.logins, self.claim, LOOK_SECONDS, pool=pool)

    def remove(self, seen: Seen) -> Iterator[Outcome]:
        """Delete what was found; yield what became of each."""
        return remove(seen, self.claim, DELETE_SECONDS, self.say)

    def forget_users(self) -> None:
        """Delete the files of users that were made for the run, and that are gone now."""
        path = accounts_path(self.directory.path)
        for file in (path, record_path(path)):
            file.unlink(missing_ok=True)

    def write(self, document: Mapping[str, Any]) -> Path:
        """Keep what was done beside the run's record, which stays as it is; return where."""
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for number in range(1, MOST_CLEANUPS):
            path = self.directory.path / f"cleanup-{number}.json"
            if not path.exists():
                break
        write_new(path, text)
        removed = sum(one["state"] == "removed" for one in document["ours"])
        with Journal(self.directory.path) as journal:
            journal.note(
                cleanup=path.name, removed=removed, remained=len(document["ours"]) - removed
            )
        return path


def _logins(given: Given, record: Record, say: Callable[[str], None]) -> tuple[Login, ...]:
    """Return the logins to look with; where the cloud is, only the user's own files say.

    An address in a run directory is not trusted with a password: others may
    have written it.
    """
    if given.tempest_conf is not None:
        configuration = tempestconf.from_file(given.tempest_conf, given.accounts)
        address = configuration.sections["identity"].get("uri_v3", "")
        _require_same_cloud(str(given.tempest_conf), address, record)
        return of_configuration(configuration)
    name = record.cloud["name"]
    if not name:
        raise InputError(
            "The run was made with a tempest.conf alone; run.json names no cloud.",
            "Name the tempest.conf with --tempest-conf.",
        )
    say(f"Cloud {clip(name)}: logging in")
    cloud = connection.connect(name, given.clouds_files)
    _require_same_cloud(f"cloud {name} of clouds.yaml", cloud.auth_url, record)
    if record.cloud["cpid"] and cloud.cpid != record.cloud["cpid"]:
        raise InputError(
            f"Cloud {name} is another one than the run's: its provider id is {cloud.cpid}, "
            f"then it was {clip(record.cloud['cpid'])}.",
            "A cloud that was set up anew holds nothing of the run.",
        )
    if given.accounts is not None:
        return tuple(of_entries(check_accounts(given.accounts), _identity(cloud)))
    if record.credentials == "accounts":
        raise InputError("The run's users came from an accounts file.", "Name it with --accounts.")
    if record.credentials == "as configured":
        raise InputError(
            "The run's users came from a tempest.conf.", "Name it with --tempest-conf."
        )
    return of_cloud(cloud)


def _identity(cloud: Cloud) -> dict[str, str]:
    """Return where Keystone is, as tempest.conf has it."""
    return {
        "uri_v3": cloud.auth_url,
        "region": cloud.region,
        "ca_certificates_file": cloud.cacert,
        "disable_ssl_certificate_validation": str(not cloud.verify),
    }


def _require_same_cloud(whose: str, address: str, record: Record) -> None:
    expected = record.cloud["auth_url"]
    if _place(tempestconf.without_login(address)) != _place(expected):
        raise InputError(
            f"The run was against {clip(expected)}, {whose} is at "
            f"{tempestconf.without_login(address)}.",
            "Nothing is deleted in another cloud; name the run's own.",
        )


def _place(address: str) -> tuple[str, str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc, parts.path.rstrip("/").removesuffix("/v3")
