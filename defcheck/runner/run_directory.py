"""A run directory: the unit of evidence, readable years later without the network."""

import hashlib
import json
import os
import weakref
from dataclasses import replace
from pathlib import Path

from defcheck.errors import InputError, UnusableError
from defcheck.guideline import catalog
from defcheck.guideline.matching import TempestTest, parse_test_name
from defcheck.guideline.models import Guideline
from defcheck.redaction.redactor import PROCESS_SECRETS, redact_document
from defcheck.results import loader
from defcheck.results.models import ResultSet
from defcheck.results.readers.interface import build_no_results_error
from defcheck.results.readers.subunit import read_resumed_subunit
from defcheck.runner.record import RunRecord, explain_exclusions
from defcheck.scoring.evidence import Evidence
from defcheck.util import concurrency, json_yaml
from defcheck.util.files import path_exists, write_atomic

GUIDELINE = "guideline.json"
INVENTORY = "inventory.txt"
TEMPEST_CONF = "tempest.conf"
CUT_FILE = "results.cut-{}"
"""Names of files with a partial packet from the end of the results, numbered from 1."""

TESTS_AND_SUMS = frozenset(
    {
        *("planned", "absent", "again", "tests", "second_account"),
        *("guideline", "inventory_sha256", "results_sha256", "tempest_files"),
    }
)
"""Fields of the record that are never redacted."""

RESERVED_FILE = ".room"
RESERVED_BYTES = 256 * 1024
"""Enough bytes for a record of 1,600 tests and the last lines of a journal."""


class RunDirectory:
    """The folder of one run, for writing or reading."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path) -> "RunDirectory":
        """Create a new, empty run directory; raise `InputError` if that fails."""
        refuse_existing(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir(mode=0o700)  # private, since the results contain Tempest's debug log
        except OSError as error:
            raise InputError(
                f"The run directory {path} cannot be created: {error.strerror}.",
                "Choose another one with -o.",
            ) from error
        directory = cls(path)
        directory.lock_for_writing()
        return directory

    def lock_for_writing(self) -> None:
        """Lock it for writing as long as this object lives.

        Raises `InputError` if another run or resumption is in progress in it.
        """
        try:
            descriptor = concurrency.acquire_lock(self.path)
        except OSError as error:
            raise InputError(
                f"{self.path} cannot be opened: {error.strerror}.",
                "Name one of your run directories.",
            ) from error
        if descriptor is None:
            raise InputError(
                f"A run is in progress in {self.path}.",
                "Wait until it has ended, or interrupt it.",
            )
        weakref.finalize(self, os.close, descriptor)

    @property
    def raw_results(self) -> Path:
        """The raw subunit stream."""
        return self.path / loader.RAW_RESULTS

    @property
    def runner_log(self) -> Path:
        """The test runner's output besides the stream."""
        return self.path / "runner.log"

    def write_inputs(self, guideline: bytes, conf: str, inventory: bytes) -> None:
        """Write the inputs of the run; `conf` must not contain secrets."""
        write_atomic(self.path / GUIDELINE, guideline)
        write_atomic(self.path / INVENTORY, inventory)
        write_atomic(self.path / TEMPEST_CONF, conf)

    def write_record(self, record: RunRecord) -> None:
        """Write run.json."""
        document = redact_document(
            record.build_document(), PROCESS_SECRETS.redact_text, TESTS_AND_SUMS
        )
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        write_atomic(self.path / loader.RUN_RECORD, text)

    def read_conf(self) -> str:
        """Return the tempest.conf of the run, without secrets."""
        try:
            return (self.path / TEMPEST_CONF).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                f"{self.path / TEMPEST_CONF} cannot be read.",
                "Resume needs it: restore the file, or start a new run.",
            ) from error

    def move_rest_aside(self, whole_bytes: int) -> str:
        """Move what follows the complete packets of the results to a separate file.

        Returns its name, empty if the results end with a complete packet.
        """
        if not self.raw_results.exists():
            return ""
        with self.raw_results.open("r+b") as file:
            file.seek(whole_bytes)
            rest = file.read()
            if not rest:
                return ""
            numbers = range(1, 1 + sum(1 for _ in self.path.glob(CUT_FILE.format("*"))) + 1)
            name = next(
                CUT_FILE.format(number)
                for number in numbers
                if not (self.path / CUT_FILE.format(number)).exists()
            )
            write_atomic(self.path / name, rest, mode=0o600)
            file.truncate(whole_bytes)
            os.fsync(file.fileno())
        return name

    def reserve_space(self) -> None:
        """Reserve disk space, so that the record can be written even if the disk gets full."""
        try:
            with (self.path / RESERVED_FILE).open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVED_BYTES)
        except OSError as error:
            self.release_space()
            raise UnusableError(
                f"The run directory {self.path} cannot be written: {error.strerror}.",
                "Free disk space there, or choose another one with -o.",
            ) from error

    def release_space(self) -> None:
        """Release the reserved space."""
        (self.path / RESERVED_FILE).unlink(missing_ok=True)

    def read_record(self) -> RunRecord:
        """Read run.json; raise `InputError` if it is not one of defcheck's."""
        path = self.path / loader.RUN_RECORD
        try:
            return RunRecord.parse_document(json_yaml.load_strict_json(path.read_bytes()))
        except OSError as error:
            raise InputError(
                f"{path} cannot be read: {error.strerror}.", "Name a run directory."
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path} is not a run record that this version of defcheck can read.",
                "Score only its results.subunit, or use the version that wrote it.",
            ) from error

    def results_sha256(self) -> str:
        """Return the current sha256 of the raw results, empty if there are none."""
        try:
            with self.raw_results.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return ""

    def refuse_changed_results(self, record: RunRecord) -> None:
        """Raise `InputError` if the raw results were changed after the run."""
        if record.outcome.results_sha256 and self.results_sha256() != record.outcome.results_sha256:
            raise InputError(
                f"{self.raw_results} is not what the run wrote (its sha256 differs).",
                "The results were edited after the run, so they prove nothing.",
            )

    def read_results(self, record: RunRecord) -> ResultSet:
        """Read the raw results; raise `InputError` if they changed after the run."""
        self.refuse_changed_results(record)
        if not record.history.resumed:
            return loader.load_results(str(self.raw_results))
        try:
            with self.raw_results.open("rb") as file:
                found = read_resumed_subunit(file, record.cuts)
        except OSError as error:
            raise InputError(
                f"{self.raw_results} cannot be read: {error.strerror}.", "Repair the run directory."
            ) from error
        if not found.events:
            raise build_no_results_error(str(self.raw_results), found.problems)
        return found

    def read_evidence(self, record: RunRecord) -> tuple[ResultSet, Evidence]:
        """Return the results, and the same ready to be scored.

        They have a problem for each way in which the run did not end well.
        """
        results = self.read_results(record)
        problems = []
        if record.outcome.state != "finished":
            problems.append(f"the run is {record.outcome.state}, not finished")
        if record.outcome.runner_code:
            problems.append(f"the test runner ended with code {record.outcome.runner_code}")
        results = replace(results, problems=(*results.problems, *problems))
        exclusions = explain_exclusions(record)
        return results, Evidence(results, self.read_inventory(record), exclusions)

    def read_inventory(self, record: RunRecord) -> tuple[TempestTest, ...]:
        """Return the tests of the Tempest that ran; raise `InputError` if they changed."""
        path = self.path / INVENTORY
        try:
            data = path.read_bytes()
        except OSError as error:
            raise InputError(
                f"{path} cannot be read: {error.strerror}.", "Score only results.subunit."
            ) from error
        if hashlib.sha256(data).hexdigest() != record.inputs.inventory_sha256:
            raise InputError(
                f"{path} is not what the run wrote (its sha256 differs).",
                "Score only results.subunit.",
            )
        try:
            return tuple(parse_test_name(line) for line in data.decode().splitlines())
        except UnicodeDecodeError as error:
            raise InputError(f"{path} is not a list of tests.", "Fix the run directory.") from error

    def read_guideline(self, record: RunRecord) -> Guideline:
        """Load the copy of the guideline; raise `InputError` if it was changed."""
        path = self.path / GUIDELINE
        guideline = catalog.load_guideline_path(path, record.inputs.guideline["id"])
        if guideline.sha256 != record.inputs.guideline["sha256"]:
            raise InputError(
                f"{path} is not the guideline of the run (its sha256 differs).",
                "Restore the original file, or score with `defcheck score --guideline ID`.",
            )
        return guideline


def is_run_directory(source: str) -> bool:
    """Return whether `source` is a folder with a run record."""
    return path_exists(Path(source) / loader.RUN_RECORD)


def refuse_existing(path: Path) -> None:
    """Raise `InputError` if a run directory exists or could not be created."""
    if path_exists(path):
        raise InputError(
            f"{path} exists already.",
            "A run never overwrites another; choose a new directory with -o.",
        )
    parent = next(folder for folder in path.absolute().parents if folder.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(f"{parent} cannot be written to.", "Choose another run directory with -o.")
