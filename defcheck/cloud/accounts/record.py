"""The record of what was made for an accounts file, kept beside it so that it can be removed.

One JSON object a line. The first line says where and what was planned, and is
on the disk before anything is made; then a line with name and id for each thing
as soon as it is made. What was made without its line is found by its planned
name, which nothing else has.
"""

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts.layout import Kind, Layout
from defcheck.errors import InputError
from defcheck.files import exists, write_private

FORMAT = "defcheck accounts 1"
SUFFIX = ".made"


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that was made, or may have been where its id is empty."""

    kind: Kind
    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Record:
    """What a record says."""

    prefix: str
    cloud: str
    """The name in clouds.yaml."""

    auth_url: str
    things: tuple[Thing, ...]
    """Everything that was made or may have been, in the order of the plan."""

    sha256: str
    """Of the accounts file as it was written, empty where it was not."""

    removed: bool
    """Whether all of it has been removed."""


def record_path(accounts_file: Path) -> Path:
    """Return where the record of an accounts file lies."""
    return accounts_file.with_name(accounts_file.name + SUFFIX)


class Journal:
    """A record being written, by several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    @classmethod
    def begin(cls, path: Path, layout: Layout, cloud: str, auth_url: str) -> "Journal":
        """Write a new record's first line; a record of things long removed gives way."""
        if exists(path):
            if not read(path).removed:
                raise InputError(
                    f"{path} is the record of accounts that still exist.",
                    "Remove them with `defcheck cloud accounts delete`, or name another file.",
                )
            path.unlink()
        planned = [list(one) for project in layout.projects for one in project.planned]
        first = {
            "format": FORMAT,
            "prefix": layout.prefix,
            "cloud": cloud,
            "auth_url": auth_url,
            "planned": planned,
        }
        try:
            write_private(path, json.dumps(first) + "\n")
        except OSError as error:
            raise InputError(
                f"{path} cannot be written: {error.strerror}.", "Name another place with -o."
            ) from error
        return cls(path)

    def made(self, kind: Kind, name: str, thing_id: str) -> None:
        """Note something that was made, on the disk, before the next is."""
        self._note(made=kind.value, name=name, id=thing_id)

    def written(self, sha256: str) -> None:
        """Note that the accounts file was written."""
        self._note(written=sha256)

    def removed(self) -> None:
        """Note that nothing of it is left."""
        self._note(removed=True)

    def _note(self, **words: Any) -> None:
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(words) + "\n")
            file.flush()
            os.fsync(file.fileno())


def read(path: Path) -> Record:
    """Read a record; raise `InputError` where it is none or damaged before its last line."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InputError(
            f"{path}, the record of what was made, cannot be read: {why}.",
            "`delete` needs it beside the accounts file: without it nothing is provably ours.",
        ) from error
    try:
        # A line that was cut off tells of nothing that its planned name would not find.
        notes = [json.loads(line) for line in lines[:-1]]
        first = notes[0]
        if first["format"] != FORMAT or first["planned"][0][0] != Kind.PROJECT:
            raise ValueError("another format")
        ids = {(note["made"], note["name"]): note["id"] for note in notes if "made" in note}
        return Record(
            prefix=first["prefix"],
            cloud=first["cloud"],
            auth_url=first["auth_url"],
            things=tuple(
                Thing(Kind(kind), name, ids.get((kind, name), ""))
                for kind, name in first["planned"]
            ),
            sha256=next((note["written"] for note in notes if "written" in note), ""),
            removed=any("removed" in note for note in notes),
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(
            f"{path} is not the record of accounts that this version of defcheck made.",
            "Name the accounts file that `defcheck cloud accounts create` wrote.",
        ) from error
