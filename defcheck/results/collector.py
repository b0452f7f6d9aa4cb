"""Put what a subunit stream says bit by bit together to events of tests and fixtures."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from defcheck.guideline.matching import parse_name
from defcheck.results.between import Between
from defcheck.results.calls import refused_calls
from defcheck.results.fixtures import fixture_of, is_failed_import
from defcheck.results.ledger import MAX_DETAIL, MAX_EVENTS, Ledger, too_many
from defcheck.results.listings import Listings
from defcheck.results.model import Event, Outcome, ResultSet
from defcheck.results.resumption import Resumptions
from defcheck.results.wording import error_line, mask

OUTCOMES = {
    "success": Outcome.PASSED,
    "fail": Outcome.FAILED,
    "skip": Outcome.SKIPPED,
    # An expected failure did fail, and an unexpected success broke its own
    # expectation: neither shows that the cloud does what is demanded.
    "xfail": Outcome.FAILED,
    "uxsuccess": Outcome.FAILED,
}
EXPECTATIONS = {
    "xfail": "It failed, as its expectedFailure says.",
    "uxsuccess": "It passed although its expectedFailure says that it fails.",
}
"""Why a test failed that was expected to, where its results do not say more."""

LOG = "pythonlogging"
KEPT = ("reason", "traceback", LOG)
"""Attachments that say why. Of the log only the refused calls of a failed test outlive it."""

MAX_ATTACHMENTS = 8
"""Attachments kept of one test."""

LOST = "lost connection during"
"""How python-subunit words the end of a version 1 stream in the middle of a test."""


@dataclass(slots=True)
class _Pending:
    begun: bool = False
    started: datetime | None = None
    worker: str = ""
    attachments: dict[str, bytearray] = field(default_factory=dict)


class Collector:
    """Builds events out of what is said; `on_event` sees each as it ends."""

    def __init__(self, on_event: Callable[[Event], None] | None = None) -> None:
        self._ledger = Ledger(on_event)
        self._between = Between()
        self._pending: dict[tuple[str, str], _Pending] = {}
        self._announced: dict[str, str] = {}
        """Tests that were listed and of which nothing was said since, with their worker."""

        self._lost: set[str] = set()
        """Tests of which nothing was said before their worker listed tests once more."""

        self._listings = Listings()
        self._resumptions = Resumptions()

    @property
    def size_between(self) -> int:
        """How many bytes came since the last thing said of a test."""
        return self._between.size

    def status(
        self,
        test_id: str,
        status: str | None,
        tags: Iterable[str] = (),
        route: str = "",
        timestamp: datetime | None = None,
    ) -> None:
        """Take that a test is now `status`, a word of subunit, or None for no news of that."""
        if self._between.size:
            self._judge_between()
        worker = next((tag for tag in tags if tag.startswith("worker-")), "")
        if status == "exists":
            self._announce(test_id, worker)
            return
        self._announced.pop(test_id, None)
        pending = self._of(test_id, route)
        pending.worker = worker or pending.worker
        self._listings.end(pending.worker, test_id)
        if status == "inprogress":
            if pending.begun:  # a second run does not mend a first one that was cut off
                self._ledger.unfinished(_beginning(test_id, pending))
                pending = self._pending[test_id, route] = _Pending(worker=pending.worker)
            pending.begun = True
            pending.started = timestamp
        elif status in OUTCOMES:
            del self._pending[test_id, route]
            self._listings.finish(test_id)
            self._finish(test_id, status, pending, timestamp)

    def attachment(
        self, test_id: str, name: str, content: bytes | memoryview, route: str = ""
    ) -> None:
        """Take a piece of what is attached to a test under `name`."""
        if self._between.size:
            self._judge_between()
        pending = self._of(test_id, route)
        if self.keeps(name) and (
            name in pending.attachments or len(pending.attachments) < MAX_ATTACHMENTS
        ):
            kept = pending.attachments.setdefault(name, bytearray())
            kept += content[-MAX_DETAIL:]
            del kept[:-MAX_DETAIL]

    @staticmethod
    def keeps(name: str) -> bool:
        """Return whether an attachment with that name may be kept."""
        return name.startswith(KEPT)

    def between(self, piece: bytes | memoryview) -> None:
        """Take bytes that say nothing of a test."""
        self._between.feed(piece)

    def complain(self, problem: str) -> None:
        """Take what is wrong with the stream."""
        self._ledger.complain(problem)

    def cut(self, again: Collection[str]) -> None:
        """Take that the run was cut off here, and went on by running `again` once more.

        What was in progress is made good by an end that comes after this, for
        those tests alone; each of them has to come to one. What had left a
        traceback had failed already.
        """
        self._judge_between()
        begun = []
        for (test_id, _), pending in self._pending.items():
            if any(name.startswith("traceback") for name in pending.attachments):
                self._finish(test_id, "fail", pending, None)
            else:
                begun.append(self._with_selection(_beginning(test_id, pending)))
        self._pending.clear()
        for event in self._resumptions.owe(again, begun, len(self._ledger.events)):
            self._ledger.unfinished(event)
        for test_id in again:
            self._announced.pop(test_id, None)
        self._miss_announced()
        self._listings.end_all()

    def finish(self, kind: str) -> ResultSet:
        """Close the stream: what began and did not end is unfinished."""
        self._judge_between()
        for (test_id, _), pending in self._pending.items():
            self._ledger.unfinished(self._with_selection(_beginning(test_id, pending)))
        self._pending.clear()
        self._miss_announced()
        for name, beginning in list(self._resumptions.unpaid(self._ledger.events)):
            if beginning is not None:
                self._ledger.unfinished(beginning)
            else:
                self.complain(f"{name} was to be run again and did not end")
        return self._ledger.results(kind)

    def _announce(self, test_id: str, worker: str) -> None:
        if len(self._announced) >= MAX_EVENTS:
            raise too_many()
        if self._announced.get(test_id) == worker:
            self._lost.add(test_id)
        for before in self._listings.add(test_id, worker):
            # Where workers are not told apart, another one may still run it.
            if worker and self._announced.get(before) == worker:
                del self._announced[before]
                self._lost.add(before)
        self._announced[test_id] = worker
        self._resumptions.announce(test_id)

    def _miss_announced(self) -> None:
        """Complain of tests that were to run and of which neither they nor their class speak.

        Nothing else shows that a run was cut off between two tests.
        """
        silent = sorted(self._lost.union(self._announced))
        if silent:
            were = "test that was" if len(silent) == 1 else "tests that were"
            named = ", ".join(silent[:3])
            self.complain(f"{len(silent)} {were} to run never began: {named}")
        self._announced.clear()
        self._lost.clear()

    def _with_selection(self, event: Event) -> Event:
        """Return the event with the tests that it is not about, where it is of a class or module.

        A set-up that did not pass speaks for the tests that were to run then.
        """
        fixture = fixture_of(event)
        if fixture is None or is_failed_import(event.name):  # lists no test of the module
            return event
        selection = self._listings.selection(fixture.owner, event.worker)
        if fixture.stops_tests:
            waiting = [test_id for test_id in selection.tests if test_id in self._announced]
            if not waiting:  # they have run since, so that the listing is of another time
                return event
            for test_id in waiting:
                del self._announced[test_id]
        return replace(
            event,
            # Where workers are not told apart, their listings may be mixed.
            tests_selected=_names(selection.tests if event.worker else ()),
            tests_not_selected=_names(selection.others),
        )

    def _of(self, test_id: str, route: str) -> _Pending:
        pending = self._pending.get((test_id, route))
        if pending is None:
            if len(self._pending) >= MAX_EVENTS:
                raise too_many()
            pending = self._pending[test_id, route] = _Pending()
        return pending

    def _judge_between(self) -> None:
        for problem in self._between.end():
            self.complain(problem)

    def _finish(self, name: str, status: str, pending: _Pending, stopped: datetime | None) -> None:
        outcome = OUTCOMES[status]
        reason = details = log = ""
        if pending.attachments:
            texts = {
                key: bytes(value).decode("utf-8", "replace")
                for key, value in pending.attachments.items()
                if outcome is Outcome.FAILED or not key.startswith(LOG)
            }
            details = "\n".join(text for key, text in texts.items() if key.startswith("traceback"))
            reason = texts.get("reason", "").strip() or error_line(details)
            log = "\n".join(text for key, text in texts.items() if key.startswith(LOG))
        event = Event(
            name=name,
            outcome=outcome,
            reason=mask(reason or EXPECTATIONS.get(status, "")),
            details=mask(details),
            started=pending.started,
            stopped=stopped,
            worker=pending.worker,
            calls=refused_calls(log) if log else (),
        )
        if outcome is not Outcome.PASSED:
            event = self._with_selection(event)
        if outcome is Outcome.FAILED and LOST in details[:200]:
            self._ledger.unfinished(_beginning(name, pending))
        else:
            self._ledger.add(event)


def _names(tests: Iterable[str]) -> frozenset[str]:
    return frozenset(parse_name(test).name for test in tests)


def _beginning(test_id: str, pending: _Pending) -> Event:
    """Return the event of a test that began and has no end."""
    return Event(test_id, Outcome.UNFINISHED, started=pending.started, worker=pending.worker)
