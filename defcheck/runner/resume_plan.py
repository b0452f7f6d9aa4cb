"""Which tests an interrupted run still has to run, and whether it may be resumed."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

from defcheck.cloud.connection import is_same_keystone
from defcheck.cloud.tempest_conf import TempestConfiguration, redact_secrets
from defcheck.errors import InputError
from defcheck.guideline.matching import list_owners, parse_test_name
from defcheck.results.models import Outcome, ResultSet
from defcheck.results.non_test_events import FixtureStage, parse_fixture
from defcheck.results.readers.subunit import read_resumed_subunit
from defcheck.results.readers.subunit_packets import Packet, PacketParser, measure_whole_packets
from defcheck.results.worker_listings import Interruption
from defcheck.runner.journal import RESUMED, read_journal
from defcheck.runner.preparation import RunRequest
from defcheck.runner.record import RunRecord
from defcheck.tempest import installed
from defcheck.tempest.conf_file import Sections, parse_conf
from defcheck.tempest.installed import InstalledTempest


@dataclass(frozen=True, slots=True)
class ResumePlan:
    """What exists of a run, and what is missing."""

    whole_bytes: int
    """Bytes of complete packets from the beginning of the results."""

    cut_bytes: bytes
    """Bytes after them: a partial packet, or garbage from a power failure."""

    tests: tuple[str, ...]
    """All planned tests of the classes that did not complete."""


def plan_resume(folder: Path, results: Path, record: RunRecord) -> ResumePlan:
    """Find what is left to run in the directory of a run that is over.

    Raises `InputError` if the results are corrupt before their end: resuming cannot
    repair that.
    """
    data = _read_results(results)
    whole = measure_whole_packets(data)
    rest = data[whole:]
    if any(isinstance(item, Packet) for item in PacketParser(BytesIO(rest))):
        raise InputError(
            f"{results} is corrupt at byte {whole}, with more data after it.",
            "The lost results cannot be restored; start a new run.",
        )
    kept = data[:whole]
    cuts = record.cuts
    found = read_resumed_subunit(BytesIO(kept), cuts)
    finished = _finished_classes(kept, cuts, list(read_journal(folder)))
    ended = _find_ended_tests(record.inputs.planned, found)
    left = {
        get_class_name(test)
        for test in record.inputs.planned
        if test not in ended or get_class_name(test) not in finished
    }
    again = tuple(test for test in record.inputs.planned if get_class_name(test) in left)
    return ResumePlan(whole, rest, again)


def get_class_name(test: str) -> str:
    """Return the dotted name of the class of a test."""
    return next(list_owners(parse_test_name(test).name), "")


def _read_results(results: Path) -> bytes:
    try:
        return results.read_bytes()
    except FileNotFoundError:  # the run was killed before the first packet
        return b""
    except OSError as error:
        raise InputError(
            f"{results} cannot be read: {error.strerror}.", "Fix the run directory."
        ) from error


def _find_ended_tests(planned: Sequence[str], found: ResultSet) -> set[str]:
    """Return the tests that ended, by their own event or one of their class."""
    tests, classes = set(), set()
    for event in found.events:
        fixture = parse_fixture(event)
        if event.outcome is Outcome.UNFINISHED:
            continue
        if fixture is None:
            tests.add(event.name)
        elif fixture.stage is FixtureStage.SET_UP:
            classes.add(fixture.owner)
    return {
        test
        for test in planned
        if test in tests or not classes.isdisjoint(list_owners(parse_test_name(test).name))
    }


def _finished_classes(
    kept: bytes, cuts: Sequence[Interruption], journal: Sequence[dict[str, Any]]
) -> set[str]:
    """Return the classes whose last execution completed.

    The stream lists a class's tests each time that it begins; the journal records
    each end, after all events of the class were synced to disk. So a class that was
    in its tear-down, about which the stream tells nothing, is known to be incomplete.
    """
    bounds = [0, *(cut.offset for cut in cuts), len(kept)]
    begun = [_count_begun_classes(kept[start:stop]) for start, stop in pairwise(bounds)]
    ended: dict[int, Counter[str]] = defaultdict(Counter)
    part = 0
    for entry in journal:
        if entry.get("run") == RESUMED and isinstance(entry.get("number"), int):
            part = entry["number"]
        owner = entry.get("class")
        if isinstance(owner, str) and "lost" not in entry and "late" not in entry:
            ended[part][owner] += 1
    last = {owner: part for part, classes in enumerate(begun) for owner in classes}
    return {owner for owner, part in last.items() if ended[part][owner] >= begun[part][owner]}


def _count_begun_classes(part: bytes) -> Counter[str]:
    """Return how often each class began in a part of the stream."""
    listed = Counter(
        packet.test_id
        for packet in PacketParser(BytesIO(part))
        if isinstance(packet, Packet) and packet.test_id and packet.status == "exists"
    )
    begun: Counter[str] = Counter()
    for test, times in listed.items():
        owner = get_class_name(test)
        begun[owner] = max(begun[owner], times)
    return begun


NEW_RUN_ADVICE = "Resume needs the inputs that the run started with; otherwise start a new run."

LOGIN_SECTIONS = ("identity", "auth")
"""Sections in which no option may differ: they select the cloud and the users."""

ACCOUNTS_OPTION = ("auth", "test_accounts_file")
"""The option with the accounts file, which may have been moved."""

KEYSTONE_OPTION = ("identity", "uri_v3")
"""The options with Keystone's address, which has several spellings."""


def require_files(record: RunRecord, request: RunRequest) -> None:
    """Raise `InputError` if files with passwords, which a run never keeps, are not named again."""
    missing = [option for option in record.inputs.files if option not in request.secret_options]
    if missing:
        raise InputError(
            f"The run was started with {' and '.join(missing)}, which it does not keep.",
            f"Pass the same files again: {' '.join(f'{option} FILE' for option in missing)}.",
        )
    added = [option for option in request.secret_options if option not in record.inputs.files]
    if added:
        raise InputError(f"The run was started without {' and '.join(added)}.", NEW_RUN_ADVICE)


def refuse_other_tempest(
    record: RunRecord, tempest: InstalledTempest, files: list[str] | str
) -> None:
    """Raise `InputError` if the installed Tempest is not the one that ran."""
    if tempest.version != record.inputs.tempest:
        raise InputError(
            f"The run used Tempest {record.inputs.tempest}, but {tempest.version} is installed.",
            NEW_RUN_ADVICE,
        )
    if installed.list_plugins(tempest) != record.inputs.tempest_plugins:
        raise InputError("The installed Tempest plugins are not those of the run.", NEW_RUN_ADVICE)
    if files != record.inputs.tempest_files:
        raise InputError(
            "The files of the installed Tempest are not those that the run started with: they "
            f"were {_describe_files(record.inputs.tempest_files)} "
            f"and are now {_describe_files(files)}.",
            NEW_RUN_ADVICE,
        )


def _describe_files(files: list[str] | str) -> str:
    return files if isinstance(files, str) else f"changed ({', '.join(files[:3])})"


def refuse_other_cloud(record: RunRecord, cloud: dict[str, str], credentials: str) -> None:
    """Raise `InputError` if the cloud or the kind of users is not the run's."""
    same = {
        "auth_url": is_same_keystone(cloud["auth_url"], record.inputs.cloud["auth_url"]),
        "region": cloud["region"] == record.inputs.cloud["region"],
    }
    for key, name in (("auth_url", "address"), ("region", "region")):
        if not same[key]:
            raise InputError(
                f"The run used {name} {record.inputs.cloud[key] or '(none)'}, "
                f"but cloud {record.inputs.cloud['name'] or 'of the tempest.conf'} now has "
                f"{cloud[key] or '(none)'}.",
                NEW_RUN_ADVICE,
            )
    if credentials != record.history.credentials:
        raise InputError(
            f"The run used other users: {record.history.credentials}; "
            f"now they would be {credentials}.",
            NEW_RUN_ADVICE,
        )


def _is_respelt(section: str, key: str, old: str, new: str) -> bool:
    """Return whether only the spelling of Keystone's address changed."""
    return (section, key) == KEYSTONE_OPTION and "***" not in old and is_same_keystone(old, new)


def restore_configuration(
    stored_conf: str, fresh: TempestConfiguration, request: RunRequest
) -> TempestConfiguration:
    """Return the configuration that a run started with: as stored, with secrets from `fresh`.

    The cloud may have changed meanwhile, for example its smallest image; the tests
    continue with what they started with. Raises `InputError` if the credentials or a
    file of the user's differ.
    """
    before = parse_conf(stored_conf, "The run's tempest.conf")
    now = redact_secrets(fresh.sections)
    sections: Sections = {}
    for section, key in sorted(
        {(section, key) for one in (before, now) for section, keys in one.items() for key in keys}
    ):
        old, new = before.get(section, {}).get(key), now.get(section, {}).get(key)
        differs = old != new and (section, key) != ACCOUNTS_OPTION
        strict = request.tempest_conf or section in LOGIN_SECTIONS or "***" in (old or "")
        if differs and strict and not _is_respelt(section, key, old or "", new or ""):
            raise InputError(
                f"{request.tempest_conf or 'The tempest.conf for this cloud'} has changed since "
                f"the run started: [{section}] {key} differs.",
                NEW_RUN_ADVICE,
            )
        value = old if differs else fresh.sections[section][key]
        if value is not None:
            sections.setdefault(section, {})[key] = value
    return replace(fresh, sections=sections)
