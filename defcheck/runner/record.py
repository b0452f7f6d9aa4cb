"""What run.json says of a run."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

FORMAT = "defcheck run 1"
CLOUD_KEYS = ("name", "auth_url", "region", "cpid")


@dataclass
class Record:
    """What run.json says of a run."""

    defcheck: str
    tempest: str
    python: str
    guideline: dict[str, str]
    """id, sha256 and schema of the guideline."""

    target: str
    statuses: list[str]
    cloud: dict[str, str]
    """name, auth_url, region and cpid."""

    credentials: str
    workers: int
    planned: list[str]
    """Full names of the tests that were to be run."""

    absent: list[str]
    """Demanded tests that this Tempest does not have."""

    inventory_sha256: str
    """Of inventory.txt, the tests that this Tempest has."""

    started: str
    """ISO 8601, UTC."""

    tempest_files: str | list[str] = "unknown"
    """unmodified, unknown, or how Tempest's files differ from what was published."""

    foreseen: dict[str, dict[str, str]] | None = None
    """Tests that Tempest said before it would not run: outcome and reason; None where not asked."""

    withheld: dict[str, str] | None = None
    """Tests that were not run because the users do not suffice, by name, and why."""

    second_account: list[str] = field(default_factory=list)
    """Tests that one login alone cannot run and that a second account would have allowed."""

    finished: str = ""
    state: str = "running"
    """running, finished, interrupted or failed; running also when the run was killed."""

    runner_code: int | None = None
    """The test runner's exit code, None where it was ended."""

    results_sha256: str = ""
    """Of results.subunit at the end of the run."""

    format: str = FORMAT

    @classmethod
    def of(cls, document: Any) -> "Record":
        """Build a record from decoded JSON; raise ValueError where it is none of ours."""
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ValueError("unknown format")
        try:
            record = cls(**document)
        except TypeError as error:
            raise ValueError(str(error)) from error
        for name, keys in (("guideline", ("id", "sha256", "schema")), ("cloud", CLOUD_KEYS)):
            value = getattr(record, name)
            if not isinstance(value, dict) or not all(
                isinstance(value.get(key), str) for key in keys
            ):
                raise ValueError(f"{name} is not complete")
        if not _is_foresight(record.foreseen):
            raise ValueError("foreseen is not complete")
        return record


def _is_foresight(value: object) -> bool:
    """Return whether a value is None or has an outcome and a reason for each test."""
    return value is None or (
        isinstance(value, dict)
        and all(
            isinstance(fate, dict)
            and isinstance(fate.get("outcome"), str)
            and isinstance(fate.get("reason"), str)
            for fate in value.values()
        )
    )


def now() -> str:
    """Return the time of day in UTC as run.json writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
