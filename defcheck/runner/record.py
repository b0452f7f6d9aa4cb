"""The record of a run, run.json, and its validation."""

import dataclasses
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from defcheck.results.worker_listings import Interruption
from defcheck.tempest.installed import DEFAULT_TEMPEST


def find_mismatch(document: object) -> str:
    """Return the name of a field whose value is not of its type, empty if all are."""
    for name, hint in get_type_hints(type(document)).items():
        if not matches_type(getattr(document, name), hint):
            return name
    return ""


def matches_type(value: object, hint: Any) -> bool:
    """Return whether a value is of a type: text, number, list, dict, or one of several."""
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, UnionType):
        return any(matches_type(value, one) for one in inner)
    if origin is list:
        return isinstance(value, list) and all(matches_type(one, inner[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            matches_type(key, inner[0]) and matches_type(one, inner[1])
            for key, one in value.items()
        )
    return type(value) is hint or (hint is type(None) and value is None)


FORMAT = "defcheck run 1"

CLASS_SECONDS = 1800.0
"""Default time limit of a test class in seconds; the slowest known one takes 3 minutes."""

NEEDS_SECOND_ACCOUNT = "It needs a second account in another project, which --accounts would give"
NEEDS_READER = "It needs a reader in the same project, which --accounts would give"
MORE_ACCOUNTS_NO_HELP = "More accounts would not help"

PREDICTION_KEYS = ("outcome", "reason")
CLOUD_KEYS = ("name", "auth_url", "region", "cpid")
LEFTOVERS_KEYS = {"at", "ours", "unproven", "unseen"}
LEFTOVER_KEYS = {"kind", "id", "name", "project", "why"}


@dataclass(frozen=True, slots=True)
class RunInputs:
    """What a run started with; it never changes."""

    defcheck: str
    tempest: str
    python: str
    guideline: dict[str, str]
    """id, sha256 and schema of the guideline."""

    target: str
    statuses: list[str]
    cloud: dict[str, str]
    """name, auth_url, region and cpid."""

    planned: list[str]
    """Full names of the planned tests."""

    absent: list[str]
    """Required tests that this Tempest does not have."""

    inventory_sha256: str
    """Of inventory.txt, the list of this Tempest's tests."""

    started: str
    """ISO 8601, UTC."""

    tempest_files: str | list[str] = "unknown"
    """unmodified, unknown, or how Tempest's files differ from the published ones."""

    tempest_name: str = DEFAULT_TEMPEST
    """The name of the Tempest: default, or the name of its environment."""

    tempest_plugins: dict[str, str] = field(default_factory=dict)
    """Plugins that added tests to this Tempest, and their versions."""

    foreseen: dict[str, dict[str, str]] | None = None
    """Predicted skips and fixture errors: outcome and reason by test; None if not predicted."""

    withheld: dict[str, str] | None = None
    """Tests that were excluded because they need more users, by name, and why."""

    second_account: list[str] = field(default_factory=list)
    """Tests that a single account cannot run, but would run with a second account."""

    files: list[str] = field(default_factory=list)
    """Options with files that may contain passwords, to be passed again to resume the run."""

    settings: list[str] = field(default_factory=list)
    """Options of tempest.conf that were set, as section.key=value; secret values are `***`."""

    cacert: str = ""
    """The CA file as it was named, empty if none was."""

    users: str = ""
    """The users that an administrator's run requested, pool or dynamic; empty if not recorded."""

    regardless: bool = False
    """Whether to run even if tests cannot pass."""

    class_seconds: float | None = None
    """The time limit of a test class in seconds; None if not recorded."""

    rerun_failed: int = 0
    """How often failed tests are rerun."""

    prefix: str = ""
    """What names of the run's own begin with, empty where that proves nothing."""


@dataclass(frozen=True, slots=True)
class RunHistory:
    """What a run went through: whose users and how many workers it has now, and what was before."""

    credentials: str
    workers: int
    users_fallback: str = ""
    """Why Tempest created users although a pool was wanted; empty where that was not so."""

    resumed: list[dict[str, Any]] = field(default_factory=list)
    """Each resumption of the run: `at`, the time; `offset`, the size of
    results.subunit then; `again`, the tests to run again; `cut`, the file with a
    partial packet that was moved aside, or empty; `workers`, how many there were
    before."""

    reruns: list[dict[str, Any]] = field(default_factory=list)
    """Each rerun of failed tests: `round`, from 1; the `tests`; `offset`, the size of
    results.subunit before."""

    redaction: dict[str, Any] | None = None
    """What was redacted in a bundle's copy of the run, None if nothing was: `kinds`,
    the kinds of values; `files`, the changed files; `places`, how many placeholders
    results.subunit now has; `results_sha256`, of results.subunit as the run wrote
    it."""


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run ended, or that it goes on."""

    finished: str = ""
    state: str = "running"
    """running, finished, interrupted or failed; running also when the run was killed."""

    runner_code: int | None = None
    """The test runner's exit code, None where it was ended."""

    results_sha256: str = ""
    """Of results.subunit at the end of the run."""

    leftovers: dict[str, Any] | None = None
    """What the run left behind in the cloud, None where nobody could look."""


FIELDS = (
    *("defcheck", "tempest", "python", "guideline", "target", "statuses", "cloud", "credentials"),
    *("workers", "planned", "absent", "inventory_sha256", "started", "tempest_files"),
    *("tempest_name", "tempest_plugins", "foreseen", "withheld", "second_account", "finished"),
    *("state", "runner_code", "results_sha256", "files", "settings", "cacert", "users"),
    *("users_fallback", "regardless", "class_seconds", "rerun_failed", "resumed", "reruns"),
    *("prefix", "leftovers", "redaction"),
)
"""The fields of run.json in their order, before `format`."""


@dataclass
class RunRecord:
    """What run.json says of a run."""

    inputs: RunInputs
    history: RunHistory
    outcome: RunOutcome = RunOutcome()

    @classmethod
    def build(cls, **fields: Any) -> "RunRecord":
        """Build a record from the fields of run.json; raise TypeError where they are not these."""
        history, outcome = (
            {
                one.name: fields.pop(one.name)
                for one in dataclasses.fields(part)
                if one.name in fields
            }
            for part in (RunHistory, RunOutcome)
        )
        return cls(RunInputs(**fields), RunHistory(**history), RunOutcome(**outcome))

    def build_document(self) -> dict[str, Any]:
        """Return what run.json says, its fields in the order of the format."""
        found = {**asdict(self.inputs), **asdict(self.history), **asdict(self.outcome)}
        return {**{name: found[name] for name in FIELDS}, "format": FORMAT}

    def update_history(self, **changes: Any) -> None:
        """Change fields of the history."""
        self.history = replace(self.history, **changes)

    def update_outcome(self, **changes: Any) -> None:
        """Change fields of the outcome."""
        self.outcome = replace(self.outcome, **changes)

    @property
    def cuts(self) -> tuple[Interruption, ...]:
        """The offsets in the results at which the run was resumed."""
        return tuple(
            Interruption(one["offset"], frozenset(one["again"])) for one in self.history.resumed
        )

    @property
    def max_workers(self) -> int:
        """The largest number of workers, over all resumptions."""
        before: list[int] = [one["workers"] for one in self.history.resumed]
        return max([self.history.workers, *before])

    @property
    def seconds(self) -> int | None:
        """The duration of the run, None if it did not end or its times are invalid."""
        try:
            took = datetime.fromisoformat(self.outcome.finished) - datetime.fromisoformat(
                self.inputs.started
            )
        except (TypeError, ValueError):
            return None
        return max(0, int(took.total_seconds()))

    @classmethod
    def parse_document(cls, document: Any) -> "RunRecord":
        """Build a record from decoded JSON; raise ValueError if it is not one of defcheck's."""
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ValueError("unknown format")
        try:
            record = cls.build(**{name: document[name] for name in document if name != "format"})
        except TypeError as error:
            raise ValueError(str(error)) from error
        parts = (record.inputs, record.history, record.outcome)
        wrong = next(filter(None, map(find_mismatch, parts)), "")
        if wrong:
            raise ValueError(f"{wrong} has the wrong type")
        for name, value, keys in (
            ("guideline", record.inputs.guideline, ("id", "sha256", "schema")),
            ("cloud", record.inputs.cloud, CLOUD_KEYS),
            *(
                ("foreseen", fate, PREDICTION_KEYS)
                for fate in (record.inputs.foreseen or {}).values()
            ),
        ):
            if not all(key in value for key in keys):
                raise ValueError(f"{name} is incomplete")
        if not all(map(_is_resumption, record.history.resumed)):
            raise ValueError("resumed is incomplete")
        if not all(map(_is_rerun, record.history.reruns)):
            raise ValueError("reruns is incomplete")
        if not _is_redaction(record.history.redaction):
            raise ValueError("redaction is incomplete")
        if not _are_leftovers(record.outcome.leftovers):
            raise ValueError("leftovers is incomplete")
        return record


def _is_resumption(entry: dict[str, Any]) -> bool:
    return (
        all(type(entry.get(key)) is int for key in ("offset", "workers"))
        and isinstance(entry.get("at"), str)
        and matches_type(entry.get("again"), list[str])
    )


def _is_redaction(entry: dict[str, Any] | None) -> bool:
    return entry is None or (
        all(matches_type(entry.get(key), list[str]) for key in ("kinds", "files"))
        and type(entry.get("places")) is int
        and isinstance(entry.get("results_sha256"), str)
    )


def _is_rerun(entry: dict[str, Any]) -> bool:
    return all(type(entry.get(key)) is int for key in ("round", "offset")) and matches_type(
        entry.get("tests"), list[str]
    )


def _are_leftovers(found: dict[str, Any] | None) -> bool:
    """Return whether a value is what `leftovers` can be."""
    return found is None or (
        found.keys() == LEFTOVERS_KEYS
        and isinstance(found["at"], str)
        and matches_type(found["unseen"], list[str])
        and all(matches_type(found[key], list[dict[str, str]]) for key in ("ours", "unproven"))
        and all(
            resource.keys() == LEFTOVER_KEYS for resource in (*found["ours"], *found["unproven"])
        )
    )


def explain_exclusions(record: RunRecord) -> dict[str, str]:
    """Return the tests that a run left out, by name, and why.

    Runs of older versions said of every one that it needs more accounts, also
    where their own record shows that more would not have helped.
    """
    needing = {*record.inputs.second_account}
    return {
        name: MORE_ACCOUNTS_NO_HELP
        if needing and name not in needing and why in (NEEDS_SECOND_ACCOUNT, NEEDS_READER)
        else why
        for name, why in (record.inputs.withheld or {}).items()
    }


def format_utc_now() -> str:
    """Return the current time in UTC in the format of run.json."""
    return datetime.now(UTC).isoformat(timespec="seconds")
