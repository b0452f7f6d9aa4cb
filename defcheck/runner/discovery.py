"""Find the tests as stestr would in the same folder, without stestr."""

import configparser
import unittest
from collections.abc import Iterator
from pathlib import Path
from unittest.util import strclass


class BrokenTestsError(Exception):
    """Some tests cannot be imported; the message is what Python says of them."""


def discover(folder: Path) -> dict[str, unittest.TestCase]:
    """Return the tests that the .stestr.conf in `folder` names, by id, as they were found.

    Raises `BrokenTestsError` where not all of them can be imported: a run
    would silently lack the others.
    """
    conf = configparser.ConfigParser(interpolation=None)
    conf.read(folder / ".stestr.conf", encoding="utf-8")
    start, top = conf["DEFAULT"]["test_path"], conf["DEFAULT"].get("top_dir", ".")
    loader = unittest.TestLoader()
    try:
        suite = loader.discover(str(folder / start), top_level_dir=str(folder / top))
    except ImportError as error:
        raise BrokenTestsError(str(error)) from error
    if loader.errors:
        raise BrokenTestsError("\n".join(map(str, loader.errors)))
    found: dict[str, unittest.TestCase] = {}
    for test in _each(suite):
        found.setdefault(test.id(), test)
    return found


def _each(suite: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from _each(item)
        else:
            yield item


def owner(test: unittest.TestCase) -> str:
    """Return the dotted name of the class of a test."""
    return strclass(type(test))
