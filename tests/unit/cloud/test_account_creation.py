"""Users for tests are created once, whatever becomes of the answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from keystoneauth1.exceptions import ConnectFailure, ConnectTimeout
from openstack.exceptions import HttpException, raise_from_response

from defcheck.cloud.accounts import admin as api
from defcheck.cloud.accounts import removal
from defcheck.cloud.accounts.admin import CloudAdmin, describe_origin
from defcheck.cloud.accounts.removal import RemovedAccounts
from defcheck.cloud.accounts.resources import AccountResource, AccountResourceKind, AccountsRecord
from defcheck.errors import UnusableError

PREFIX = "defcheck-1a2b"


def answered(status: int) -> Exception:
    """Return the error that openstacksdk raises for an answer."""
    response = requests.Response()
    response.status_code = status
    try:
        raise_from_response(response)
    except HttpException as error:
        return error
    raise AssertionError(status)


BUSY = answered(503)
LOST = ConnectFailure("connection aborted")


@dataclass
class Cloud:
    """Things in memory; each creation meets the next fault, before or after it is done."""

    faults: list[tuple[str, Exception]] = field(default_factory=list)
    things: list[Any] = field(default_factory=list)
    unique: bool = True

    def create(self, **properties: Any) -> Any:
        when, error = self.faults.pop(0) if self.faults else ("", None)
        if error and when == "before":
            raise error
        if self.unique and any(one.name == properties["name"] for one in self.things):
            raise answered(409)
        self.things.append(SimpleNamespace(id=str(len(self.things)), **properties))
        if error:
            raise error
        return self.things[-1]

    def listed(self, name: str) -> list[Any]:
        return [one for one in self.things if one.name.startswith(name)]


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "WAITS", (0.0, 0.0, 0.0))


def admin(cloud: Cloud, **more: Any) -> CloudAdmin:
    names = ("project", "user", "network", "subnet", "router")
    service = SimpleNamespace(
        **{f"create_{name}": cloud.create for name in names},
        **{f"{name}s": cloud.listed for name in names},
        **more,
    )
    connection = SimpleNamespace(identity=service, network=service)
    return CloudAdmin(connection, "default", "Default", {}, True, "")


CREATIONS: dict[str, Callable[[CloudAdmin], str]] = {
    "project": lambda one: one.create_project("defcheck-1a2b-1", PREFIX),
    "user": lambda one: one.create_user("defcheck-1a2b-1", "secret", PREFIX),
    "network": lambda one: one.create_network("defcheck-1a2b-1", "p", PREFIX),
    "subnet": lambda one: one.create_subnet("defcheck-1a2b-1", "p", "n", "10.0.0.0/28", PREFIX),
    "router": lambda one: one.create_router("defcheck-1a2b-1", "p", PREFIX),
}


@pytest.mark.parametrize("kind", CREATIONS)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("error", [BUSY, LOST, ConnectTimeout("late")])
@pytest.mark.parametrize("times", [1, 3])
def test_a_thing_is_created_once_whatever_the_answer(
    kind: str, when: str, error: Exception, times: int
) -> None:
    cloud = Cloud([(when, error)] * times, unique=kind in ("project", "user"))
    created = CREATIONS[kind](admin(cloud))
    assert [one.id for one in cloud.things] == [created]
    assert cloud.things[0].description == describe_origin(PREFIX)


def test_a_refusal_is_not_asked_again() -> None:
    cloud = Cloud([("before", answered(403))])
    with pytest.raises(UnusableError, match="A user could not be created") as caught:
        CREATIONS["user"](admin(cloud))
    assert "role admin" in (caught.value.advice or "")
    assert cloud.things == []


def test_what_stays_without_an_answer_is_said_to_be_that() -> None:
    with pytest.raises(UnusableError) as caught:
        CREATIONS["user"](admin(Cloud([("before", BUSY)] * 9)))
    assert "try again later" in (caught.value.advice or "")


def test_a_thing_of_that_name_that_is_not_ours_is_not_taken() -> None:
    theirs = SimpleNamespace(id="theirs", name="defcheck-1a2b-1", description="somebody's")
    cloud = Cloud([("before", BUSY)], [theirs], unique=False)
    assert CREATIONS["network"](admin(cloud)) != "theirs"
    with pytest.raises(UnusableError, match="409"):
        CREATIONS["user"](admin(Cloud([("before", BUSY)] * 3, [theirs])))


def test_a_router_that_a_lost_answer_connected_is_connected() -> None:
    def refuse(*_: object, **__: object) -> None:
        raise answered(400)

    port = SimpleNamespace(fixed_ips=[{"subnet_id": "s"}])
    one = admin(Cloud(), add_interface_to_router=refuse, ports=lambda **_: [port])
    one.connect_router("r", "s")
    with pytest.raises(UnusableError):
        one.connect_router("r", "other")


def test_a_router_that_a_lost_answer_disconnected_is_disconnected() -> None:
    def gone(*_: object, **__: object) -> None:
        raise answered(404)

    port = SimpleNamespace(fixed_ips=[{"subnet_id": "s"}], device_owner="network:router_interface")
    admin(Cloud(), remove_interface_from_router=gone, ports=lambda **_: [port]).disconnect_router(
        "r"
    )


def test_what_a_lost_answer_created_beside_is_found_too() -> None:
    things = [
        SimpleNamespace(id="1", name="n"),
        SimpleNamespace(id="2", name="n"),
        SimpleNamespace(id="3", name="n-longer"),
    ]
    renamed = SimpleNamespace(id="4", name="other")
    one = admin(Cloud(things=things), get_network=lambda _: renamed)
    assert [found.id for found in one.find_resources(AccountResourceKind.NETWORK, "n", "1")] == [
        "1",
        "2",
    ]
    assert [found.id for found in one.find_resources(AccountResourceKind.NETWORK, "n", "4")] == [
        "1",
        "2",
        "4",
    ]
    assert [found.id for found in one.find_resources(AccountResourceKind.NETWORK, "n", "")] == [
        "1",
        "2",
    ]


@pytest.mark.parametrize(("failures", "kept"), [(0, 0), (1, 0), (2, 1)])
def test_a_project_whose_removal_got_no_answer_is_tried_again_and_kept_alone(
    monkeypatch: pytest.MonkeyPatch, failures: int, kept: int
) -> None:
    tries: list[int] = []

    def fail(*_: object) -> RemovedAccounts:
        tries.append(1)
        if len(tries) <= failures:
            raise UnusableError("A user could not be deleted: no response in time")
        return RemovedAccounts(PREFIX, 3, 0, ())

    monkeypatch.setattr(removal, "_remove_group", fail)
    group = [AccountResource(AccountResourceKind.PROJECT, f"{PREFIX}-1", "1")]
    unused: Any = None
    done = removal._try_group(unused, unused, unused, unused_record(), group)
    assert len(done.kept) == kept
    assert all(f"{PREFIX}-1" in line and "no response in time" in line for line in done.kept)


def unused_record() -> AccountsRecord:
    return AccountsRecord(PREFIX, "c", "u", (), "", removed=False)
