"""Looking and deleting, with a small cloud in memory in place of a real one."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from keystoneauth1.exceptions import ConnectTimeout, Forbidden

from defcheck.cloud.cleanup import deletion
from defcheck.cloud.cleanup import scan as looking
from defcheck.cloud.cleanup.collection import ListingScope
from defcheck.cloud.cleanup.ownership import (
    CloudResource,
    OwnershipEvidence,
    Relation,
    ResourceKind,
    VisibilityGap,
)
from defcheck.cloud.cleanup.scan import ScanResult, scan_leftovers
from defcheck.cloud.cleanup.services import ScannedService
from defcheck.cloud.tempest_conf import NamedCredentials
from defcheck.errors import UnusableError

PREFIX = "defcheck-1a2b3c4d"
PROJECT = "a" * 32
CLAIM = OwnershipEvidence(
    PREFIX,
    datetime(2031, 1, 1, tzinfo=UTC),
    None,
    interrupted=True,
    created={PROJECT: "tempest-C-1"},
)


@dataclass
class Shelf:
    """A collection in memory."""

    kind: ResourceKind
    things: dict[str, CloudResource] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    refusal: Exception | None = None
    stubborn: bool = False
    gaps: list[VisibilityGap] = field(default_factory=list)

    def list_resources(self, scope: ListingScope) -> Iterator[CloudResource | VisibilityGap]:
        if scope.admin:
            yield from self.gaps
        if self.refusal and scope.connection.name != "allowed":
            raise self.refusal
        yield from self.things.values()

    def fetch_resource(self, connection: Any, resource: CloudResource) -> CloudResource | None:
        return self.things.get(resource.id)

    def delete_resource(self, connection: Any, resource: CloudResource) -> None:
        self.deleted.append(resource.id)
        if not self.stubborn:
            del self.things[resource.id]

    def add(self, name: str, number: str = "", **more: Any) -> CloudResource:
        thing = CloudResource(self.kind, number or name, name, **more)
        self.things[thing.id] = thing
        return thing


@dataclass
class Store:
    """All shelves, in place of the services."""

    servers: Shelf = field(default_factory=lambda: Shelf(ResourceKind.SERVER))
    volumes: Shelf = field(default_factory=lambda: Shelf(ResourceKind.VOLUME))
    projects: Shelf = field(default_factory=lambda: Shelf(ResourceKind.PROJECT))
    users: Shelf = field(default_factory=lambda: Shelf(ResourceKind.USER))


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store()
    shelves: tuple[Any, ...] = (store.volumes, store.servers)
    identity: tuple[Any, ...] = (store.users, store.projects)
    monkeypatch.setattr(
        looking, "IDENTITY", ScannedService("identity", frozenset({"identity"}), identity)
    )
    monkeypatch.setattr(looking, "OTHERS", (ScannedService("all", frozenset({"all"}), shelves),))
    monkeypatch.setattr(deletion, "BY_KIND", {one.kind: one for one in (*identity, *shelves)})
    monkeypatch.setattr(deletion, "POLL_SECONDS", 0.01)
    return store


def login(
    name: str = "admin", project: str = "own", roles: tuple[str, ...] = ("admin",)
) -> NamedCredentials:
    catalog = SimpleNamespace(catalog=[{"type": "identity"}, {"type": "all"}])
    access = SimpleNamespace(
        has_service_catalog=lambda: True,
        service_catalog=catalog,
        role_names=roles,
        project_id=project,
    )
    session = SimpleNamespace(log_in=lambda: access)
    return name, lambda: SimpleNamespace(name=name, session=session)


def see(*logins: NamedCredentials, pool: bool = False) -> ScanResult:
    return scan_leftovers(logins or (login(),), CLAIM, 5.0, are_run_users=pool)


def remove(seen: ScanResult, seconds: float = 5.0) -> dict[str, str]:
    """Return what remains after a removal, and why."""
    outcomes = list(deletion.delete_leftovers(seen, CLAIM, seconds, lambda text: None))
    assert [one.leftover for one in outcomes] == list(seen.findings.owned)
    return {one.leftover.resource.id: one.reason for one in outcomes if not one.deleted}


def test_what_is_the_run_s_is_removed_in_order_and_the_rest_stays(store: Store) -> None:
    store.projects.add("tempest-C-1", PROJECT)
    store.servers.add(f"{PREFIX}-server")
    store.volumes.add("in the project", relations={Relation.PROJECT: PROJECT})
    store.volumes.add(f"{PREFIX}5-decoy")
    seen = see()
    kinds = [one.resource.kind for one in seen.findings.owned]
    assert kinds == [ResourceKind.SERVER, ResourceKind.VOLUME, ResourceKind.PROJECT]
    assert remove(seen) == {}
    assert not store.servers.things
    assert not store.projects.things
    assert list(store.volumes.things) == [f"{PREFIX}5-decoy"]
    assert see().findings.owned == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "renamed"}, "renamed"),
        ({"name": f"{PREFIX}-other"}, "renamed"),
        ({"project": "other"}, "project changed"),
        ({"relations": {Relation.SERVER: "theirs"}}, "attached"),
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
    thing = store.volumes.add(f"{PREFIX}-volume", relations={Relation.SERVER: "s"})
    seen = see()
    store.volumes.things[thing.id] = replace(thing, relations={})
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
    assert "did not delete it in time" in remains[f"{PREFIX}-server"]
    assert "contains something that was kept" in remains[PROJECT]
    assert store.projects.deleted == []


def test_a_project_stays_where_a_service_could_not_be_seen(store: Store) -> None:
    store.projects.add("tempest-C-1", PROJECT)
    store.volumes.refusal = Forbidden("no")
    seen = see()
    assert seen.findings.unseen == ("The volumes could not be listed: HTTP 403 Forbidden: no",)
    assert set(remove(seen)) == {PROJECT}


def hide_one_project(store: Store) -> tuple[CloudResource, CloudResource]:
    """Let an administrator be refused at what one of two projects has; return both."""
    hidden = store.projects.add(f"{PREFIX}-p-1", "b" * 32)
    seen = store.projects.add(f"{PREFIX}-p-2", "c" * 32)
    for project in (hidden, seen):
        store.users.add(f"{project.name}-member")
    refusal = NotImplementedError("refused")
    store.volumes.gaps = [VisibilityGap(hidden.id, refusal), VisibilityGap("d" * 32, refusal)]
    return hidden, seen


def test_only_the_project_that_could_not_be_seen_is_kept_with_its_users(store: Store) -> None:
    hidden, _ = hide_one_project(store)
    seen = see()
    assert seen.findings.unseen == (
        f"The volumes of project {hidden.name} could not be listed: "
        "its response has an unexpected format",
        f"The volumes of project {'d' * 32} could not be listed: "
        "its response has an unexpected format",
    )
    assert set(remove(seen)) == {hidden.id, f"{hidden.name}-member"}
    assert list(store.projects.things) == [hidden.id]
    assert list(store.users.things) == [f"{hidden.name}-member"]


def test_what_a_user_of_the_project_saw_is_no_gap(store: Store) -> None:
    hidden, _ = hide_one_project(store)
    store.volumes.gaps = store.volumes.gaps[:1]
    seen = see(login(), login("member", hidden.id, ("member",)))
    assert seen.findings.unseen == ()
    assert remove(seen) == {}


def test_what_remains_keeps_its_own_project_alone(store: Store) -> None:
    kept, _ = hide_one_project(store)
    store.volumes.gaps = []
    store.servers.add("left", relations={Relation.PROJECT: kept.id}, project=kept.id)
    store.servers.stubborn = True
    remains = remove(see(), seconds=0.1)
    assert set(remains) == {"left", kept.id, f"{kept.name}-member"}


class RefusedError(Exception):
    def __init__(self, status: int) -> None:
        self.http_status = status


@pytest.mark.parametrize("status", [401, 403])
def test_the_run_s_own_users_are_asked_where_that_is_allowed(
    store: Store, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    hidden, _ = hide_one_project(store)
    store.volumes.gaps = [VisibilityGap(hidden.id, RefusedError(status))]
    adopted: list[frozenset[str]] = []

    def adopt(
        _: Any, owners: list[CloudResource], projects: frozenset[str]
    ) -> list[NamedCredentials]:
        adopted.append(projects)
        assert {one.kind for one in owners} == {ResourceKind.PROJECT, ResourceKind.USER}
        return [login("own", hidden.id, ("member",))]

    monkeypatch.setattr(looking, "list_run_user_logins", adopt)
    volumes = ScannedService("volumes", frozenset({"all"}), (store.volumes,))  # type: ignore[arg-type]
    monkeypatch.setattr(looking, "OBJECT_STORAGE", volumes)
    (said,) = see().findings.unseen
    assert "`defcheck cleanup --yes` logs in as its users" in said
    assert adopted == []
    seen = scan_leftovers([login()], CLAIM, 5.0, are_run_users=False, as_run_users=True)
    assert adopted == [frozenset({hidden.id})]
    assert seen.findings.unseen == ()
    assert remove(seen) == {}


@pytest.mark.parametrize("noted", [False, True])
def test_a_project_whose_users_are_gone_is_hidden_only_where_the_run_noted_something(
    store: Store, *, noted: bool
) -> None:
    """Users are deleted after what they own; what is noted may have been left all the same."""
    hidden, _ = hide_one_project(store)
    store.volumes.gaps = [VisibilityGap(hidden.id, RefusedError(403))]
    del store.users.things[f"{hidden.name}-member"]
    box = {f"AUTH_{hidden.id}/box": "box"} if noted else {}
    claim = replace(CLAIM, created={**CLAIM.created, **box})
    seen = scan_leftovers([login()], claim, 5.0, are_run_users=False)
    assert len(seen.findings.unseen) == noted
    assert all("cleanup --yes" not in said for said in seen.findings.unseen)
    assert set(remove(seen)) == ({hidden.id} if noted else set())


def test_a_user_of_whom_nobody_knows_the_project_may_be_of_the_one_that_is_hidden(
    store: Store,
) -> None:
    hidden, _ = hide_one_project(store)
    store.volumes.gaps = [VisibilityGap(hidden.id, RefusedError(403))]
    del store.users.things[f"{hidden.name}-member"]
    store.users.add(f"{PREFIX}-somewhere")
    seen = see()
    assert len(seen.findings.unseen) == 1
    assert set(remove(seen)) == {hidden.id, f"{PREFIX}-somewhere"}


@pytest.mark.parametrize(("failures", "removed"), [(1, True), (9, False)])
def test_a_deletion_that_timed_out_is_asked_again(
    store: Store, monkeypatch: pytest.MonkeyPatch, failures: int, *, removed: bool
) -> None:
    monkeypatch.setattr(deletion, "RETRY_SECONDS", 0.01)
    thing = store.volumes.add(f"{PREFIX}-volume")
    late = [ConnectTimeout("late")] * failures
    delete = store.volumes.delete_resource

    def hang(connection: Any, what: CloudResource) -> None:
        if late:
            raise late.pop()
        delete(connection, what)

    monkeypatch.setattr(store.volumes, "delete_resource", hang)
    assert (thing.id not in remove(see())) is removed


def test_what_one_user_of_a_project_may_not_see_another_one_may(store: Store) -> None:
    store.volumes.refusal = Forbidden("no")
    reader, member = login("reader", "p"), login("allowed", "p")
    assert see(reader, member, pool=True).findings.unseen == ()
    stranger = login("stranger", "q")
    unseen = see(reader, member, stranger, pool=True).findings.unseen
    assert unseen == ("The volumes of stranger could not be listed: HTTP 403 Forbidden: no",)


def test_what_two_users_see_is_found_once(store: Store) -> None:
    store.volumes.add(f"{PREFIX}-volume")
    assert len(see(login("a"), login("b")).findings.owned) == 1


def refusing() -> Any:
    raise ConnectionRefusedError


def test_a_login_that_fails_is_told(store: Store) -> None:
    unseen = see(login(), ("gone", refusing)).findings.unseen
    assert unseen == ("Could not list the resources of gone: the connection was refused",)


def test_a_cloud_that_lets_nobody_in_is_no_clean_cloud(store: Store) -> None:
    with pytest.raises(UnusableError, match="refused"):
        see(("gone", refusing))
