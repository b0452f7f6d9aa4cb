"""Records of runs, changed by the fields of run.json."""

from typing import Any

from defcheck.runner.record import RunRecord


def change_record(record: RunRecord, **changes: Any) -> RunRecord:
    """Return a record with other values for some fields of run.json."""
    fields = {**record.build_document(), **changes}
    del fields["format"]
    return RunRecord.build(**fields)
