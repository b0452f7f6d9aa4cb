"""Two runners as one: what the pool's users would skip runs apart, while those are made.

The runners are small fakes here, which note what they are asked; real ones with
a real Tempest are in tests/e2e.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from defcheck.cloud.accounts.resources import record_path
from defcheck.cloud.tempest_conf import TempestConfiguration
from defcheck.runner import user_pool
from defcheck.runner.engine.client import Runner
from defcheck.runner.preparation import PreparedRun
from defcheck.runner.user_pool import (
    PooledRunner,
    UserPool,
    accounts_path,
    find_user_files,
    move_accounts_aside,
    needs_routers,
)

SKIP = ("skipped", "no admin")
PROBLEM = "A role assignment could not be created: HTTP 503."
Asked = list[tuple[str, tuple[str, ...]]]


class NotingRunner(Runner):
    """Skips some tests, and notes in a common list what it runs."""

    def __init__(self, name: str, skips: Iterable[str], asked: Asked, code: int = 0) -> None:
        self.name = name
        self.skips = set(skips)
        self.asked = asked
        self.code = code
        self.owners = dict.fromkeys("abc", "m.C")
        self.files: list[Path | None] = []

    def predict_skips(
        self, tests: Iterable[str], accounts: Path | None = None
    ) -> dict[str, tuple[str, str]]:
        self.files.append(accounts)
        return {test: SKIP for test in tests if test in self.skips}

    def execute_tests(self, tests: Sequence[str], workers: int, **_: Any) -> int:
        self.asked.append((self.name, tuple(tests)))
        return self.code


class NotingUsers:
    """Notes in the common list when they begin to be made, and when they are waited for."""

    def __init__(self, asked: Asked, *, made: bool) -> None:
        self.asked = asked
        self.made = made
        self.path = Path("users.yaml")

    def start_creation(self, tests: Iterable[str]) -> None:
        if ("begin", ()) not in self.asked:
            self.asked.append(("begin", ()))

    def wait_for_creation(self) -> str:
        self.asked.append(("ready", ()))
        return "" if self.made else PROBLEM


def pair(
    pooled: Iterable[str], apart: Iterable[str], *, code: int = 0, made: bool = True
) -> tuple[PooledRunner, Asked]:
    """Return a runner whose second one ends with `code`, and what is asked."""
    asked: Asked = []
    runner = PooledRunner(
        NotingRunner("pooled", pooled, asked),
        NotingRunner("apart", apart, asked, code),
        NotingUsers(asked, made=made),
        Path("supposed.yaml"),
    )
    return runner, asked


def test_only_what_the_pool_alone_skips_runs_apart_and_is_not_predicted() -> None:
    runner, asked = pair(pooled="ab", apart="b")
    assert runner.predict_skips("abc") == {"b": SKIP}
    assert runner.execute_tests(["a", "b", "c"], 2) == 0
    assert [one for one in asked if one[1]] == [("apart", ("a",)), ("pooled", ("b", "c"))]


def test_what_needs_no_pool_runs_while_it_is_being_made() -> None:
    runner, asked = pair(pooled="a", apart="")
    assert asked == []
    assert runner.owners == {"a": "m.C", "b": "m.C", "c": "m.C"}
    assert asked == []
    runner.predict_skips("abc")
    runner.execute_tests(["a", "b"], 1)
    assert asked == [("begin", ()), ("apart", ("a",)), ("ready", ()), ("pooled", ("b",))]


@pytest.mark.parametrize(("made", "path"), [(True, Path("users.yaml")), (False, None)])
def test_the_users_are_waited_for_where_they_are_to_be_asked(made: bool, path: Path | None) -> None:
    runner, asked = pair(pooled="a", apart="", made=made)
    runner.predict_skips("a")
    assert runner.wait_for_users() == path
    assert asked == [("begin", ()), ("ready", ())]
    assert NotingRunner("alone", "", []).wait_for_users() is None


def test_tempest_is_asked_about_users_who_are_not_there_yet() -> None:
    runner, _ = pair(pooled="", apart="")
    pooled = runner._pooled
    assert isinstance(pooled, NotingRunner)
    runner.predict_skips("abc")
    runner.predict_skips("abc", Path("others.yaml"))
    assert pooled.files == [Path("supposed.yaml"), Path("others.yaml")]


def test_a_runner_with_nothing_to_do_is_not_asked() -> None:
    runner, asked = pair(pooled="abc", apart="")
    runner.predict_skips("abc")
    runner.execute_tests(["a"], 1)
    assert [one for one in asked if one[1]] == [("apart", ("a",))]


def test_after_a_runner_that_broke_off_the_other_does_not_begin() -> None:
    runner, asked = pair(pooled="a", apart="", code=3)
    runner.predict_skips("abc")
    assert runner.execute_tests(["a", "b"], 1) == 3
    assert [one for one in asked if one[1]] == [("apart", ("a",))]


def test_where_no_users_could_be_made_tempest_makes_its_own_for_all() -> None:
    runner, asked = pair(pooled="ab", apart="b", made=False)
    assert runner.predict_skips("abc") == {"b": SKIP}
    notes: list[Any] = []
    runner.execute_tests(["a", "b", "c"], 1, on_note=notes.append)
    assert [one for one in asked if one[1]] == [("apart", ("a",)), ("apart", ("b", "c"))]
    assert notes == [{"fallback": PROBLEM}]


def test_where_the_users_are_there_nothing_falls_back() -> None:
    runner, _ = pair(pooled="ab", apart="b")
    runner.predict_skips("abc")
    notes: list[Any] = []
    runner.execute_tests(["a", "b", "c"], 1, on_note=notes.append)
    assert notes == []


@pytest.mark.parametrize(
    ("tests", "sections", "routed"),
    [
        (["tempest.api.compute.servers.test_servers.C.test"], {}, False),
        (["tempest.api.compute.servers.t.C.t", "tempest.api.compute.floating_ips.t.C.t"], {}, True),
        (["tempest.scenario.test_network_basic_ops.C.test"], {}, True),
        (["heat_tempest_plugin.tests.api.test.C.test"], {}, True),
        (["tempest.api.volume.t.C.t"], {"validation": {"run_validation": "false"}}, False),
        (["tempest.api.volume.t.C.t"], {"validation": {"run_validation": "True"}}, True),
    ],
)
def test_routers_are_made_where_tests_reach_servers(
    tests: list[str], sections: dict[str, dict[str, str]], *, routed: bool
) -> None:
    assert needs_routers(sections, tests) is routed


class Listening:
    """Hears what is said of a run."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def planned(self, *_: object) -> None:
        """Take nothing of it."""

    def event(self, *_: object) -> None:
        """Take nothing of it."""

    def ended(self, *, interrupted: bool) -> None:
        """Take nothing of it."""


def pool_of(path: Path) -> tuple[UserPool, Listening]:
    """Return a pool whose files lie at `path`, and who hears of it."""
    listening = Listening()
    prepared = PreparedRun(
        {}, TempestConfiguration({}, "pool"), None, None, prefix="defcheck-1a2b3c4d"
    )
    return UserPool(prepared, path, 2, listening), listening


def write_users(path: Path) -> None:
    path.write_text("users")
    record_path(path).write_text("record")


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_interruption_of_the_removal_loses_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests are over then, and what came of them is still to be shown."""
    path = tmp_path / "a run.accounts.yaml"
    write_users(path)
    monkeypatch.setattr(user_pool, "remove_accounts", interrupted)
    pool, listening = pool_of(path)
    pool.close()
    assert listening.said[-1] == (
        "Warning: some users of this run may not have been deleted: "
        f"`defcheck cloud accounts delete '{path}'` "
        "deletes them"
    )


@pytest.mark.parametrize("whole", [True, False])
def test_users_of_whom_some_are_gone_give_way_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, whole: bool
) -> None:
    """An interruption removes the users that nothing was left of, and keeps the rest."""
    path = tmp_path / "run.accounts.yaml"
    write_users(path)

    class Report:
        problems = () if whole else ("u1: the login is refused",)

    class Removed:
        kept = ("project p contains 1 container",)

    def make(_: object, to: Path, *__: object, **___: object) -> None:
        assert not to.exists()
        to.write_text("others")

    monkeypatch.setattr(user_pool, "check_accounts_file", lambda *_: Report)
    monkeypatch.setattr(user_pool, "remove_accounts", lambda *_: Removed)
    monkeypatch.setattr(user_pool, "create_accounts", make)
    pool, listening = pool_of(path)
    pool.start_creation(["tempest.api.a.B.c"])
    assert pool.wait_for_creation() == ""
    aside = tmp_path / "run.accounts-1.yaml"
    assert path.read_text() == ("users" if whole else "others")
    assert aside.exists() is not whole
    assert record_path(aside).exists() is not whole
    assert any(aside.name in line for line in listening.said) is not whole


def test_users_are_set_aside_again_and_again_and_all_found(tmp_path: Path) -> None:
    path = accounts_path(tmp_path / "run")
    found = []
    for number in (1, 2):
        write_users(path)
        found.append(move_accounts_aside(path))
        assert found[-1] == tmp_path / f"run.accounts-{number}.yaml"
    write_users(path)
    expected = {file for one in (path, *found) for file in (one, record_path(one))}
    assert set(find_user_files(tmp_path / "run")) == expected == set(tmp_path.iterdir())


def test_the_users_lie_beside_the_run_directory() -> None:
    assert accounts_path(Path("runs/mine")) == Path("runs/mine.accounts.yaml")
