"""Run tests as users that are made once for the run, in place of new ones for every class.

Tempest skips some tests whose users it did not make itself, and some need an
administrator, which the pool has none of. Those are run at the end by a second
runner, for which Tempest makes users.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from defcheck.cloud.accounts import check
from defcheck.cloud.accounts.create import create
from defcheck.cloud.accounts.record import record_path
from defcheck.cloud.accounts.remove import remove
from defcheck.cloud.connection import Cloud
from defcheck.cloud.prefix import within
from defcheck.cloud.tempestconf import Configuration
from defcheck.errors import DefcheckError, UnusableError
from defcheck.runner.execute import Runner, open_runner
from defcheck.runner.preparation import (
    POOL,
    Prepared,
    Request,
    Watcher,
    write_configuration,
)
from defcheck.tempest.installed import InstalledTempest
from defcheck.tempest.workspace import Workspace, open_workspace


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

    The users are made when the runner is asked for anything but its tests, and
    removed at the end, however that comes. Their names begin with the run's
    prefix, where it has one, so that `cleanup` knows them too.
    """
    if prepared.configuration.credentials != POOL or prepared.cloud is None:
        with open_runner(workspace) as runner:
            yield runner
        return
    pool = Pool(
        prepared.cloud, accounts_path(request.output), workers, within(prepared.prefix), watcher
    )
    with ExitStack() as stack:
        stack.callback(pool.close)
        own = stack.enter_context(open_workspace(tempest))
        write_configuration(own, _as_pool(prepared, pool.path))
        # Both discover Tempest's tests at the same time.
        with ThreadPoolExecutor(1) as threads:
            opening = threads.submit(stack.enter_context, open_runner(own))
            apart = stack.enter_context(open_runner(workspace))
            pooled = opening.result()
        yield PooledRunner(pooled, apart, pool.open)


def accounts_path(output: Path) -> Path:
    """Return where the users of a run are kept while it lasts: beside its directory."""
    return output.with_name(f"{output.name}.accounts.yaml")


def _as_pool(prepared: Prepared, path: Path) -> Configuration:
    """Return the configuration with the users of an accounts file that is yet to be written."""
    conf = prepared.configuration
    auth = {
        "use_dynamic_credentials": "false",
        "test_accounts_file": str(path.absolute()),
        "create_isolated_networks": "false",
    }
    return replace(conf, sections={**conf.sections, "auth": auth})


class Pool:
    """The users of a run, made when they are needed."""

    def __init__(
        self, cloud: Cloud, path: Path, workers: int, prefix: str, watcher: Watcher
    ) -> None:
        self.path = path
        self._prefix = prefix
        self._cloud = cloud
        self._workers = workers
        self._watcher = watcher
        self._begun = False
        self._made = False

    def open(self) -> bool:
        """Make the users, once; return whether they are there."""
        if self._begun:
            return self._made
        self._begun = True
        try:
            if self.path.exists() and record_path(self.path).exists():
                self._take_over()
            else:
                self.close()  # what a run had begun to make when it was killed
                self._watcher.say(f"Making users for {self._workers} workers")
                self.path.parent.mkdir(parents=True, exist_ok=True)
                create(self._cloud, self.path, self._workers, prefix=self._prefix)
            self._made = True
        except DefcheckError as error:
            self._watcher.say(
                f"Warning: {error.message} Tempest makes users itself, for every class"
            )
        return self._made

    def _take_over(self) -> None:
        """Use what a run that was cut off has made; raise where that does not suffice any more."""
        found = check(self.path, self._cloud, self._workers).problems
        if found:
            raise UnusableError("The users made for the run are not whole any more.")
        self._watcher.say("Using the users that were made for the run")

    def close(self) -> None:
        """Remove what was made; say so where something is left."""
        record = record_path(self.path)
        if not record.exists():
            return
        advice = f"`defcheck cloud accounts delete {self.path}` removes them"
        try:
            done = remove(self._cloud, self.path)
        except (DefcheckError, OSError) as error:  # a full disk, of which the run tells
            self._watcher.say(f"Warning: Users of the run are left: {error} {advice}")
            return
        for line in done.kept:
            self._watcher.say(f"Warning: Kept: {line}")
        if done.kept:
            self._watcher.say(f"Warning: Users of the run are left: {advice}, once that is empty")
        else:
            record.unlink()


class PooledRunner(Runner):
    """Two runners that are used as one: most tests run as the pool's users, some apart."""

    def __init__(self, pooled: Runner, apart: Runner, ready: Callable[[], bool]) -> None:
        self.owners = pooled.owners
        self._pooled = pooled
        self._apart = apart
        self._ready = ready
        self._set_apart: frozenset[str] = frozenset()

    def foresee(
        self, tests: Iterable[str], accounts: Path | None = None
    ) -> dict[str, tuple[str, str]]:
        """Return which tests will not run; those that only the pool's users skip will."""
        if not self._ready():
            return self._apart.foresee(tests, accounts)
        found = self._pooled.foresee(tests, accounts)
        if accounts is not None:
            return found
        still = self._apart.foresee(found)
        self._set_apart = frozenset(found) - frozenset(still)
        return {test: fate for test, fate in found.items() if test in still}

    def run(self, tests: Sequence[str], workers: int, **more: Any) -> int:
        """Run tests as `Runner.run` does, those that the pool's users would skip at the end."""
        if not self._ready():
            return self._apart.run(tests, workers, **more)
        turns = (
            (self._pooled, [test for test in tests if test not in self._set_apart]),
            (self._apart, [test for test in tests if test in self._set_apart]),
        )
        code = 0
        for runner, some in turns:
            if some and not code:
                code = runner.run(some, workers, **more)
        return code

    def discover(self) -> None:
        """Do nothing: both have discovered the tests."""

    def end(self) -> None:
        """End both."""
        self._pooled.end()
        self._apart.end()
