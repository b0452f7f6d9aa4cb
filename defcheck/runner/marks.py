"""Packets that the pool itself writes, for workers that no longer can."""

import io
from collections.abc import Iterable
from datetime import UTC, datetime

from subunit import StreamResultToBytes

TEXT = "text/plain; charset=utf8"


def begun(names: Iterable[str], worker: int) -> bytes:
    """Return that tests or fixtures began, for ends that never come."""
    return _packets([{"test_id": name, "test_status": "inprogress"} for name in names], worker)


def failed(names: Iterable[str], worker: int, reason: str, stack: str) -> bytes:
    """Return that tests or fixtures failed, with the place where they hung if it is known."""
    said = {"reason": reason, **({"traceback": stack} if stack else {})}
    events: list[dict[str, object]] = []
    for name in names:
        events += [
            {"test_id": name, "file_name": file, "file_bytes": text.encode(), "mime_type": TEXT}
            for file, text in said.items()
        ]
        events.append({"test_id": name, "test_status": "fail"})
    return _packets(events, worker)


def _packets(events: Iterable[dict[str, object]], worker: int) -> bytes:
    written = io.BytesIO()
    stream = StreamResultToBytes(written)
    for event in events:
        stream.status(test_tags={f"worker-{worker}"}, timestamp=datetime.now(UTC), **event)
    return written.getvalue()
