"""Read JSON results: those of RefStack and of rally verify."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from defcheck.errors import InputError
from defcheck.guideline.models import bare_id
from defcheck.results.collector import EXPECTATIONS, OUTCOMES
from defcheck.results.models import Event, Outcome, ResultSet
from defcheck.results.readers.interface import (
    SOURCE_ADVICE,
    ResultReader,
    Stream,
    WrongFormatError,
    build_no_results_error,
    read_all,
)
from defcheck.results.result_set import (
    MAX_DETAIL,
    ResultBuilder,
    find_error_line,
    parse_seconds,
    redact_text,
)
from defcheck.util.json_yaml import DuplicateKeyError, refuse_constant, refuse_duplicate_keys

COUNTS = {
    "success": "success",
    "fail": "failures",
    "skip": "skipped",
    "xfail": "expected_failures",
    "uxsuccess": "unexpected_success",
}
"""The field of a verification that counts the tests of a status."""

ENDED = ("finished", "failed")
"""States of a verification that came to its end."""

TEST_FIELDS = {"name", "tags", "by_verification"}
RESULT_FIELDS = {"status", "duration", "details"}
REPORT_ADVICE = "Write the report anew with `rally verify report --type json`."


def is_rally_report(document: Any) -> bool:
    """Return whether a decoded document has the two parts of rally's reports."""
    return isinstance(document, dict) and {"verifications", "tests"} <= set(document)


def read_rally_report(document: Any, where: str) -> ResultSet:
    """Read a decoded report: one event per test and verification."""
    verifications, tests = (
        _require_object(document[part], f"{where}: `{part}`") for part in ("verifications", "tests")
    )
    ledger = ResultBuilder()
    counted: dict[str, Counter[str]] = {uuid: Counter() for uuid in verifications}
    for key, test in tests.items():
        place = f"{where}: tests[{key[:200]!r}]"
        _require_object(test, place)
        _refuse_unknown_fields(test, TEST_FIELDS, place)
        name = _build_full_name(key, test, place, ledger)
        for uuid, result in _require_object(test.get("by_verification"), place).items():
            _require_object(result, place)
            _refuse_unknown_fields(result, RESULT_FIELDS, place)
            if uuid not in counted:
                ledger.add_problem(
                    f"{name} has a result of a verification that is not in the report"
                )
            counted.setdefault(uuid, Counter())[str(result.get("status"))] += 1
            _add_result(ledger, name, result)
    for uuid, verification in verifications.items():
        _check_verification(
            ledger, uuid, _require_object(verification, f"{where}: `verifications`"), counted[uuid]
        )
    return ledger.build_results("rally JSON")


def _add_result(ledger: ResultBuilder, name: str, result: Mapping[str, Any]) -> None:
    status = result.get("status")
    details = result.get("details") or ""
    outcome = OUTCOMES.get(status) if isinstance(status, str) else None
    expectation = EXPECTATIONS.get(str(status), "")
    if outcome is None or not isinstance(details, str):
        event = Event(name, Outcome.UNFINISHED)
        if status == "init":
            ledger.add_unfinished(event)
        else:
            ledger.add_problem(f"{name} has a result that is not known: {str(status)[:80]}")
            ledger.add_event(event)
        return
    details = details[-MAX_DETAIL:]
    failed = outcome is Outcome.FAILED
    ledger.add_event(
        Event(
            name,
            outcome,
            reason=redact_text(find_error_line(details) if failed else details.strip())
            or expectation,
            details=redact_text(details) if failed else "",
            duration=parse_seconds(result.get("duration")),
        )
    )


def _build_full_name(key: str, test: Mapping[str, Any], place: str, ledger: ResultBuilder) -> str:
    """Return the name with attributes: the key, or what `name` and `tags` make of it."""
    name, tags = test.get("name"), test.get("tags", [])
    if not isinstance(name, str) or not isinstance(tags, list):
        raise InputError(f"{place} has no `name` or no list of `tags`.", REPORT_ADVICE)
    if key.partition("[")[0] != name.partition("[")[0]:
        ledger.add_problem(f"{key} is called {name} in the same report")
    if "[" in key or not tags:
        return key
    return f"{key}[{','.join(str(tag) for tag in tags)}]"


def _check_verification(
    ledger: ResultBuilder, uuid: str, verification: Mapping[str, Any], counted: Counter[str]
) -> None:
    """Complain where a verification did not end or says other counts than its tests give."""
    state = verification.get("status")
    if state not in ENDED:
        ledger.add_problem(f"verification {uuid[:80]} is {str(state)[:80]}, not finished")
    declared = {"tests_count": counted.total()}
    declared |= {field: counted[status] for status, field in COUNTS.items()}
    for field, found in declared.items():
        if verification.get(field) != found:
            ledger.add_problem(
                f"verification {uuid[:80]} says {field} {str(verification.get(field))[:80]}, "
                f"its tests give {found}"
            )


def _require_object(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{place} is not an object.", REPORT_ADVICE)
    return value


def _refuse_unknown_fields(value: Mapping[str, Any], known: set[str], place: str) -> None:
    more = sorted(set(value) - known)
    if more:
        raise InputError(
            f"{place} has the field {more[0][:80]}, unknown to rally.",
            "What it means for the result is not known. " + REPORT_ADVICE,
        )


def is_refstack_file(document: Any) -> bool:
    """Return whether a decoded document has the list that makes it RefStack's."""
    return isinstance(document, dict) and isinstance(document.get("results"), list)


def read_refstack(document: Any, where: str) -> ResultSet:
    """Read a decoded document whose `results` are passed tests.

    The client's upload has objects with a `name`, the server's answer plain
    names. Names are taken as they stand, as RefStack takes them: it knows no
    attributes in brackets.
    """
    ledger = ResultBuilder()
    for number, item in enumerate(document["results"]):
        more = sorted(set(item) - {"name", "uuid"}) if isinstance(item, dict) else []
        if more:
            raise InputError(
                f"{where}: results[{number}] has the field {more[0][:80]}, unknown to RefStack.",
                "RefStack's results are passed tests only, each with `name` and perhaps `uuid`.",
            )
        name = item.get("name") if isinstance(item, dict) else item
        if not isinstance(name, str):
            raise InputError(
                f"{where}: results[{number}] has no name.",
                "Each result is a test name, or an object with `name` and perhaps `uuid`.",
            )
        uuid = item.get("uuid") if isinstance(item, dict) else None
        ledger.add_event(
            Event(name, Outcome.PASSED, uuid=bare_id(uuid) if isinstance(uuid, str) else "")
        )
    cpid, seconds = document.get("cpid"), document.get("duration_seconds")
    return replace(
        ledger.build_results("RefStack JSON", passes_only=True),
        cpid=cpid if isinstance(cpid, str) else "",
        seconds=seconds if type(seconds) is int else None,
    )


MAX_BYTES = 64 * 1024 * 1024
"""JSON is read whole; a rally report of ten whole Tempest runs has 10 MB."""


def read_json(stream: Stream, where: str) -> ResultSet:
    """Read a document; one that is cut off or damaged is refused, as nothing of it is sure."""
    data = read_all(stream, MAX_BYTES)
    if data is None:
        raise WrongFormatError(
            f"{where} looks like JSON and holds more than {MAX_BYTES // 2**20} MiB."
        )
    try:
        document = json.loads(
            data, object_pairs_hook=refuse_duplicate_keys, parse_constant=refuse_constant
        )
    except DuplicateKeyError as error:
        raise InputError(
            f"{where} is JSON that says {error.key[:80]!r} twice of one thing.",
            "It is not clear which one counts; write it anew.",
        ) from error
    except (ValueError, RecursionError) as error:
        # Text before a subunit stream may begin like JSON.
        raise WrongFormatError(f"{where} looks like JSON and is not: {error}.") from error
    if is_rally_report(document):
        found = read_rally_report(document, where)
    elif is_refstack_file(document):
        found = read_refstack(document, where)
    else:
        raise InputError(f"{where} is JSON without a list of `results`.", SOURCE_ADVICE)
    if not found.events:
        raise build_no_results_error(where, found.problems)
    return found


JSON_READER = ResultReader(lambda head: head[:1] in (b"{", b"["), read_json)
