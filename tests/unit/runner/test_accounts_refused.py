"""A run whose own users may not use Swift is refused before its first test."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from defcheck.cloud.discovery import cloud_discovery
from defcheck.cloud.discovery.model import Unavailable
from defcheck.cloud.tempest_conf import TempestConfiguration
from defcheck.errors import UnusableError
from defcheck.runner.engine.client import Runner
from defcheck.runner.preflight import refuse_unusable_accounts
from defcheck.runner.preparation import PreparedRun
from tests.unit.cloud.preflight import clouds

USERS = """\
- {username: m, password: s3cret, project_name: one, roles: [member, swiftoperator]}
- {username: r, password: s3cret, project_name: one, roles: [reader]}
"""


class Waiting(Runner):
    """Has an accounts file once it is waited for."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.waited = False

    def wait_for_users(self) -> Path | None:
        self.waited = True
        return self.path


@pytest.fixture
def prepared() -> PreparedRun:
    sections = {
        "auth": {},
        "object-storage": {"operator_role": "swiftoperator"},
        "compute": {"flavor_ref": "f1", "image_ref": "i1"},
    }
    cloud = cast(Any, SimpleNamespace(verify=True))
    return PreparedRun({}, TempestConfiguration(sections, "pool"), cloud, clouds.SURVEY)


@pytest.fixture
def users(tmp_path: Path) -> Path:
    path = tmp_path / "accounts.yaml"
    path.write_text(USERS)
    return path


def answering(monkeypatch: pytest.MonkeyPatch, answer: Any) -> list[str]:
    """Let Swift answer every user alike; return the users that are asked."""
    asked: list[str] = []

    def status(user: Any, *_: Any) -> int:
        asked.append(user.username)
        if isinstance(answer, Exception):
            raise answer
        return int(answer)

    monkeypatch.setattr(cloud_discovery, "_fetch_account_status", status)
    return asked


class RefusedError(Exception):
    http_status = 401


def test_users_that_swift_refuses_end_the_run(
    prepared: PreparedRun, users: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch, RefusedError())
    with pytest.raises(UnusableError, match=r"no access to the account of entry 1 \(m in one\)"):
        refuse_unusable_accounts(prepared, Waiting(users), [clouds.QUOTA, clouds.NET])
    assert asked == ["m"]


def test_users_that_swift_serves_do_not(
    prepared: PreparedRun, users: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch, 204)
    refuse_unusable_accounts(prepared, Waiting(users), [clouds.QUOTA])
    assert asked == ["m"]


def test_no_answer_is_no_refusal(
    prepared: PreparedRun, users: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, ConnectionError("Connection refused"))
    refuse_unusable_accounts(prepared, Waiting(users), [clouds.QUOTA])


def test_tests_without_swift_wait_for_nobody(prepared: PreparedRun, users: Path) -> None:
    runner = Waiting(users)
    refuse_unusable_accounts(prepared, runner, [clouds.NET])
    assert not runner.waited


def test_without_users_of_its_own_nobody_is_asked(
    prepared: PreparedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch, RefusedError())
    refuse_unusable_accounts(prepared, Waiting(None), [clouds.QUOTA])
    assert asked == []


def test_a_silent_swift_is_not_asked_again(
    prepared: PreparedRun, users: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = answering(monkeypatch, RefusedError())
    silent = tuple(
        replace(one, reached=Unavailable("no response in time"))
        if one.entry.official_type == "object-store"
        else one
        for one in clouds.ENDPOINTS
    )
    survey = clouds.survey(endpoints=silent)
    with pytest.raises(UnusableError, match="could not be reached"):
        refuse_unusable_accounts(replace(prepared, survey=survey), Waiting(users), [clouds.QUOTA])
    assert asked == []
