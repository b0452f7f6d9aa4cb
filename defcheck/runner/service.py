"""The process of the tests: discovers them once, then runs those that it is asked to.

On standard input come orders as lines of JSON, on the former standard output go
frames. Whatever a test prints goes to standard error.
"""

import json
import os
import unittest
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from defcheck.redaction.redactor import Redactor
from defcheck.runner.discovery import BrokenTestsError, discover, owner
from defcheck.runner.foresight import foresee
from defcheck.runner.frames import tell
from defcheck.runner.made import listen
from defcheck.runner.order import FORESEE, Order
from defcheck.runner.pool import Group, Pool, StoppedError
from defcheck.runner.scribe import Scribe
from defcheck.runner.stream import RawResults
from defcheck.tempest.abandoned import delete_when_dead

BROKEN, STOPPED, FAILED = 1, 2, 3
"""Exit codes: the tests cannot be imported; the run was ended; it could not go on."""


def main() -> int:
    """Say which tests there are, and run what is asked for until nobody asks any more.

    Where that is because defcheck was killed, its workspace is deleted.
    """
    workspace = Path.cwd()
    try:
        return _serve()
    except BrokenPipeError:
        return STOPPED
    finally:
        os.chdir("/")
        delete_when_dead(workspace)


def _serve() -> int:
    channel = os.dup(1)
    os.dup2(2, 1)
    try:
        tests = discover(Path.cwd())
    except BrokenTestsError as error:
        tell(channel, broken=str(error))
        return BROKEN
    tell(channel, tests=[[name, owner(test)] for name, test in tests.items()])
    with os.fdopen(os.dup(0), "rb") as orders:
        for line in orders:
            order = json.loads(line)
            if FORESEE in order:
                groups = [[tests[test] for test in ids] for ids in order[FORESEE]]
                tell(channel, foreseen=foresee(groups, order["accounts"]))
                continue
            code = _run(Order(**order), tests, channel)
            if code:
                return code
    return 0


def _run(order: Order, tests: Mapping[str, unittest.TestCase], channel: int) -> int:
    groups = [Group(name, tuple(tests[test] for test in ids)) for name, ids in order.groups]
    redactor = Redactor(order.secrets)
    scribe = None
    try:
        scribe = Scribe(Path(order.log), redactor)
        results = RawResults(Path(order.results))
        listen(Path(order.results).parent, redactor)
        pool = Pool(groups, results, order.class_seconds, redactor, channel=channel, lifeline=0)
        pool.run(order.workers)
    except StoppedError:
        return STOPPED
    except OSError as error:
        with suppress(OSError):
            tell(channel, failed=error.strerror or str(error))
        return FAILED
    finally:
        if scribe is not None:
            scribe.end()
    tell(channel, done=True)
    return 0
