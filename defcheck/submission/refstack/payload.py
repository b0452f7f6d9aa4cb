"""The payload that RefStack takes: a cloud's id, a duration, and the passed tests."""

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
"""What the columns of RefStack's database hold."""

LAST_OF_LATIN1 = 0xFF
LAST_OF_UTF8 = 0xFFFF
"""The last characters that MySQL's latin1 and its utf8 of three bytes can store."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""RefStack's schema refuses what is none."""


@dataclass(frozen=True, slots=True)
class PassedTest:
    """A passed test as RefStack names it."""

    name: str
    """Without attributes, with the scenario where it has one."""

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
        """The bytes that are sent and signed, written as refstack-client writes them."""
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
    """The tests of a result set that passed, and those whose pass does not count."""

    tests: tuple[PassedTest, ...]
    """In the order of the results."""

    left_out: tuple[str, ...]
    """Names that passed and also failed, were skipped, or whose clean-up failed."""


def select_passed_tests(results: ResultSet) -> PassedSelection:
    """Return the tests that passed; of several results of one test the worst counts.

    RefStack cannot be told that a pass is in doubt, so that such a test is not sent.
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
    """Return the upload; raise `InputError` where RefStack could not take it."""
    if not selection.tests:
        raise InputError(
            "No test passed, so that there is nothing to hand in.",
            "RefStack takes passed tests only; `defcheck score` tells what became of the others.",
        )
    if not cpid or len(cpid) > MAX_CPID_LENGTH or not cpid.isprintable() or cpid != cpid.strip():
        raise InputError(
            f"{cpid[:MAX_CPID_LENGTH]!r} is no cloud provider id.",
            f"Give 1 to {MAX_CPID_LENGTH} visible characters with --cpid.",
        )
    if not 0 <= seconds <= MAX_SECONDS:
        raise InputError(
            f"A run cannot have taken {clip_text(str(seconds), 20)} seconds.",
            "Mend the times in the results.",
        )
    long = [test.name for test in selection.tests if len(test.name) > MAX_NAME_LENGTH]
    if long:
        raise InputError(
            f"The name of a test has {len(long[0])} characters: {long[0][:80]}…",
            f"RefStack takes {MAX_NAME_LENGTH} at the most.",
        )
    _require_storable(cpid, [test.name for test in selection.tests])
    return Payload(cpid, seconds, selection.tests)


def _require_storable(cpid: str, names: Iterable[str]) -> None:
    """Raise `InputError` for what RefStack's MySQL refuses with a bare 500.

    The names of tests are unique in the collation latin1_swedish_ci, which knows
    neither upper and lower case nor, of most letters, accents; the cloud's id is
    in utf8 of three bytes (RefStack models.py and its first migration).
    """
    for letter in cpid:
        if ord(letter) > LAST_OF_UTF8:
            raise InputError(
                f"The cloud's id holds {letter!r}, which RefStack's database cannot store.",
                "Give another id with --cpid.",
            )
    known: dict[str, str] = {}
    for name in names:
        if any(ord(letter) > LAST_OF_LATIN1 for letter in name):
            raise InputError(
                f"The name of a test holds characters beyond latin1: {clip_text(name)}.",
                "RefStack's database cannot store it; leave this test out of the results.",
            )
        twin = known.setdefault(_collate_name(name), name)
        if twin != name:
            raise InputError(
                "To RefStack's database two tests have one name: "
                f"{clip_text(twin)} and {clip_text(name)}.",
                "They differ only in case or accents; leave one of them out of the results.",
            )


def _collate_name(name: str) -> str:
    """Return a name without case and accents."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).rstrip(" ")


def measure_duration(results: ResultSet) -> int:
    """Return how long the tests took: what the source says, else from the first to the last.

    Where there are no times the durations are added, and 0 stands for none at all.
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
