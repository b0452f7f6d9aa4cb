"""Scan for what a run left behind in the cloud, right after the run or for `cleanup`."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from defcheck.cloud import connection, failures
from defcheck.cloud.accounts import load_account_entries
from defcheck.cloud.accounts.accounts_file import parse_accounts
from defcheck.cloud.accounts.credentials import log_in_accounts
from defcheck.cloud.accounts.resources import record_path
from defcheck.cloud.cleanup.deletion import DeletionOutcome, delete_leftovers
from defcheck.cloud.cleanup.ownership import (
    Leftover,
    LeftoverFindings,
    OwnershipEvidence,
    ResourceKind,
    require_evidence,
)
from defcheck.cloud.cleanup.scan import ScanResult, scan_leftovers
from defcheck.cloud.connection import Cloud, is_same_keystone
from defcheck.cloud.regions import move_to_region
from defcheck.cloud.tempest_conf import (
    NamedCredentials,
    list_account_credentials,
    list_cloud_credentials,
    list_conf_credentials,
    load_configuration,
    strip_url_login,
)
from defcheck.errors import DefcheckError, InputError
from defcheck.guideline.matching import parse_test_name, strip_scenario
from defcheck.runner.journal import RunJournal, read_resource_log
from defcheck.runner.preparation import RunObserver
from defcheck.runner.record import RunRecord, format_utc_now
from defcheck.runner.run_directory import RunDirectory
from defcheck.runner.user_pool import find_user_files
from defcheck.util.concurrency import wait_for_writer
from defcheck.util.files import clip_text, write_new
from defcheck.util.text import parse_time

SCAN_SECONDS, SHORT_SCAN_SECONDS = 20.0, 8.0
"""How long the look may take, and after an interruption."""

EXISTING_CREDENTIALS = ("accounts", "single account")
"""Credentials that are there before and after a run."""


def build_run_claim(directory: RunDirectory, record: RunRecord) -> OwnershipEvidence:
    """Return by what a run knows its own; ValueError where run.json tells no time."""
    made: dict[str, str] = {}
    accounts: set[str] = set()
    for entry in read_resource_log(directory.path):
        if entry["kind"] == "container":
            account = entry.get("account", "")
            accounts.add(account)
            made[f"{account}/{entry['name']}"] = entry["name"]
            if entry.get("deleted"):
                del made[f"{account}/{entry['name']}"]
        else:
            made[entry["id"]] = entry["name"]
    for removed in read_removed_containers(directory.path):
        made.pop(removed, None)
    began = parse_time(record.started)
    if began is None:
        raise ValueError("started is no time")
    return OwnershipEvidence(
        prefix=record.prefix,
        started_at=began,
        ended_at=parse_time(record.finished),
        interrupted=record.state != "finished",
        created=made,
        emptied_accounts=frozenset(
            accounts - {entry.split("/")[0] for entry in made if "/" in entry}
        ),
        test_classes=frozenset(_class_name(test) for test in record.planned),
    )


def _class_name(test: str) -> str:
    """Return the bare name of the class of a test."""
    return strip_scenario(parse_test_name(test).name).split(".")[-2]


def read_removed_containers(folder: Path) -> Iterator[str]:
    """Yield the containers that earlier cleanups of a run deleted, as `Claim.made` has them."""
    for file in folder.glob("cleanup-*.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            for one in json.loads(file.read_bytes())["ours"]:
                if one["kind"] == ResourceKind.CONTAINER and one["state"] == "removed":
                    yield one["id"]


def scan_after_run(
    directory: RunDirectory,
    record: RunRecord,
    logins: Callable[[], tuple[NamedCredentials, ...]],
    watcher: RunObserver,
) -> None:
    """Write into run.json what the run left behind, as far as its `logins` see.

    Being interrupted ends the look, and raises where the run itself had been
    interrupted before: who asks twice wants to go at once.
    """
    cut = record.state == "interrupted"
    watcher.say("Looking for what the run left behind")
    try:
        seconds = SHORT_SCAN_SECONDS if cut else SCAN_SECONDS
        claim = build_run_claim(directory, record)
        pool = record.credentials in EXISTING_CREDENTIALS
        findings = scan_leftovers(logins(), claim, seconds, are_run_users=pool).findings
    except DefcheckError as error:
        findings = LeftoverFindings(unseen=(error.message,))
    except KeyboardInterrupt:
        if cut:
            raise
        watcher.say("Not looked to the end; `defcheck cleanup` does")
        return
    watcher.say(_describe_findings(findings))
    record.leftovers = build_leftovers_document(findings)
    with suppress(OSError):  # a full disk, of which the run has told
        directory.write_record(record)


def _describe_findings(findings: LeftoverFindings) -> str:
    found = len(findings.owned)
    words = f"Left behind: {found or 'nothing'}"
    if findings.unseen:
        words += f"; not all could be seen: {findings.unseen[0]}"
    return words


def build_leftovers_document(findings: LeftoverFindings) -> dict[str, Any]:
    """Return what was found as run.json and the reports have it."""
    return {
        "at": format_utc_now(),
        "ours": [describe_leftover(one) for one in findings.owned],
        "unproven": [describe_leftover(one) for one in findings.unproven],
        "unseen": list(findings.unseen),
    }


def describe_leftover(leftover: Leftover) -> dict[str, str]:
    """Return what is told of a leftover."""
    thing = leftover.resource
    return {
        "kind": thing.kind.value,
        "id": thing.id,
        "name": thing.name or thing.detail,
        "project": thing.project,
        "why": leftover.reason,
    }


@dataclass(frozen=True, slots=True)
class CleanupRequest:
    """What a user names: a run directory, and perhaps the files of its users."""

    run: Path
    accounts: Path | None = None
    tempest_conf: Path | None = None
    clouds_files: tuple[Path, ...] = ()
    """clouds.yaml files to look into besides the usual ones."""

    cacert: Path | None = None
    """Authorities to trust in place of those that clouds.yaml or tempest.conf names."""


def find_cleanup_credentials(
    given: CleanupRequest, record: RunRecord, say: Callable[[str], None]
) -> tuple[NamedCredentials, ...]:
    """Return the logins to look with; where the cloud is, only the user's own files say.

    An address in a run directory is not trusted with a password: others may
    have written it.
    """
    if given.tempest_conf is not None:
        configuration = load_configuration(given.tempest_conf, given.accounts)
        failures.set_trusted_authorities(configuration.sections, given.cacert)
        address = configuration.sections["identity"]["uri_v3"]
        _require_same_cloud(str(given.tempest_conf), address, record)
        identity = configuration.sections["identity"]
        identity["region"] = identity.get("region") or record.cloud["region"]
        return list_conf_credentials(configuration)
    name = record.cloud["name"]
    if not name:
        raise InputError(
            "The run was made with a tempest.conf alone; run.json names no cloud.",
            "Name the tempest.conf with --tempest-conf.",
        )
    say(f"Logging in to cloud {clip_text(name)}")
    cloud = connection.connect_cloud(name, given.clouds_files, given.cacert)
    _require_same_cloud(f"cloud {name} of clouds.yaml", cloud.auth_url, record)
    if record.cloud["cpid"] and cloud.cpid != record.cloud["cpid"]:
        raise InputError(
            f"Cloud {name} is another one than the run's: its provider id is {cloud.cpid}, "
            f"then it was {clip_text(record.cloud['cpid'])}.",
            "A cloud that was set up anew holds nothing of the run.",
        )
    region = record.cloud["region"]
    if region and region != cloud.region:  # clouds.yaml chooses none, or another one by now
        cloud = move_to_region(cloud, region)
    if given.accounts is not None:
        return tuple(_log_in_accounts(load_account_entries(given.accounts), cloud))
    if record.credentials == "accounts":
        raise InputError("The run's users came from an accounts file.", "Name it with --accounts.")
    if record.credentials == "as configured":
        raise InputError(
            "The run's users came from a tempest.conf.", "Name it with --tempest-conf."
        )
    return (*list_cloud_credentials(cloud), *_log_in_run_users(given.run, cloud))


def _log_in_run_users(run: Path, cloud: Cloud) -> Iterator[NamedCredentials]:
    """Yield logins of the users that were created for a run, as far as they are still there.

    An administrator may lack the role to see what they have in Swift.
    """
    for file in find_user_files(run):
        with suppress(InputError):  # a record, or a file that is none of ours
            entries = load_account_entries(file)
            tried = log_in_accounts(parse_accounts(entries), cloud)
            there = [
                entry
                for entry, login in zip(entries, tried, strict=True)
                if login.unavailable or not login.error
            ]
            yield from _log_in_accounts(there, cloud)


def _log_in_accounts(entries: list[Mapping[str, Any]], cloud: Cloud) -> Iterator[NamedCredentials]:
    """Yield the logins of an accounts file to a cloud of clouds.yaml."""
    cert = cloud.connection.session.cert
    return list_account_credentials(
        entries, _build_identity(cloud), endpoint_filter=cloud.endpoint_filter, cert=cert
    )


def _build_identity(cloud: Cloud) -> dict[str, str]:
    """Return where Keystone is, as tempest.conf has it."""
    return {
        "uri_v3": cloud.auth_url,
        "ca_certificates_file": cloud.cacert,
        "disable_ssl_certificate_validation": str(not cloud.verify),
    }


def _require_same_cloud(whose: str, address: str, record: RunRecord) -> None:
    expected = record.cloud["auth_url"]
    if not is_same_keystone(address, expected):
        raise InputError(
            f"The run was against {clip_text(expected)}, {whose} is at {strip_url_login(address)}.",
            "Nothing is deleted in another cloud; name the run's own.",
        )


CLEANUP_SCAN_SECONDS, DELETE_SECONDS = 300.0, 900.0
MAX_CLEANUPS = 1000


@dataclass(frozen=True, slots=True)
class RunCleanup:
    """What is needed to clean up after one run."""

    directory: RunDirectory
    record: RunRecord
    claim: OwnershipEvidence
    logins: tuple[NamedCredentials, ...]
    say: Callable[[str], None]

    @classmethod
    def prepare_cleanup(cls, request: CleanupRequest, say: Callable[[str], None]) -> "RunCleanup":
        """Read the run's record and find the logins to look with.

        Raises `InputError` where nothing can be proved, the run still goes on,
        or the cloud is another one than the run's; `UnusableError` where the
        cloud refuses the login.
        """
        directory = RunDirectory(request.run)
        directory.read_record()
        directory.lock_for_writing()
        wait_for_writer(directory.raw_results)
        record = directory.read_record()
        try:
            claim = build_run_claim(directory, record)
        except (ValueError, IndexError) as error:
            raise InputError(
                f"{request.run}/run.json tells no times or tests as defcheck writes them.",
                "Name a run directory that was not edited.",
            ) from error
        require_evidence(claim)
        return cls(directory, record, claim, find_cleanup_credentials(request, record, say), say)

    def scan_leftovers(self, *, adopting: bool = False) -> ScanResult:
        """Look for what is the run's own, `adopting` its users where nothing else shows it."""
        self.say("Looking for what the run left behind")
        pool = self.record.credentials in EXISTING_CREDENTIALS
        return scan_leftovers(
            self.logins, self.claim, CLEANUP_SCAN_SECONDS, are_run_users=pool, as_run_users=adopting
        )

    def delete_leftovers(self, seen: ScanResult) -> Iterator[DeletionOutcome]:
        """Delete what was found; yield what became of each."""
        return delete_leftovers(seen, self.claim, DELETE_SECONDS, self.say)

    def find_account_files(self) -> list[Path]:
        """Return the accounts files of users of the run that are perhaps still there."""
        files = find_user_files(self.directory.path)
        return [file for file in files if record_path(file) in files]

    def delete_user_files(self) -> None:
        """Delete the files of users that were made for the run, and that are gone now."""
        for file in find_user_files(self.directory.path):
            file.unlink(missing_ok=True)

    def write_document(self, document: Mapping[str, Any]) -> Path:
        """Keep what was done beside the run's record, which stays as it is; return where."""
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for number in range(1, MAX_CLEANUPS):
            path = self.directory.path / f"cleanup-{number}.json"
            if not path.exists():
                break
        write_new(path, text)
        removed = sum(one["state"] == "removed" for one in document["ours"])
        with RunJournal(self.directory.path) as journal:
            journal.add_entry(
                cleanup=path.name, removed=removed, remained=len(document["ours"]) - removed
            )
        return path
