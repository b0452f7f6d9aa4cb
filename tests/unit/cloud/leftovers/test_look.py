"""Looking and deleting, with a small cloud in memory in place of a real one."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from keystoneauth1.exceptions import Forbidden

from defcheck.cloud.leftovers import look as looking
from defcheck.cloud.leftovers import removal
from defcheck.cloud.leftovers.collection import Scope
from defcheck.cloud.leftovers.look import Seen, in_time, look
from defcheck.cloud.leftovers.model import Bond, Claim, Kind, Thing
from defcheck.cloud.leftovers.services import Service
from defcheck.cloud.logins import Login
from defcheck.errors import UnusableError

PREFIX = "defcheck-1a2b3c4d"
PROJECT = "a" * 32
CLAIM = Claim(
    PREFIX, datetime(2031, 1, 1, tzinfo=UTC), None, cut=True, made={PROJECT: "tempest-C-1"}
)


@dataclass
class Shelf:
    """A collection in memory."""

    kind: Kind
    things: dict[str, Thing] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    refusal: Exception | None = None
    stubborn: bool = False

    def find(self, scope: Scope) -> Iterator[Thing]:
        if self.refusal and scope.connection.name != "allowed":
            raise self.refusal
        yield from self.things.values()

    def fetch(self, connection: Any, thing: Thing) -> Thing | None:
        return self.things.get(thing.id)

    def delete(self, connection: Any, thing: Thing) -> None:
        self.deleted.append(thing.id)
        if not self.stubborn:
            del self.things[thing.id]

    def add(self, name: str, number: str = "", **more: Any) -> Thing:
        thing = Thing(self.kind, number or name, name, **more)
        self.things[thing.id] = thing
        return thing


@dataclass
class Store:
    """All shelves, in place of the services."""

    servers: Shelf = field(default_factory=lambda: Shelf(Kind.SERVER))
    volumes: Shelf = field(default_factory=lambda: Shelf(Kind.VOLUME))
    projects: Shelf = field(default_factory=lambda: Shelf(Kind.PROJECT))


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store()
    shelves: tuple[Any, ...] = (store.volumes, store.servers)
    identity: tuple[Any, ...] = (store.projects,)
    monkeypatch.setattr(looking, "IDENTITY", Service("identity", frozenset({"identity"}), identity))
    monkeypatch.setattr(looking, "OTHERS", (Service("all", frozenset({"all"}), shelves),))
    monkeypatch.setattr(removal, "BY_KIND", {one.kind: one for one in (*identity, *shelves)})
    monkeypatch.setattr(removal, "POLL_SECONDS", 0.01)
    return store


def login(name: str = "admin", project: str = "own", roles: tuple[str, ...] = ("admin",)) -> Login:
    catalog = SimpleNamespace(catalog=[{"type": "identity"}, {"type": "all"}])
    access = SimpleNamespace(
        has_service_catalog=lambda: True,
        service_catalog=catalog,
        role_names=roles,
        project_id=project,
    )
    session = SimpleNamespace(log_in=lambda: access)
    return name, lambda: SimpleNamespace(name=name, session=session)


def see(*logins: Login, pool: bool = False) -> Seen:
    return look(logins or (login(),), CLAIM, 5.0, pool=pool)


def remove(seen: Seen, seconds: float = 5.0) -> dict[str, str]:
    """Return what remains after a removal, and why."""
    outcomes = list(removal.remove(seen, CLAIM, seconds, lambda text: None))
    assert [one.leftover for one in outcomes] == list(seen.findings.ours)
    return {one.leftover.thing.id: one.reason for one in outcomes if not one.removed}


def test_what_is_the_run_s_is_removed_in_order_and_the_rest_stays(store: Store) -> None:
    store.projects.add("tempest-C-1", PROJECT)
    store.servers.add(f"{PREFIX}-server")
    store.volumes.add("in the project", bonds={Bond.PROJECT: PROJECT})
    store.volumes.add(f"{PREFIX}5-decoy")
    seen = see()
    kinds = [one.thing.kind for one in seen.findings.ours]
    assert kinds == [Kind.SERVER, Kind.VOLUME, Kind.PROJECT]
    assert remove(seen) == {}
    assert not store.servers.things
    assert not store.projects.things
    assert list(store.volumes.things) == [f"{PREFIX}5-decoy"]
    assert see().findings.ours == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "renamed"}, "renamed"),
        ({"name": f"{PREFIX}-other"}, "renamed"),
        ({"project": "other"}, "project changed"),
        ({"bonds": {Bond.SERVER: "theirs"}}, "attached"),
    ],
)
def test_what_changed_since_it_was_found_stays(
    store: Store, change: dict[str, Any], words: str
) -> None:
    thing = store.volumes.add(f"{PREFIX}-volume")
    seen = see()
    store.volumes.things[thing.id] = replace(thing, **change)
    assert words in remove(seen)[thing.id]
    assert store.volumes.deleted == []


def test_what_lost_its_server_meanwhile_is_still_the_same(store: Store) -> None:
    thing = store.volumes.add(f"{PREFIX}-volume", bonds={Bond.SERVER: "s"})
    seen = see()
    store.volumes.things[thing.id] = replace(thing, bonds={})
    assert remove(seen) == {}


def test_what_vanished_by_itself_is_removed(store: Store) -> None:
    store.volumes.add(f"{PREFIX}-volume")
    seen = see()
    store.volumes.things.clear()
    assert remove(seen) == {}
    assert store.volumes.deleted == []


def test_a_project_stays_while_something_of_the_run_s_remains(store: Store) -> None:
    store.projects.add("tempest-C-1", PROJECT)
    store.servers.add(f"{PREFIX}-server")
    store.servers.stubborn = True
    remains = remove(see(), seconds=0.1)
    assert "not deleted it in time" in remains[f"{PREFIX}-server"]
    assert "remains" in remains[PROJECT]
    assert store.projects.deleted == []


def test_a_project_stays_where_a_service_could_not_be_seen(store: Store) -> None:
    store.projects.add("tempest-C-1", PROJECT)
    store.volumes.refusal = Forbidden("no")
    seen = see()
    assert seen.findings.unseen == ("The volumes could not be seen: HTTP 403 Forbidden: no",)
    assert set(remove(seen)) == {PROJECT}


def test_what_one_user_of_a_project_may_not_see_another_one_may(store: Store) -> None:
    store.volumes.refusal = Forbidden("no")
    reader, member = login("reader", "p"), login("allowed", "p")
    assert see(reader, member, pool=True).findings.unseen == ()
    stranger = login("stranger", "q")
    unseen = see(reader, member, stranger, pool=True).findings.unseen
    assert unseen == ("The volumes of stranger could not be seen: HTTP 403 Forbidden: no",)


def test_what_two_users_see_is_found_once(store: Store) -> None:
    store.volumes.add(f"{PREFIX}-volume")
    assert len(see(login("a"), login("b")).findings.ours) == 1


def refusing() -> Any:
    raise ConnectionRefusedError


def test_a_login_that_fails_is_told(store: Store) -> None:
    unseen = see(login(), ("gone", refusing)).findings.unseen
    assert unseen == ("What gone has could not be seen: the connection was refused",)


def test_a_cloud_that_lets_nobody_in_is_no_clean_cloud(store: Store) -> None:
    with pytest.raises(UnusableError, match="refused"):
        see(("gone", refusing))


def test_a_service_that_does_not_answer_is_not_waited_for() -> None:
    waiting: list[Callable[[], Any]] = [lambda: time.sleep(60), lambda: 1]
    late, fine = in_time(waiting, time.monotonic() + 1)
    assert isinstance(late, TimeoutError)
    assert fine == 1
    assert in_time([], time.monotonic()) == []
