"""Run tests as users that are made once for the run, in place of new ones for every class.

Tempest skips some tests whose users it did not make itself, and some need an
administrator, which the pool has none of. Those are run by a second runner, for
which Tempest makes users, while those of the pool are being made.
"""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, cast

from defcheck.cloud.accounts import check
from defcheck.cloud.accounts.create import create
from defcheck.cloud.accounts.record import record_path
from defcheck.cloud.accounts.remove import remove
from defcheck.cloud.connection import Cloud
from defcheck.cloud.prefix import within
from defcheck.cloud.tempestconf import Configuration
from defcheck.errors import DefcheckError
from defcheck.files import exists
from defcheck.runner.execute import Runner, open_runner
from defcheck.runner.preparation import (
    POOL,
    Prepared,
    Request,
    Watcher,
    write_configuration,
)
from defcheck.runner.supposed import write_supposed
from defcheck.tempest.conf_file import Sections, is_true
from defcheck.tempest.installed import InstalledTempest
from defcheck.tempest.workspace import Workspace, open_workspace

MOST_ASIDE = 100
"""Interruptions of one run that leave users behind."""

API, FLOATING = "tempest.api.", "tempest.api.compute.floating_ips."


@contextmanager
def open_runners(
    request: Request,
    prepared: Prepared,
    tempest: InstalledTempest,
    workspace: Workspace,
    workers: int,
    watcher: Watcher,
) -> Iterator[Runner]:
    """Start a runner in a workspace, with a pool of users where it is wanted.

    The users begin to be made when the runner is asked for anything but its
    tests, and are removed at the end, however that comes. Their names begin with the run's
    prefix, where it has one, so that `cleanup` knows them too.
    """
    if prepared.configuration.credentials != POOL or prepared.cloud is None:
        with open_runner(workspace) as runner:
            yield runner
        return
    pool = Pool(prepared, accounts_path(request.output), workers, watcher)
    with ExitStack() as stack:
        stack.callback(pool.close)
        own = stack.enter_context(open_workspace(tempest))
        conf = _as_pool(prepared, pool.path)
        write_configuration(own, conf)
        # Both discover Tempest's tests at the same time.
        with ThreadPoolExecutor(1) as threads:
            opening = threads.submit(stack.enter_context, open_runner(own))
            apart = stack.enter_context(open_runner(workspace))
            pooled = opening.result()
        yield PooledRunner(pooled, apart, pool, write_supposed(own, conf))


def accounts_path(output: Path) -> Path:
    """Return where the users of a run are kept while it lasts: beside its directory."""
    return output.with_name(f"{output.name}.accounts.yaml")


def set_aside(path: Path) -> Path:
    """Give an accounts file and its record another name; return it.

    The record goes last: as long as it has its name the users can be removed.
    """
    other = next(one for one in _others(path) if not exists(one) and not exists(record_path(one)))
    path.rename(other)
    record_path(path).rename(record_path(other))
    return other


def _others(path: Path) -> Iterator[Path]:
    return (path.with_name(f"{path.stem}-{n}{path.suffix}") for n in range(1, MOST_ASIDE))


def files_of_users(output: Path) -> list[Path]:
    """Return all files of users that were made for a run, with their records."""
    path = accounts_path(output)
    found = [path, *_others(path)]
    return [file for one in found for file in (one, record_path(one)) if file.exists()]


def _as_pool(prepared: Prepared, path: Path) -> Configuration:
    """Return the configuration with the users of an accounts file that is yet to be written."""
    conf = prepared.configuration
    auth = {
        "use_dynamic_credentials": "false",
        "test_accounts_file": str(path.absolute()),
        "create_isolated_networks": "false",
    }
    return replace(conf, sections={**conf.sections, "auth": auth})


def needs_routers(sections: Sections, tests: Iterable[str]) -> bool:
    """Tell whether the users' networks have to lead outside.

    Of Tempest's own API tests only those of Nova's floating IPs need it, unless
    all are to log in to servers. Other suites are not known.
    """
    validating = is_true(sections.get("validation", {}).get("run_validation", ""))
    return validating or any(
        test.startswith(FLOATING) or not test.startswith(API) for test in tests
    )


class Pool:
    """The users of a run, made when they are needed."""

    def __init__(self, prepared: Prepared, path: Path, workers: int, watcher: Watcher) -> None:
        self.path = path
        self._prefix = within(prepared.prefix)
        self._sections = prepared.configuration.sections
        self._cloud = cast(Cloud, prepared.cloud)
        self._workers = workers
        self._watcher = watcher
        self._thread = ThreadPoolExecutor(1)
        self._making: Future[None] | None = None

    def begin(self, tests: Iterable[str]) -> None:
        """Let the users for these tests be made, once, and do not wait for them."""
        if self._making is not None:
            return
        if self.path.exists() and record_path(self.path).exists():
            self._watcher.say("Using the users that were made for the run")
            self._making = self._thread.submit(
                self._take_over, needs_routers(self._sections, tests)
            )
        else:
            self._remove()  # what a run had begun to make when it was killed
            self._watcher.say(f"Making users for {self._workers} workers")
            self._making = self._thread.submit(self._make, needs_routers(self._sections, tests))

    def problem(self) -> str:
        """Wait for the users; return why they are not there, empty where they are."""
        error = cast(Future[None], self._making).exception()
        if error is not None and not isinstance(error, DefcheckError):
            raise error
        return error.message if error is not None else ""

    def _make(self, routed: bool) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        create(self._cloud, self.path, self._workers, routed=routed, prefix=self._prefix)

    def _take_over(self, routed: bool) -> None:
        """Use what a run that was cut off has made; make others where that does not suffice.

        An interruption removes the users that nothing was left of: those that
        are kept for their containers or servers are too few then.
        """
        if not check(self.path, self._cloud, self._workers).problems:
            return
        self._remove()
        if record_path(self.path).exists():
            self._watcher.say(
                f"Making others; those that are left are now in {set_aside(self.path)}"
            )
        self._make(routed)

    def close(self) -> None:
        """Remove what was made, once all is made; say so where something is left."""
        if self._making is not None and not self._making.done():
            self._watcher.say("Waiting for the users that are being made, to remove them")
        try:
            self._thread.shutdown(wait=True)
            self._remove()
        except KeyboardInterrupt:  # ends this alone: the results are still to be shown
            self._watcher.say(f"Warning: Users of the run may be left: {self._advice}")

    @property
    def _advice(self) -> str:
        return f"`defcheck cloud accounts delete {shlex.quote(str(self.path))}` removes them"

    def _remove(self) -> None:
        record = record_path(self.path)
        if not record.exists():
            return
        self._watcher.say("Removing the users that were made for the run")
        try:
            done = remove(self._cloud, self.path)
        except (DefcheckError, OSError) as error:  # a full disk, of which the run tells
            self._watcher.say(f"Warning: Users of the run are left: {error} {self._advice}")
            return
        for line in done.kept:
            self._watcher.say(f"Warning: Kept: {line}")
        if done.kept:
            self._watcher.say(
                f"Warning: Users of the run are left: {self._advice}, once that is empty"
            )
        else:
            record.unlink()


class Users(Protocol):
    """Users that are being made."""

    path: Path
    """Their accounts file."""

    def begin(self, tests: Iterable[str]) -> None:
        """Let them be made for these tests, and do not wait for them."""

    def problem(self) -> str:
        """Wait for them; return why they are not there, empty where they are."""


class PooledRunner(Runner):
    """Two runners that are used as one: most tests run as the pool's users, some apart."""

    def __init__(self, pooled: Runner, apart: Runner, users: Users, supposed: Path) -> None:
        self.owners = pooled.owners
        self._pooled = pooled
        self._apart = apart
        self._users = users
        self._supposed = supposed
        """An accounts file of such users, for asking Tempest before they are there."""

        self._set_apart: frozenset[str] = frozenset()

    def foresee(
        self, tests: Iterable[str], accounts: Path | None = None
    ) -> dict[str, tuple[str, str]]:
        """Return which tests will not run; those that only the pool's users skip will."""
        asked = tuple(tests)
        self._users.begin(asked)
        found = self._pooled.foresee(asked, accounts or self._supposed)
        if accounts is not None:
            return found
        still = self._apart.foresee(found)
        self._set_apart = frozenset(found) - frozenset(still)
        return {test: fate for test, fate in found.items() if test in still}

    def wait_for_users(self) -> Path | None:
        """Return the pool's accounts file once it is there, None where creating it failed."""
        return None if self._users.problem() else self._users.path

    def run(self, tests: Sequence[str], workers: int, **more: Any) -> int:
        """Run tests as `Runner.run` does, those that the pool's users would skip first.

        Where the pool could not be created all run as users that Tempest
        creates, which `on_note` is told as `fallback`, with the reason.
        """
        self._users.begin(tests)
        apart = [test for test in tests if test in self._set_apart]
        code = self._apart.run(apart, workers, **more) if apart else 0
        others = [test for test in tests if test not in self._set_apart]
        if code or not others:
            return code
        problem = self._users.problem()
        if problem and "on_note" in more:
            more["on_note"]({"fallback": problem})
        runner = self._apart if problem else self._pooled
        return runner.run(others, workers, **more)

    def discover(self) -> None:
        """Do nothing: both have discovered the tests."""

    def end(self) -> None:
        """End both."""
        self._pooled.end()
        self._apart.end()
