"""Read the JSON report of `rally verify report`, which may hold several verifications.

Rally expands the set-up of a class onto its tests before it writes them, and
leaves a failed tear-down out (measured with rally 5.1): a report says less
than the stream it was made from.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from defcheck.errors import InputError
from defcheck.results.collector import EXPECTATIONS, OUTCOMES
from defcheck.results.ledger import MAX_DETAIL, Ledger
from defcheck.results.model import Event, Outcome, ResultSet
from defcheck.results.wording import error_line, mask, seconds

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
ADVICE = "Write the report anew with `rally verify report --type json`."


def is_report(document: Any) -> bool:
    """Return whether a decoded document has the two parts of rally's reports."""
    return isinstance(document, dict) and {"verifications", "tests"} <= set(document)


def read(document: Any, where: str) -> ResultSet:
    """Read a decoded report: one event per test and verification."""
    verifications, tests = (
        _mapping(document[part], f"{where}: `{part}`") for part in ("verifications", "tests")
    )
    ledger = Ledger()
    counted: dict[str, Counter[str]] = {uuid: Counter() for uuid in verifications}
    for key, test in tests.items():
        place = f"{where}: tests[{key[:200]!r}]"
        _mapping(test, place)
        _refuse_more(test, TEST_FIELDS, place)
        name = _full_name(key, test, place, ledger)
        for uuid, result in _mapping(test.get("by_verification"), place).items():
            _mapping(result, place)
            _refuse_more(result, RESULT_FIELDS, place)
            if uuid not in counted:
                ledger.complain(f"{name} has a result of a verification that is not in the report")
            counted.setdefault(uuid, Counter())[str(result.get("status"))] += 1
            _add(ledger, name, result)
    for uuid, verification in verifications.items():
        _check(ledger, uuid, _mapping(verification, f"{where}: `verifications`"), counted[uuid])
    return ledger.results("rally JSON")


def _add(ledger: Ledger, name: str, result: Mapping[str, Any]) -> None:
    status = result.get("status")
    details = result.get("details") or ""
    outcome = OUTCOMES.get(status) if isinstance(status, str) else None
    expectation = EXPECTATIONS.get(str(status), "")
    if outcome is None or not isinstance(details, str):
        event = Event(name, Outcome.UNFINISHED)
        if status == "init":
            ledger.unfinished(event)
        else:
            ledger.complain(f"{name} has a result that is not known: {str(status)[:80]}")
            ledger.add(event)
        return
    details = details[-MAX_DETAIL:]
    failed = outcome is Outcome.FAILED
    ledger.add(
        Event(
            name,
            outcome,
            reason=mask(error_line(details) if failed else details.strip()) or expectation,
            details=mask(details) if failed else "",
            duration=seconds(result.get("duration")),
        )
    )


def _full_name(key: str, test: Mapping[str, Any], place: str, ledger: Ledger) -> str:
    """Return the name with attributes: the key, or what `name` and `tags` make of it."""
    name, tags = test.get("name"), test.get("tags", [])
    if not isinstance(name, str) or not isinstance(tags, list):
        raise InputError(f"{place} has no `name` or no list of `tags`.", ADVICE)
    if key.partition("[")[0] != name.partition("[")[0]:
        ledger.complain(f"{key} is called {name} in the same report")
    if "[" in key or not tags:
        return key
    return f"{key}[{','.join(str(tag) for tag in tags)}]"


def _check(
    ledger: Ledger, uuid: str, verification: Mapping[str, Any], counted: Counter[str]
) -> None:
    """Complain where a verification did not end or says other counts than its tests give."""
    state = verification.get("status")
    if state not in ENDED:
        ledger.complain(f"verification {uuid[:80]} is {str(state)[:80]}, not finished")
    declared = {"tests_count": counted.total()}
    declared |= {field: counted[status] for status, field in COUNTS.items()}
    for field, found in declared.items():
        if verification.get(field) != found:
            ledger.complain(
                f"verification {uuid[:80]} says {field} {str(verification.get(field))[:80]}, "
                f"its tests give {found}"
            )


def _mapping(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{place} is not an object.", ADVICE)
    return value


def _refuse_more(value: Mapping[str, Any], known: set[str], place: str) -> None:
    more = sorted(set(value) - known)
    if more:
        raise InputError(
            f"{place} has the field {more[0][:80]}, unknown to rally.",
            "What it means for the result is not known. " + ADVICE,
        )
