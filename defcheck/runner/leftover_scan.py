"""Scan the cloud for leftovers of a run, right after the run or for `cleanup`."""

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
"""Time limit of the scan in seconds, normally and after an interruption."""

EXISTING_CREDENTIALS = ("accounts", "single account")
"""Credentials that exist before and after a run."""


def build_run_claim(directory: RunDirectory, record: RunRecord) -> OwnershipEvidence:
    """Return the evidence of what a run created; raise ValueError if run.json has no valid time."""
    created: dict[str, str] = {}
    accounts: set[str] = set()
    for entry in read_resource_log(directory.path):
        if entry["kind"] == "container":
            account = entry.get("account", "")
            accounts.add(account)
            created[f"{account}/{entry['name']}"] = entry["name"]
            if entry.get("deleted"):
                del created[f"{account}/{entry['name']}"]
        else:
            created[entry["id"]] = entry["name"]
    for removed in read_removed_containers(directory.path):
        created.pop(removed, None)
    began = parse_time(record.inputs.started)
    if began is None:
        raise ValueError("started is not a valid time")
    return OwnershipEvidence(
        prefix=record.inputs.prefix,
        started_at=began,
        ended_at=parse_time(record.outcome.finished),
        interrupted=record.outcome.state != "finished",
        created=created,
        emptied_accounts=frozenset(
            accounts - {entry.split("/")[0] for entry in created if "/" in entry}
        ),
        test_classes=frozenset(_class_name(test) for test in record.inputs.planned),
    )


def _class_name(test: str) -> str:
    """Return the bare name of the class of a test."""
    return strip_scenario(parse_test_name(test).name).split(".")[-2]


def read_removed_containers(folder: Path) -> Iterator[str]:
    """Yield the containers that earlier cleanups deleted, as in `OwnershipEvidence.created`."""
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
    """Write into run.json the leftovers that the `logins` can see.

    An interruption ends the scan, and is raised if the run itself was interrupted
    before: a second Ctrl-C aborts immediately.
    """
    cut = record.outcome.state == "interrupted"
    watcher.say("Scanning for leftovers of the run")
    try:
        seconds = SHORT_SCAN_SECONDS if cut else SCAN_SECONDS
        claim = build_run_claim(directory, record)
        pool = record.history.credentials in EXISTING_CREDENTIALS
        findings = scan_leftovers(logins(), claim, seconds, are_run_users=pool).findings
    except DefcheckError as error:
        findings = LeftoverFindings(unseen=(error.message,))
    except KeyboardInterrupt:
        if cut:
            raise
        watcher.say("The scan was stopped; `defcheck cleanup` scans again")
        return
    watcher.say(_describe_findings(findings))
    record.update_outcome(leftovers=build_leftovers_document(findings))
    with suppress(OSError):  # a full disk, which the run has already reported
        directory.write_record(record)


def _describe_findings(findings: LeftoverFindings) -> str:
    found = len(findings.owned)
    words = f"Leftovers: {found or 'none'}"
    if findings.unseen:
        words += f"; the scan is incomplete: {findings.unseen[0]}"
    return words


def build_leftovers_document(findings: LeftoverFindings) -> dict[str, Any]:
    """Return the findings as in run.json and in the reports."""
    return {
        "at": format_utc_now(),
        "ours": [describe_leftover(one) for one in findings.owned],
        "unproven": [describe_leftover(one) for one in findings.unproven],
        "unseen": list(findings.unseen),
    }


def describe_leftover(leftover: Leftover) -> dict[str, str]:
    """Return the JSON form of a leftover."""
    resource = leftover.resource
    return {
        "kind": resource.kind.value,
        "id": resource.id,
        "name": resource.name or resource.detail,
        "project": resource.project,
        "why": leftover.reason,
    }


@dataclass(frozen=True, slots=True)
class CleanupRequest:
    """What the user specifies: a run directory, and perhaps the files with its users."""

    run: Path
    accounts: Path | None = None
    tempest_conf: Path | None = None
    clouds_files: tuple[Path, ...] = ()
    """clouds.yaml files to search besides the usual ones."""

    cacert: Path | None = None
    """A CA file that replaces the one in clouds.yaml or tempest.conf."""


def find_cleanup_credentials(
    given: CleanupRequest, record: RunRecord, say: Callable[[str], None]
) -> tuple[NamedCredentials, ...]:
    """Return the credentials for the scan; the cloud's address comes from the user's files only.

    A password is never sent to an address from a run directory: somebody else may
    have written it.
    """
    if given.tempest_conf is not None:
        configuration = load_configuration(given.tempest_conf, given.accounts)
        failures.set_trusted_authorities(configuration.sections, given.cacert)
        address = configuration.sections["identity"]["uri_v3"]
        _require_same_cloud(str(given.tempest_conf), address, record)
        identity = configuration.sections["identity"]
        identity["region"] = identity.get("region") or record.inputs.cloud["region"]
        return list_conf_credentials(configuration)
    name = record.inputs.cloud["name"]
    if not name:
        raise InputError(
            "The run used only a tempest.conf, so run.json names no cloud.",
            "Name the tempest.conf by --tempest-conf.",
        )
    say(f"Logging in to cloud {clip_text(name)}")
    cloud = connection.connect_cloud(name, given.clouds_files, given.cacert)
    _require_same_cloud(f"cloud {name} of clouds.yaml", cloud.auth_url, record)
    if record.inputs.cloud["cpid"] and cloud.cpid != record.inputs.cloud["cpid"]:
        raise InputError(
            f"Cloud {name} is not the cloud of the run: its provider id is {cloud.cpid}, "
            f"but the run's was {clip_text(record.inputs.cloud['cpid'])}.",
            "A cloud that was reinstalled contains no leftovers of the run.",
        )
    region = record.inputs.cloud["region"]
    if region and region != cloud.region:  # clouds.yaml chooses none, or another one by now
        cloud = move_to_region(cloud, region)
    if given.accounts is not None:
        return tuple(_log_in_accounts(load_account_entries(given.accounts), cloud))
    if record.history.credentials == "accounts":
        raise InputError("The run's users came from an accounts file.", "Name it by --accounts.")
    if record.history.credentials == "as configured":
        raise InputError("The run's users came from a tempest.conf.", "Name it by --tempest-conf.")
    return (*list_cloud_credentials(cloud), *_log_in_run_users(given.run, cloud))


def _log_in_run_users(run: Path, cloud: Cloud) -> Iterator[NamedCredentials]:
    """Yield credentials of the users that were created for a run and still exist.

    An administrator may lack the role to see their containers in Swift.
    """
    for file in find_user_files(run):
        with suppress(InputError):  # no record, or a file that is not one of defcheck's
            entries = load_account_entries(file)
            tried = log_in_accounts(parse_accounts(entries), cloud)
            there = [
                entry
                for entry, login in zip(entries, tried, strict=True)
                if login.unavailable or not login.error
            ]
            yield from _log_in_accounts(there, cloud)


def _log_in_accounts(entries: list[Mapping[str, Any]], cloud: Cloud) -> Iterator[NamedCredentials]:
    """Yield the credentials of an accounts file for a cloud of clouds.yaml."""
    cert = cloud.connection.session.cert
    return list_account_credentials(
        entries, _build_identity(cloud), endpoint_filter=cloud.endpoint_filter, cert=cert
    )


def _build_identity(cloud: Cloud) -> dict[str, str]:
    """Return the section [identity] of tempest.conf with Keystone's address."""
    return {
        "uri_v3": cloud.auth_url,
        "ca_certificates_file": cloud.cacert,
        "disable_ssl_certificate_validation": str(not cloud.verify),
    }


def _require_same_cloud(whose: str, address: str, record: RunRecord) -> None:
    expected = record.inputs.cloud["auth_url"]
    if not is_same_keystone(address, expected):
        raise InputError(
            f"The run used {clip_text(expected)}, but {whose} is at {strip_url_login(address)}.",
            "Name the cloud of the run: cleanup deletes nothing in another cloud.",
        )


CLEANUP_SCAN_SECONDS, DELETE_SECONDS = 300.0, 900.0
MAX_CLEANUPS = 1000


@dataclass(frozen=True, slots=True)
class RunCleanup:
    """The cleanup after one run."""

    directory: RunDirectory
    record: RunRecord
    claim: OwnershipEvidence
    logins: tuple[NamedCredentials, ...]
    say: Callable[[str], None]

    @classmethod
    def prepare_cleanup(cls, request: CleanupRequest, say: Callable[[str], None]) -> "RunCleanup":
        """Read the run's record and find the credentials for the scan.

        Raises `InputError` if nothing can be proved, the run is still in progress,
        or the cloud is not the run's; `UnusableError` where the
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
                f"{request.run}/run.json has no valid times or tests.",
                "Name a run directory that was not edited.",
            ) from error
        require_evidence(claim)
        return cls(directory, record, claim, find_cleanup_credentials(request, record, say), say)

    def scan_leftovers(self, *, adopting: bool = False) -> ScanResult:
        """Scan for leftovers; with `adopting` also log in as the run's users if needed."""
        self.say("Scanning for leftovers of the run")
        pool = self.record.history.credentials in EXISTING_CREDENTIALS
        return scan_leftovers(
            self.logins, self.claim, CLEANUP_SCAN_SECONDS, are_run_users=pool, as_run_users=adopting
        )

    def delete_leftovers(self, seen: ScanResult) -> Iterator[DeletionOutcome]:
        """Delete what was found; yield each outcome."""
        return delete_leftovers(seen, self.claim, DELETE_SECONDS, self.say)

    def find_account_files(self) -> list[Path]:
        """Return the accounts files of the run's users that may still exist."""
        files = find_user_files(self.directory.path)
        return [file for file in files if record_path(file) in files]

    def delete_user_files(self) -> None:
        """Delete the accounts files of users that were created for the run and are gone now."""
        for file in find_user_files(self.directory.path):
            file.unlink(missing_ok=True)

    def write_document(self, document: Mapping[str, Any]) -> Path:
        """Write the outcome next to the run's record, which stays unchanged; return the path."""
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
