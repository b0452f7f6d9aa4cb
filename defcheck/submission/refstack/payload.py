"""The payload for RefStack: a cloud's id, a duration, and the passed tests."""

import json
import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from defcheck.errors import InputError
from defcheck.results.models import Event, Outcome, ResultSet
from defcheck.results.result_set import ResultIndex
from defcheck.util.files import clip_text

MAX_CPID_LENGTH = 128
MAX_NAME_LENGTH = 512
MAX_SECONDS = 2**31 - 1
"""Lengths of the columns in RefStack's database."""

LAST_OF_LATIN1 = 0xFF
LAST_OF_UTF8 = 0xFFFF
"""The last characters that MySQL's latin1 and its three-byte utf8 can store."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""RefStack's schema rejects other uuids."""


@dataclass(frozen=True, slots=True)
class PassedTest:
    """A passed test, named as in RefStack."""

    name: str
    """Without attributes, with the scenario if it has one."""

    uuid: str = ""
    """Bare idempotent id, or empty."""


@dataclass(frozen=True, slots=True)
class Payload:
    """An upload."""

    cpid: str
    seconds: int
    tests: tuple[PassedTest, ...]
    """Each name once."""

    @property
    def body(self) -> bytes:
        """The bytes to send and sign, in the format of refstack-client."""
        results = [
            {"name": test.name, "uuid": test.uuid} if test.uuid else {"name": test.name}
            for test in self.tests
        ]
        document = {
            "cpid": self.cpid,
            "duration_seconds": self.seconds,
            "results": results,
        }
        return json.dumps(document).encode()


@dataclass(frozen=True, slots=True)
class PassedSelection:
    """The passed tests of a result set, and those whose pass does not count."""

    tests: tuple[PassedTest, ...]
    """In the order of the results."""

    left_out: tuple[str, ...]
    """Names that passed and also failed, were skipped, or whose clean-up failed."""


def select_passed_tests(results: ResultSet) -> PassedSelection:
    """Return the tests that passed; if a test has several results, the worst counts.

    RefStack cannot store that a pass is in doubt, so such a test is not sent.
    """
    tally = ResultIndex(results)
    passed: dict[str, PassedTest] = {}
    for event in results.events:
        if event.outcome is Outcome.PASSED:
            test = _name_passed_test(event, results.passes_only)
            if test.name in tally.passed_names:
                passed.setdefault(test.name, test)
    sure = [name for name in passed if tally.find_outcome(name).outcome is Outcome.PASSED]
    return PassedSelection(
        tests=tuple(passed[name] for name in sure),
        left_out=tuple(name for name in passed if name not in set(sure)),
    )


def build_payload(cpid: str, seconds: int, selection: PassedSelection) -> Payload:
    """Return the payload; raise `InputError` if RefStack could not store it."""
    if not selection.tests:
        raise InputError(
            "No test passed, so there is nothing to upload.",
            "RefStack stores passed tests only; `defcheck score` shows the other results.",
        )
    if not cpid or len(cpid) > MAX_CPID_LENGTH or not cpid.isprintable() or cpid != cpid.strip():
        raise InputError(
            f"{cpid[:MAX_CPID_LENGTH]!r} is not a cloud provider id.",
            f"Give 1 to {MAX_CPID_LENGTH} visible characters with --cpid.",
        )
    if not 0 <= seconds <= MAX_SECONDS:
        raise InputError(
            f"A run of {clip_text(str(seconds), 20)} seconds is impossible.",
            "Fix the times in the results.",
        )
    long = [test.name for test in selection.tests if len(test.name) > MAX_NAME_LENGTH]
    if long:
        raise InputError(
            f"The name of a test has {len(long[0])} characters: {long[0][:80]}…",
            f"RefStack accepts at most {MAX_NAME_LENGTH}.",
        )
    _require_storable(cpid, [test.name for test in selection.tests])
    return Payload(cpid, seconds, selection.tests)


def _require_storable(cpid: str, names: Iterable[str]) -> None:
    """Raise `InputError` for text that makes RefStack's MySQL fail with a bare 500.

    Names of tests are unique in the collation latin1_swedish_ci, which ignores case
    and most accents; the cloud's id is stored in three-byte utf8 (RefStack models.py
    and its first migration).
    """
    for letter in cpid:
        if ord(letter) > LAST_OF_UTF8:
            raise InputError(
                f"The cloud's id contains {letter!r}, which RefStack's database cannot store.",
                "Give another id with --cpid.",
            )
    known: dict[str, str] = {}
    for name in names:
        if any(ord(letter) > LAST_OF_LATIN1 for letter in name):
            raise InputError(
                f"The name of a test contains characters outside latin1: {clip_text(name)}.",
                "RefStack's database cannot store it; remove this test from the results.",
            )
        twin = known.setdefault(_collate_name(name), name)
        if twin != name:
            raise InputError(
                "RefStack's database treats two tests as the same: "
                f"{clip_text(twin)} and {clip_text(name)}.",
                "They differ only in case or accents; remove one of them from the results.",
            )


def _collate_name(name: str) -> str:
    """Return a name without case and accents."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).rstrip(" ")


def measure_duration(results: ResultSet) -> int:
    """Return the duration of the tests: from the source, else from first start to last end.

    Without times it is the sum of the durations; 0 if there are none.
    """
    if results.seconds is not None:
        return results.seconds
    starts = [event.started for event in results.events if event.started]
    stops = [event.stopped for event in results.events if event.stopped]
    if starts and stops:
        return max(0, int((max(stops) - min(starts)).total_seconds()))
    total = sum(event.duration or 0.0 for event in results.events)
    return int(total) if math.isfinite(total) else MAX_SECONDS + 1


def _name_passed_test(event: Event, passes_only: bool) -> PassedTest:
    test = event.test
    name, uuid = (event.name, event.uuid) if passes_only else (test.name, test.uuid)
    return PassedTest(name, uuid if _UUID.fullmatch(uuid) else "")
