"""What stops a run stops its resumption alike, before anything is changed."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from defcheck.cloud.accounts import credentials
from defcheck.cloud.accounts.accounts_file import Account
from defcheck.cloud.accounts.credentials import AccountLogin
from defcheck.cloud.connection import Cloud
from defcheck.cloud.discovery import cloud_discovery
from defcheck.cloud.discovery.model import CloudDiscovery, Unavailable
from defcheck.cloud.tempest_conf import TempestConfiguration
from defcheck.errors import DefcheckError, InputError
from defcheck.guideline import catalog
from defcheck.guideline.models import Status
from defcheck.guideline.overlay import load_overlay
from defcheck.guideline.selection import find_target, select_tests
from defcheck.results.models import Event
from defcheck.runner import runs
from defcheck.runner.engine.client import Runner
from defcheck.runner.preparation import PreparedRun, RunRequest
from defcheck.scoring.policy import ScoringOptions
from tests.unit.cloud.preflight import clouds

USERS = """\
- {username: m1, password: s3cret, project_name: one, roles: [member, swiftoperator]}
- {username: m2, password: s3cret, project_name: two, roles: [member, swiftoperator]}
- {username: r1, password: s3cret, project_name: one, roles: [reader]}
- {username: r2, password: s3cret, project_name: two, roles: [reader]}
"""
FACTS = {"name": "mine", "auth_url": "http://identity/v3", "region": "R", "cpid": "c"}


def log_in(account: Account) -> AccountLogin:
    """Return a login that holds the roles its file lists."""
    return AccountLogin(
        account, project_id=account.project, user_id=account.username, roles=account.roles
    )


def refuse_login(account: Account) -> AccountLogin:
    return AccountLogin(account, "the cloud refuses the login (HTTP 401)")


def lose_login(account: Account) -> AccountLogin:
    return AccountLogin(account, "the login could not be tried: no answer", unavailable=True)


def log_in_as_admin(account: Account) -> AccountLogin:
    return replace(log_in(account), roles=account.roles | {"admin"})


class SwiftRefusedError(Exception):
    http_status = 401


def without_swift() -> CloudDiscovery:
    lost = Unavailable("the connection was refused")
    return replace(
        clouds.SURVEY,
        endpoints=tuple(
            replace(one, reached=lost, versions=lost)
            if one.entry.official_type == "object-store"
            else one
            for one in clouds.ENDPOINTS
        ),
    )


class InterruptedRunner(Runner):
    """Lists the tests of a target; a run of them is interrupted at once."""

    def __init__(self) -> None:
        guideline = catalog.load_guideline("2020.06")
        target = find_target(guideline, "object")
        chosen = select_tests(guideline, target, (Status.REQUIRED,), flagged=True)
        self.owners = {f"{test.name}[smoke]": "" for _, test in chosen}
        self.begun: list[Sequence[str]] = []

    def predict_skips(
        self, tests: Iterable[str], accounts: Path | None = None
    ) -> dict[str, tuple[str, str]]:
        return {}

    def wait_for_users(self) -> Path | None:
        return None

    def execute_tests(self, tests: Sequence[str], workers: int, **more: Any) -> int:
        self.begun.append(tests)
        raise KeyboardInterrupt


class Silent:
    """A watcher that shows nothing."""

    def say(self, text: str) -> None:
        pass

    def planned(self, tests: Sequence[str], workers: int) -> None:
        pass

    def event(self, event: Event) -> None:
        pass

    def ended(self, *, interrupted: bool) -> None:
        pass


@dataclass
class World:
    """A cloud, its users and a Tempest, each of which a test may spoil."""

    request: RunRequest
    runner: InterruptedRunner = field(default_factory=InterruptedRunner)
    log_in: Callable[[Account], AccountLogin] = log_in
    survey: CloudDiscovery = clouds.SURVEY
    swift_answer: int | Exception = 204
    asked: list[RunRequest] = field(default_factory=list)
    """The requests of runs that were prepared."""

    def prepare(self, request: RunRequest, *_: object) -> PreparedRun:
        self.asked.append(request)
        sections = {
            "DEFAULT": {},
            "identity": {"uri_v3": FACTS["auth_url"], "region": "R"},
            "auth": {
                "use_dynamic_credentials": "false",
                "test_accounts_file": str(self.request.accounts),
            },
            "object-storage": {"operator_role": "swiftoperator"},
        }
        cloud = cast(Cloud, SimpleNamespace(verify=True))
        return PreparedRun(FACTS, TempestConfiguration(sections, "accounts"), cloud, self.survey)

    @contextmanager
    def open_runners(self, *_: object) -> Iterator[Runner]:
        yield self.runner

    def log_in_all(self, listed: Sequence[Account], _: Cloud) -> list[AccountLogin]:
        return [self.log_in(account) for account in listed]

    def ask_swift(self, *_: object) -> int:
        if isinstance(self.swift_answer, Exception):
            raise self.swift_answer
        return self.swift_answer

    def run(self, output: Path) -> None:
        done = runs.run_guideline(replace(self.request, output=output), Silent())
        assert done.interrupted

    def resume(self) -> None:
        runs.resume_run(
            RunRequest("", "", self.request.output, accounts=self.request.accounts), Silent()
        )


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    users = tmp_path / "accounts.yaml"
    users.write_text(USERS)
    made = World(
        RunRequest("2020.06", "object", tmp_path / "run", cloud="mine", accounts=users, workers=1)
    )
    monkeypatch.setattr(runs, "prepare_run", made.prepare)
    monkeypatch.setattr(runs, "open_runners", made.open_runners)
    monkeypatch.setattr(runs, "scan_after_run", lambda *_: None)
    monkeypatch.setattr(runs, "describe_tempest_files", lambda *_: "unmodified")
    monkeypatch.setattr(credentials, "log_in_accounts", made.log_in_all)
    monkeypatch.setattr(cloud_discovery, "discover_project_quotas", lambda *_: {})
    monkeypatch.setattr(cloud_discovery, "_fetch_account_status", made.ask_swift)
    return made


SPOILED: dict[str, dict[str, Any]] = {
    "login refused": {"log_in": refuse_login},
    "login without answer": {"log_in": lose_login},
    "admin that the file does not list": {"log_in": log_in_as_admin},
    "service without answer": {"survey": without_swift()},
    "Swift refuses its own users": {"swift_answer": SwiftRefusedError()},
}


@pytest.mark.parametrize("spoiled", SPOILED.values(), ids=SPOILED)
def test_what_stops_a_run_stops_its_resumption_with_the_same_words(
    world: World, tmp_path: Path, spoiled: dict[str, Any]
) -> None:
    world.run(world.request.output)
    before = {path: path.read_bytes() for path in world.request.output.iterdir()}
    for name, value in spoiled.items():
        setattr(world, name, value)
    with pytest.raises(DefcheckError) as of_run:
        world.run(tmp_path / "other")
    with pytest.raises(type(of_run.value)) as of_resumption:
        world.resume()
    assert str(of_resumption.value) == str(of_run.value)
    assert len(world.runner.begun) == 1
    assert {path: path.read_bytes() for path in world.request.output.iterdir()} == before


def test_a_run_that_nothing_stops_is_resumed(world: World) -> None:
    world.run(world.request.output)
    world.resume()
    assert world.runner.begun[0] == world.runner.begun[1] != []
    first, second = world.asked
    assert second == replace(first, probe=False)


def test_a_run_that_was_made_regardless_is_resumed_regardless(world: World) -> None:
    world.request = replace(world.request, regardless=True)
    world.log_in = refuse_login
    world.run(world.request.output)
    world.resume()
    assert len(world.runner.begun) == 2


def test_options_that_leave_no_test_to_count_stop_it_before_anything_is_looked_at(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guideline = catalog.load_guideline("2020.06")
    chosen = select_tests(
        guideline, find_target(guideline, "object"), (Status.REQUIRED,), flagged=True
    )
    flags = [
        {
            "test": name,
            "date": "2026-01-01",
            "expires": "2026-02-01",
            "reason": "r",
            "approver": "a",
        }
        for name in dict.fromkeys(test.name for _, test in chosen)
    ]
    overlay = tmp_path / "own.json"
    overlay.write_text(json.dumps({"format": "defcheck overlay 1", "flags": flags}))
    options = ScoringOptions(overlay=load_overlay(overlay), day="2026-01-01")
    world.run(world.request.output)
    monkeypatch.setattr(runs, "prepare_run", None)
    before = {path: path.read_bytes() for path in world.request.output.iterdir()}
    request = replace(world.request, output=tmp_path / "other")
    with pytest.raises(InputError, match="flags every test that target object"):
        runs.run_guideline(request, Silent(), options)
    resumption = RunRequest("", "", world.request.output, accounts=world.request.accounts)
    with pytest.raises(InputError, match="flags every test that target object"):
        runs.resume_run(resumption, Silent(), options)
    assert not (tmp_path / "other").exists()
    assert {path: path.read_bytes() for path in world.request.output.iterdir()} == before
