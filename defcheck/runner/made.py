"""What a run made in the cloud, noted as the answers come: made.jsonl in the run directory.

Not all that Tempest makes carries the prefix that its configuration sets: the
projects and users of its dynamic credentials are called `tempest-…` whatever
it says, some images and containers too. So the workers listen to what Tempest's
client logs of each request, and note the id and name of what was made. Nothing
of Tempest is changed for that.
"""

import ast
import json
import logging
import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from defcheck.files import write_private
from defcheck.redaction.redactor import Redactor
from defcheck.runner import jsonlines

NAME = "made.jsonl"
CLIENT = "tempest.lib.common.rest_client"
"""The logger that says a line about each request and, in debug, what was answered."""

COLLECTIONS = frozenset(
    {
        *("projects", "users", "groups", "roles", "domains"),
        *("servers", "os-keypairs", "os-server-groups", "flavors"),
        *("networks", "subnets", "ports", "routers", "floatingips", "security-groups"),
        *("images", "volumes", "snapshots", "backups", "types"),
    }
)
"""Where a POST makes something with an id, at most a project's id behind the version."""

MAKING = re.compile(r"/v[\d.]+(?:/[0-9a-f-]{32,36})?/([a-z-]+)$")
CONTAINER = re.compile(r"/v1/([^/]+)/([^/]+)$")


class Listener(logging.Handler):
    """Notes what is made; hears one line with the request, then one with the answer."""

    def __init__(self, path: Path, redactor: Redactor) -> None:
        super().__init__(logging.DEBUG)
        self._redactor = redactor
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._last = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Hear a line; a test never fails for what cannot be understood or noted."""
        with suppress(Exception):
            said = record.args
            if not isinstance(said, tuple):
                return
            if len(said) == 5:  # caller, status, method, address, seconds
                self._last.request = said[1:4]
            elif len(said) == 4:  # headers and body of the request, of the answer
                status, method, address = self._last.request
                self._last.request = (0, "", "")
                for entry in made(int(status), method, address, said[3]):
                    clean = {key: self._redactor.text(value) for key, value in entry.items()}
                    os.write(self._file, json.dumps(clean).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
        super().close()


def note(folder: Path, created: Iterable[Mapping[str, str]]) -> None:
    """Note what was created before the run's directory was there."""
    lines = "".join(json.dumps(dict(entry)) + "\n" for entry in created)
    if lines:
        write_private(folder / NAME, lines)


def listen(folder: Path, redactor: Redactor) -> None:
    """Note from now on, in this process and its forks, what Tempest makes, once however asked."""
    logger = logging.getLogger(CLIENT)
    for handler in list(logger.handlers):
        if isinstance(handler, Listener):
            logger.removeHandler(handler)
            handler.close()
    logger.addHandler(Listener(folder / NAME, redactor))


def made(status: int, method: str, address: str, answer: object) -> Iterator[dict[str, str]]:
    """Yield what a request made: its kind, id and name, and a container's account.

    Of containers it is also told that they were deleted: without the role
    ResellerAdmin nobody can see later whether they are there.
    """
    path = urlsplit(address).path
    if method == "PUT" and status == 201:  # 202 is said of a container that existed
        found = CONTAINER.search(path)
        if found:
            account, name = map(unquote, found.groups())
            yield {"kind": "container", "account": account, "id": name, "name": name}
    elif method == "DELETE" and status == 204:
        found = CONTAINER.search(path)
        if found:
            account, name = map(unquote, found.groups())
            gone = {"kind": "container", "account": account, "id": name, "name": name}
            yield {**gone, "deleted": "true"}
    elif method == "POST" and status in (200, 201, 202):
        found = MAKING.search(path)
        if found and found[1] in COLLECTIONS:
            for item in _items(answer):
                called = str(item.get("name") or "")
                yield {"kind": found[1], "id": str(item.get("id") or called), "name": called}


def _items(answer: object) -> list[dict[str, Any]]:
    """Return the things in an answer, without the envelope that most come in."""
    text = str(answer)
    if text[:2] in ("b'", 'b"'):  # how Tempest writes bytes
        text = ast.literal_eval(text).decode()
    document = json.loads(text)
    if isinstance(document, dict) and "id" not in document and len(document) == 1:
        document = next(iter(document.values()))
    items = document if isinstance(document, list) else [document]
    return [item for item in items if isinstance(item, dict)]


def entries(folder: Path) -> Iterator[Mapping[str, str]]:
    """Yield what a run noted; a line that was cut off is left out."""
    for entry in jsonlines.read(folder / NAME):
        if all(isinstance(entry.get(key), str) for key in ("kind", "id", "name")):
            yield entry
