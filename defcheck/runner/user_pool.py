"""Run tests as users that are created once for the run, instead of new ones for every class."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, cast

from defcheck.cloud.accounts import check_accounts_file
from defcheck.cloud.accounts.creation import create_accounts
from defcheck.cloud.accounts.removal import remove_accounts
from defcheck.cloud.accounts.resources import record_path
from defcheck.cloud.connection import Cloud
from defcheck.cloud.tempest_conf import TempestConfiguration, extend_prefix
from defcheck.errors import DefcheckError
from defcheck.runner.engine.client import Runner, open_runner
from defcheck.runner.preparation import (
    POOL,
    PreparedRun,
    RunObserver,
    RunRequest,
    write_configuration,
    write_placeholder_accounts,
)
from defcheck.tempest.conf_file import Sections, is_true
from defcheck.tempest.installed import InstalledTempest
from defcheck.tempest.workspace import Workspace, open_workspace
from defcheck.util.files import path_exists

MAX_ASIDE = 100
"""How many interruptions of one run may leave users behind."""

API, FLOATING = "tempest.api.", "tempest.api.compute.floating_ips."


@contextmanager
def open_runners(
    request: RunRequest,
    prepared: PreparedRun,
    tempest: InstalledTempest,
    workspace: Workspace,
    workers: int,
    watcher: RunObserver,
) -> Iterator[Runner]:
    """Start a runner in a workspace, with a pool of users if requested.

    Their creation starts when the runner is asked for anything but its tests; they are
    always deleted at the end. Their names begin with the run's prefix, if it has one,
    so that `cleanup` finds them too.
    """
    if prepared.configuration.credentials != POOL or prepared.cloud is None:
        with open_runner(workspace) as runner:
            yield runner
        return
    pool = UserPool(prepared, accounts_path(request.output), workers, watcher)
    with ExitStack() as stack:
        stack.callback(pool.close)
        own = stack.enter_context(open_workspace(tempest))
        conf = _configure_pool(prepared, pool.path)
        write_configuration(own, conf)
        # Both discover Tempest's tests concurrently.
        with ThreadPoolExecutor(1) as threads:
            opening = threads.submit(stack.enter_context, open_runner(own))
            apart = stack.enter_context(open_runner(workspace))
            pooled = opening.result()
        yield PooledRunner(pooled, apart, pool, write_placeholder_accounts(own, conf))


def accounts_path(output: Path) -> Path:
    """Return the path of a run's accounts file, next to its directory."""
    return output.with_name(f"{output.name}.accounts.yaml")


def move_accounts_aside(path: Path) -> Path:
    """Rename an accounts file and its record; return the new path.

    The record is renamed last: until then the users can be deleted.
    """
    other = next(
        one
        for one in _list_other_paths(path)
        if not path_exists(one) and not path_exists(record_path(one))
    )
    path.rename(other)
    record_path(path).rename(record_path(other))
    return other


def _list_other_paths(path: Path) -> Iterator[Path]:
    return (path.with_name(f"{path.stem}-{n}{path.suffix}") for n in range(1, MAX_ASIDE))


def find_user_files(output: Path) -> list[Path]:
    """Return all accounts files of users that were created for a run, with their records."""
    path = accounts_path(output)
    found = [path, *_list_other_paths(path)]
    return [file for one in found for file in (one, record_path(one)) if file.exists()]


def _configure_pool(prepared: PreparedRun, path: Path) -> TempestConfiguration:
    """Return the configuration with an accounts file that does not exist yet."""
    conf = prepared.configuration
    auth = {
        "use_dynamic_credentials": "false",
        "test_accounts_file": str(path.absolute()),
        "create_isolated_networks": "false",
    }
    return replace(conf, sections={**conf.sections, "auth": auth})


def needs_routers(sections: Sections, tests: Iterable[str]) -> bool:
    """Return whether the users' networks need a router to outside.

    Of Tempest's own API tests only those of Nova's floating IPs need it, unless the
    configuration makes all of them log in to servers. Other suites may need it.
    """
    validating = is_true(sections.get("validation", {}).get("run_validation", ""))
    return validating or any(
        test.startswith(FLOATING) or not test.startswith(API) for test in tests
    )


class UserPool:
    """The users of a run, created when they are needed."""

    def __init__(
        self, prepared: PreparedRun, path: Path, workers: int, watcher: RunObserver
    ) -> None:
        self.path = path
        self._prefix = extend_prefix(prepared.prefix)
        self._sections = prepared.configuration.sections
        self._cloud = cast(Cloud, prepared.cloud)
        self._workers = workers
        self._watcher = watcher
        self._thread = ThreadPoolExecutor(1)
        self._making: Future[None] | None = None

    def start_creation(self, tests: Iterable[str]) -> None:
        """Start creating the users for these tests, only once, without waiting."""
        if self._making is not None:
            return
        if self.path.exists() and record_path(self.path).exists():
            self._watcher.say("Using the users that were created for the run")
            self._making = self._thread.submit(
                self._reuse_users, needs_routers(self._sections, tests)
            )
        else:
            self._remove_users()  # what a killed run had started to create
            self._watcher.say(f"Creating users for {self._workers} workers")
            self._making = self._thread.submit(
                self._create_users, needs_routers(self._sections, tests)
            )

    def wait_for_creation(self) -> str:
        """Wait for the users; return why they could not be created, empty if they were."""
        error = cast(Future[None], self._making).exception()
        if error is not None and not isinstance(error, DefcheckError):
            raise error
        return error.message if error is not None else ""

    def _create_users(self, routed: bool) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        create_accounts(self._cloud, self.path, self._workers, routed=routed, prefix=self._prefix)

    def _reuse_users(self, routed: bool) -> None:
        """Reuse the users of an interrupted run; create new ones if they are too few.

        An interruption deletes users without leftovers: those that are kept because of
        their containers or servers are then too few.
        """
        if not check_accounts_file(self.path, self._cloud, self._workers).problems:
            return
        self._remove_users()
        if record_path(self.path).exists():
            self._watcher.say(
                f"Creating new users; the old ones are listed in {move_accounts_aside(self.path)}"
            )
        self._create_users(routed)

    def close(self) -> None:
        """Delete the users after their creation has ended; warn if some remain."""
        if self._making is not None and not self._making.done():
            self._watcher.say("Waiting for the users that are being created, to delete them")
        try:
            self._thread.shutdown(wait=True)
            self._remove_users()
        except KeyboardInterrupt:  # interrupts only this: the results must still be shown
            self._watcher.say(
                f"Warning: some users of this run may not have been deleted: {self._advice}"
            )

    @property
    def _advice(self) -> str:
        return f"`defcheck cloud accounts delete {shlex.quote(str(self.path))}` deletes them"

    def _remove_users(self) -> None:
        record = record_path(self.path)
        if not record.exists():
            return
        self._watcher.say("Deleting the users that were created for the run")
        try:
            done = remove_accounts(self._cloud, self.path)
        except (DefcheckError, OSError) as error:  # a full disk, which the run itself reports
            self._watcher.say(
                f"Warning: some users of this run were not deleted: {error} {self._advice}"
            )
            return
        for line in done.kept:
            self._watcher.say(f"Warning: Kept: {line}")
        if done.kept:
            self._watcher.say(
                f"Warning: some users of this run were not deleted: {self._advice}, "
                "after you emptied their projects"
            )
        else:
            record.unlink()


class PendingUsers(Protocol):
    """Users whose creation is in progress."""

    path: Path
    """Their accounts file."""

    def start_creation(self, tests: Iterable[str]) -> None:
        """Start creating them for these tests, without waiting."""

    def wait_for_creation(self) -> str:
        """Wait for them; return why they could not be created, empty if they were."""


class PooledRunner(Runner):
    """Two runners used as one: most tests run as the pool's users, the rest in the second."""

    def __init__(
        self, pooled: Runner, apart: Runner, users: PendingUsers, placeholder_accounts: Path
    ) -> None:
        self.owners = pooled.owners
        self._pooled = pooled
        self._apart = apart
        self._users = users
        self._placeholder_accounts = placeholder_accounts
        """Placeholder accounts, to ask Tempest before the users exist."""

        self._set_apart: frozenset[str] = frozenset()

    def predict_skips(
        self, tests: Iterable[str], accounts: Path | None = None
    ) -> dict[str, tuple[str, str]]:
        """Return the tests that will not run with either runner."""
        asked = tuple(tests)
        self._users.start_creation(asked)
        found = self._pooled.predict_skips(asked, accounts or self._placeholder_accounts)
        if accounts is not None:
            return found
        still = self._apart.predict_skips(found)
        self._set_apart = frozenset(found) - frozenset(still)
        return {test: fate for test, fate in found.items() if test in still}

    def wait_for_users(self) -> Path | None:
        """Return the pool's accounts file once it exists, None if its creation failed."""
        return None if self._users.wait_for_creation() else self._users.path

    def execute_tests(self, tests: Sequence[str], workers: int, **more: Any) -> int:
        """Run tests as `Runner.execute_tests` does, first those that the pool's users would skip.

        If the pool could not be created, all run as users that Tempest creates;
        `on_note` gets the reason as `fallback`.
        """
        self._users.start_creation(tests)
        apart = [test for test in tests if test in self._set_apart]
        code = self._apart.execute_tests(apart, workers, **more) if apart else 0
        others = [test for test in tests if test not in self._set_apart]
        if code or not others:
            return code
        problem = self._users.wait_for_creation()
        if problem and "on_note" in more:
            more["on_note"]({"fallback": problem})
        runner = self._apart if problem else self._pooled
        return runner.execute_tests(others, workers, **more)

    def wait_for_tests(self) -> None:
        """Do nothing: both runners have already discovered the tests."""

    def shut_down(self) -> None:
        """Shut down both runners."""
        self._pooled.shut_down()
        self._apart.shut_down()
