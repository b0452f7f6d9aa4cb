"""What run.json says of a run."""

from dataclasses import dataclass
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

    finished: str = ""
    state: str = "running"
    """running, finished, interrupted or failed; running also when the run was killed."""

    runner_code: int | None = None
    """The test runner's exit code, None where it was ended."""

    results_sha256: str = ""
    """Of results.subunit at the end of the run."""

    format: str = FORMAT

    @property
    def seconds(self) -> int | None:
        """How long the run took, None where it did not end or the times cannot be read."""
        try:
            took = datetime.fromisoformat(self.finished) - datetime.fromisoformat(self.started)
        except (TypeError, ValueError):
            return None
        return max(0, int(took.total_seconds()))

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
        return record


def now() -> str:
    """Return the time of day in UTC as run.json writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
