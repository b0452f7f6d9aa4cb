"""Two runners as one: what the pool's users would skip runs apart, while those are made.

The runners are small fakes here, which note what they are asked; real ones with
a real Tempest are in tests/e2e.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from defcheck.runner.execute import Runner
from defcheck.runner.pooled import PooledRunner, accounts_path, needs_routers

SKIP = ("skipped", "no admin")
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

    def foresee(
        self, tests: Iterable[str], accounts: Path | None = None
    ) -> dict[str, tuple[str, str]]:
        self.files.append(accounts)
        return {test: SKIP for test in tests if test in self.skips}

    def run(self, tests: Sequence[str], workers: int, **_: Any) -> int:
        self.asked.append((self.name, tuple(tests)))
        return self.code


class NotingUsers:
    """Notes in the common list when they begin to be made, and when they are waited for."""

    def __init__(self, asked: Asked, *, made: bool) -> None:
        self.asked = asked
        self.made = made

    def begin(self, tests: Iterable[str]) -> None:
        if ("begin", ()) not in self.asked:
            self.asked.append(("begin", ()))

    def ready(self) -> bool:
        self.asked.append(("ready", ()))
        return self.made


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


def test_only_what_the_pool_alone_skips_runs_apart_and_is_not_foreseen() -> None:
    runner, asked = pair(pooled="ab", apart="b")
    assert runner.foresee("abc") == {"b": SKIP}
    assert runner.run(["a", "b", "c"], 2) == 0
    assert [one for one in asked if one[1]] == [("apart", ("a",)), ("pooled", ("b", "c"))]


def test_what_needs_no_pool_runs_while_it_is_being_made() -> None:
    runner, asked = pair(pooled="a", apart="")
    assert asked == []
    assert runner.owners == {"a": "m.C", "b": "m.C", "c": "m.C"}
    assert asked == []
    runner.foresee("abc")
    runner.run(["a", "b"], 1)
    assert asked == [("begin", ()), ("apart", ("a",)), ("ready", ()), ("pooled", ("b",))]


def test_tempest_is_asked_about_users_who_are_not_there_yet() -> None:
    runner, _ = pair(pooled="", apart="")
    pooled = runner._pooled
    assert isinstance(pooled, NotingRunner)
    runner.foresee("abc")
    runner.foresee("abc", Path("others.yaml"))
    assert pooled.files == [Path("supposed.yaml"), Path("others.yaml")]


def test_a_runner_with_nothing_to_do_is_not_asked() -> None:
    runner, asked = pair(pooled="abc", apart="")
    runner.foresee("abc")
    runner.run(["a"], 1)
    assert [one for one in asked if one[1]] == [("apart", ("a",))]


def test_after_a_runner_that_broke_off_the_other_does_not_begin() -> None:
    runner, asked = pair(pooled="a", apart="", code=3)
    runner.foresee("abc")
    assert runner.run(["a", "b"], 1) == 3
    assert [one for one in asked if one[1]] == [("apart", ("a",))]


def test_where_no_users_could_be_made_tempest_makes_its_own_for_all() -> None:
    runner, asked = pair(pooled="ab", apart="b", made=False)
    assert runner.foresee("abc") == {"b": SKIP}
    runner.run(["a", "b", "c"], 1)
    assert [one for one in asked if one[1]] == [("apart", ("a",)), ("apart", ("b", "c"))]


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


def test_the_users_lie_beside_the_run_directory() -> None:
    assert accounts_path(Path("runs/mine")) == Path("runs/mine.accounts.yaml")
