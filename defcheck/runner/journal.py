"""The logs of a run, one JSON object a line: events, and created resources.

Not all that Tempest creates has the configured name prefix: the projects and users
of its dynamic credentials are always called `tempest-…`, as are some images and
containers. So the workers read what Tempest's client logs about each request, and
log the id and name of what was created. That needs no change of Tempest.
"""

import ast
import json
import logging
import os
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from defcheck.redaction.redactor import Redactor
from defcheck.util import json_yaml
from defcheck.util.files import write_private

JOURNAL = "journal.jsonl"

STARTED, RESUMED = "started", "resumed"
"""The journal entry before the tests of a run begin."""


class RunJournal:
    """Writes the journal of a run."""

    def __init__(self, folder: Path) -> None:
        descriptor = os.open(folder / JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._file = os.fdopen(descriptor, "a", encoding="utf-8")
        self._end_line(folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _end_line(self, folder: Path) -> None:
        """End a line that was cut off, so that it does not spoil the next one."""
        with (folder / JOURNAL).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - 1))
            if file.read(1) not in (b"", b"\n"):
                self._file.write("\n")

    def add_entry(self, **entry: object) -> None:
        """Write a line; raise OSError if it cannot be."""
        self._file.write(json.dumps({"at": round(time.time(), 3), **entry}) + "\n")
        self._file.flush()


def read_journal(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the entries of a run's journal; skip a line that was cut off."""
    return json_yaml.read_json_lines(folder / JOURNAL)


def read_class_seconds(folder: Path) -> dict[str, float]:
    """Return the seconds of each completed class, the last time that it completed.

    Reruns are ignored: with only the failed tests a class takes less time.
    """
    found: dict[str, float] = {}
    whole = True
    for entry in read_journal(folder):
        if "rerun" in entry or entry.get("run") in (STARTED, RESUMED):
            whole = "rerun" not in entry
        owner, seconds = entry.get("class"), entry.get("seconds")
        if not whole or "late" in entry:
            continue
        if isinstance(owner, str) and isinstance(seconds, int | float):
            found[owner] = seconds
    return found


RESOURCE_LOG = "made.jsonl"
CLIENT_LOGGER = "tempest.lib.common.rest_client"
"""The logger with a line about each request and, at level debug, its response."""

COLLECTIONS = frozenset(
    {
        *("projects", "users", "groups", "roles", "domains"),
        *("servers", "os-keypairs", "os-server-groups", "flavors"),
        *("networks", "subnets", "ports", "routers", "floatingips", "security-groups"),
        *("images", "volumes", "snapshots", "backups", "types"),
    }
)
"""Paths where a POST creates a resource with an id: at most a project id follows the version."""

CREATION_PATH = re.compile(r"/v[\d.]+(?:/[0-9a-f-]{32,36})?/([a-z-]+)$")
CONTAINER_PATH = re.compile(r"/v1/([^/]+)/([^/]+)$")


class ResourceLogHandler(logging.Handler):
    """Logs what is created, from one log line with the request and one with the response."""

    def __init__(self, path: Path, redactor: Redactor) -> None:
        super().__init__(logging.DEBUG)
        self._redactor = redactor
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._last = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Process a log line; a test never fails because of one that cannot be parsed or stored."""
        with suppress(Exception):
            message = record.args
            if not isinstance(message, tuple):
                return
            if len(message) == 5:  # caller, status, method, address, seconds
                self._last.request = message[1:4]
            elif len(message) == 4:  # headers and body of the request, of the answer
                status, method, address = self._last.request
                self._last.request = (0, "", "")
                for entry in parse_created(int(status), method, address, message[3]):
                    clean = {key: self._redactor.redact_text(value) for key, value in entry.items()}
                    os.write(self._file, json.dumps(clean).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
        super().close()


def log_created(folder: Path, created: Iterable[Mapping[str, str]]) -> None:
    """Log what was created before the run directory existed."""
    lines = "".join(json.dumps(dict(entry)) + "\n" for entry in created)
    if lines:
        write_private(folder / RESOURCE_LOG, lines)


def start_resource_log(folder: Path, redactor: Redactor) -> None:
    """Start to log, in this process and its forks, what Tempest creates; do it only once."""
    logger = logging.getLogger(CLIENT_LOGGER)
    for handler in list(logger.handlers):
        if isinstance(handler, ResourceLogHandler):
            logger.removeHandler(handler)
            handler.close()
    logger.addHandler(ResourceLogHandler(folder / RESOURCE_LOG, redactor))


def parse_created(
    status: int, method: str, address: str, answer: object
) -> Iterator[dict[str, str]]:
    """Yield what a request created: its kind, id and name, and a container's account.

    The deletion of containers is yielded too: without the role ResellerAdmin nobody
    can check later whether they exist.
    """
    path = urlsplit(address).path
    if method == "PUT" and status == 201:  # 202 means that the container existed
        found = CONTAINER_PATH.search(path)
        if found:
            account, name = map(unquote, found.groups())
            yield {"kind": "container", "account": account, "id": name, "name": name}
    elif method == "DELETE" and status == 204:
        found = CONTAINER_PATH.search(path)
        if found:
            account, name = map(unquote, found.groups())
            gone = {"kind": "container", "account": account, "id": name, "name": name}
            yield {**gone, "deleted": "true"}
    elif method == "POST" and status in (200, 201, 202):
        found = CREATION_PATH.search(path)
        if found and found[1] in COLLECTIONS:
            for item in _parse_items(answer):
                called = str(item.get("name") or "")
                yield {"kind": found[1], "id": str(item.get("id") or called), "name": called}


def _parse_items(answer: object) -> list[dict[str, Any]]:
    """Return the resources in a response, without their envelope."""
    text = str(answer)
    if text[:2] in ("b'", 'b"'):  # how Tempest writes bytes
        text = ast.literal_eval(text).decode()
    document = json.loads(text)
    if isinstance(document, dict) and "id" not in document and len(document) == 1:
        document = next(iter(document.values()))
    items = document if isinstance(document, list) else [document]
    return [item for item in items if isinstance(item, dict)]


def read_resource_log(folder: Path) -> Iterator[Mapping[str, str]]:
    """Yield what a run created according to its log; skip a line that was cut off."""
    for entry in json_yaml.read_json_lines(folder / RESOURCE_LOG):
        if all(isinstance(entry.get(key), str) for key in ("kind", "id", "name")):
            yield entry
