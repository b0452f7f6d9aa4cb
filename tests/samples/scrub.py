"""What must not stand in a sample: places on the machine that made it, and secrets."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

import yaml

INSTALLED = re.compile(r"/[\w.+\\/-]*?(?=/lib/python3\.\d+/)")
"""What comes before the library of a Python in the path of one of its files."""

PATHS = re.compile(r"(?<![\w.…-])/(?:root|home|tmp|work|mnt|srv|opt|usr|var|Users)/[\w.-]*")
TOKENS = re.compile(r"gAAAA[\w-]{20}|BEGIN [A-Z ]*PRIVATE KEY|X-(?:Auth|Subject)-Token: (?!<|\*)")


def without_places(text: str) -> str:
    """Return the text with … in the place of the folders that Pythons are installed in."""
    return INSTALLED.sub("…", text)


def secrets(folders: Collection[Path]) -> frozenset[str]:
    """Return every password in the YAML files of the folders."""
    return frozenset(
        word
        for folder in folders
        for path in folder.glob("*.yaml")
        for word in _passwords(yaml.safe_load(path.read_bytes()))
    )


def _passwords(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "password":
                yield str(value)
            else:
                yield from _passwords(value)
    elif isinstance(node, list):
        for value in node:
            yield from _passwords(value)


def faults(text: str, passwords: Collection[str] = (), hosts: Collection[str] = ()) -> list[str]:
    """Return what stands in the text and should not."""
    found = [*PATHS.findall(text), *(match[:12] for match in TOKENS.findall(text))]
    found += ["a password" for password in passwords if password in text]
    found += [host for host in hosts if re.search(rf"(?<![\w-]){re.escape(host)}(?![\w-])", text)]
    return found
