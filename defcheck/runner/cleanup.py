"""Clean up after a run: what is found, what was removed."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts.record import record_path
from defcheck.cloud.leftovers.look import Seen, look
from defcheck.cloud.leftovers.model import Claim
from defcheck.cloud.leftovers.proof import require_claim
from defcheck.cloud.leftovers.removal import Outcome, remove
from defcheck.cloud.logins import Login
from defcheck.errors import InputError
from defcheck.files import write_new
from defcheck.runner.aftermath import POOLS, claim_of
from defcheck.runner.directory import RunDirectory
from defcheck.runner.journal import Journal
from defcheck.runner.lock import wait_for_writer
from defcheck.runner.lookers import Given, find_logins
from defcheck.runner.pooled import files_of_users
from defcheck.runner.record import Record

LOOK_SECONDS, DELETE_SECONDS = 300.0, 900.0
MOST_CLEANUPS = 1000


@dataclass(frozen=True, slots=True)
class Cleanup:
    """What is needed to clean up after one run."""

    directory: RunDirectory
    record: Record
    claim: Claim
    logins: tuple[Login, ...]
    say: Callable[[str], None]

    @classmethod
    def begin(cls, given: Given, say: Callable[[str], None]) -> "Cleanup":
        """Read the run's record and find the logins to look with.

        Raises `InputError` where nothing can be proved, the run still goes on,
        or the cloud is another one than the run's; `UnusableError` where the
        cloud refuses the login.
        """
        directory = RunDirectory(given.run)
        directory.read_record()
        directory.hold()
        wait_for_writer(directory.raw_results)
        record = directory.read_record()
        try:
            claim = claim_of(directory, record)
        except (ValueError, IndexError) as error:
            raise InputError(
                f"{given.run}/run.json tells no times or tests as defcheck writes them.",
                "Name a run directory that was not edited.",
            ) from error
        require_claim(claim)
        return cls(directory, record, claim, find_logins(given, record, say), say)

    def look(self, *, adopting: bool = False) -> Seen:
        """Look for what is the run's own, `adopting` its users where nothing else shows it."""
        self.say("Looking for what the run left behind")
        pool = self.record.credentials in POOLS
        return look(self.logins, self.claim, LOOK_SECONDS, pool=pool, adopting=adopting)

    def remove(self, seen: Seen) -> Iterator[Outcome]:
        """Delete what was found; yield what became of each."""
        return remove(seen, self.claim, DELETE_SECONDS, self.say)

    def records_of_users(self) -> list[Path]:
        """Return the accounts files of users of the run that are perhaps still there."""
        files = files_of_users(self.directory.path)
        return [file for file in files if record_path(file) in files]

    def forget_users(self) -> None:
        """Delete the files of users that were made for the run, and that are gone now."""
        for file in files_of_users(self.directory.path):
            file.unlink(missing_ok=True)

    def write(self, document: Mapping[str, Any]) -> Path:
        """Keep what was done beside the run's record, which stays as it is; return where."""
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for number in range(1, MOST_CLEANUPS):
            path = self.directory.path / f"cleanup-{number}.json"
            if not path.exists():
                break
        write_new(path, text)
        removed = sum(one["state"] == "removed" for one in document["ours"])
        with Journal(self.directory.path) as journal:
            journal.note(
                cleanup=path.name, removed=removed, remained=len(document["ours"]) - removed
            )
        return path
