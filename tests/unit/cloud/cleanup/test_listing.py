"""Listings of services: pages, times, and what each service tells of its things."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from openstack.exceptions import ForbiddenException

from defcheck.cloud.cleanup import services
from defcheck.cloud.cleanup.collection import ListingScope, next_page_query
from defcheck.cloud.cleanup.ownership import (
    CloudResource,
    OwnershipEvidence,
    Relation,
    ResourceKind,
    VisibilityGap,
)
from defcheck.util.text import parse_time

CLAIM = OwnershipEvidence(
    "defcheck-1a2b3c4d", datetime(2031, 1, 1, tzinfo=UTC), None, interrupted=True, created={}
)
OWN = "1" * 32


@dataclass
class Answer:
    """What openstacksdk gives for a request."""

    document: Any = None
    status_code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    url = "http://127.0.0.1:1/"
    text = reason = "told"
    request = None

    @property
    def content(self) -> bytes:
        return json.dumps(self.document).encode() if self.document is not None else b""

    def json(self) -> Any:
        return self.document


class Cloud:
    """A connection to services that answer from a table and keep what they were asked."""

    current_user_id = "me"
    current_project_id = OWN

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def __getattr__(self, name: str) -> Any:
        return self

    def get_endpoint(self) -> str:
        return f"http://127.0.0.1:1/v1/AUTH_{OWN}"

    def _answer(self, method: str, path: str, params: Mapping[str, str] | None) -> Answer:
        self.asked.append((method, path, dict(params or {})))
        key = path.rstrip("/").rsplit("/", 1)[-1].replace("-", "_")
        marker = (params or {}).get("marker")
        return self.answers.get(f"{key}_after_{marker}" if marker else key, Answer(None, 404))

    def get(self, path: str, params: Mapping[str, str] | None = None, **_: Any) -> Answer:
        return self._answer("get", path, params)

    def delete(self, path: str, params: Mapping[str, str] | None = None, **_: Any) -> Answer:
        return self._answer("delete", path, params)


def find(
    kind: ResourceKind, cloud: Cloud, *, admin: bool = True, **more: Any
) -> list[CloudResource]:
    found = services.BY_KIND[kind].list_resources(ListingScope(cloud, admin, CLAIM, **more))
    return [one for one in found if isinstance(one, CloudResource)]


def containers(
    cloud: Cloud, *, admin: bool = True, claim: OwnershipEvidence = CLAIM, **more: Any
) -> Iterator[CloudResource | VisibilityGap]:
    return services.BY_KIND[ResourceKind.CONTAINER].list_resources(
        ListingScope(cloud, admin, claim, **more)
    )


def test_every_kind_is_looked_for() -> None:
    assert set(services.BY_KIND) == set(ResourceKind)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"servers_links": [{"rel": "next", "href": "http://inside/x?marker=a&b=c"}]}, "a"),
        ({"links": {"next": "http://inside/v3/users?marker=b", "self": "x"}}, "b"),
        ({"next": "/v2/images?marker=c&limit=2"}, "c"),
        ({"servers_links": [{"rel": "previous", "href": "?marker=z"}]}, None),
        ({"links": {"next": None}}, None),
        ({}, None),
    ],
)
def test_the_next_page_is_found(document: dict[str, Any], expected: str | None) -> None:
    assert next_page_query(document, "servers").get("marker") == expected


def test_all_pages_are_read() -> None:
    link = [{"rel": "next", "href": "http://elsewhere/servers/detail?marker=a&all_tenants=1"}]
    cloud = Cloud(
        detail=Answer({"servers": [{"id": "a"}], "servers_links": link}),
        detail_after_a=Answer({"servers": [{"id": "b"}]}),
    )
    assert [one.id for one in find(ResourceKind.SERVER, cloud)] == ["a", "b"]
    assert cloud.asked[1][2] == {"all_tenants": "1", "marker": "a"}


def test_only_an_admin_asks_for_all_projects() -> None:
    cloud = Cloud(detail=Answer({"volumes": []}))
    find(ResourceKind.VOLUME, cloud, admin=False)
    assert cloud.asked == [("get", "/volumes/detail", {})]


def test_a_refusal_is_never_an_empty_list() -> None:
    cloud = Cloud(detail=Answer({"forbidden": {"message": "no"}}, 403))
    with pytest.raises(ForbiddenException):
        find(ResourceKind.SERVER, cloud)


def test_a_thing_is_read_with_its_time_and_bonds() -> None:
    item = {
        "id": "s",
        "name": None,
        "volume_id": "v",
        "created_at": "2031-01-01T10:00:00.000000",
        "os-extended-snapshot-attributes:project_id": OWN,
    }
    assert find(ResourceKind.SNAPSHOT, Cloud(detail=Answer({"snapshots": [item]}))) == [
        CloudResource(
            *(ResourceKind.SNAPSHOT, "s", "", OWN, datetime(2031, 1, 1, 10, tzinfo=UTC)),
            {Relation.PROJECT: OWN, Relation.VOLUME: "v"},
        )
    ]


@pytest.mark.parametrize("text", ["2031-01-01T00:00:00Z", "2031-01-01T00:00:00.000000",
                                  "2031-01-01T01:00:00+01:00"])  # fmt: skip
def test_times_are_utc_where_they_name_no_zone(text: str) -> None:
    assert parse_time(text) == datetime(2031, 1, 1, tzinfo=UTC)


def test_invalid_time_parses_as_none() -> None:
    assert parse_time("") is None
    assert parse_time("yesterday") is None


def test_ports_of_the_network_s_own_machinery_are_left_to_it() -> None:
    owners = ("network:dhcp", "network:router_gateway", "network:floatingip", "compute:nova", "")
    items = [
        {"id": owner or "free", "device_owner": owner, "device_id": "d", "network_id": "n"}
        for owner in (*owners, "network:router_interface")
    ]
    cloud = Cloud(ports=Answer({"ports": items}))
    assert [one.id for one in find(ResourceKind.PORT, cloud)] == ["compute:nova", "free"]
    plugs = find(ResourceKind.ROUTER_INTERFACE, cloud)
    assert [(one.id, one.detail) for one in plugs] == [("network:router_interface", "d")]


def test_users_are_asked_for_by_the_beginning_of_their_names() -> None:
    users = [{"id": "1", "name": "tempest-A-1"}, {"id": "2", "name": "alice"}]
    cloud = Cloud(users=Answer({"users": users, "links": {"next": None}}))
    # A Keystone that does not know the filter tells of all.
    assert [one.id for one in find(ResourceKind.USER, cloud)] == ["1"]
    asked = {params["name__startswith"] for _, _, params in cloud.asked}
    assert asked == {"tempest-", "defcheck-1a2b3c4d-"}
    assert find(ResourceKind.USER, cloud, admin=False) == []


def test_key_pairs_of_the_run_s_users_are_asked_for_by_an_admin_alone() -> None:
    cloud = Cloud(os_keypairs=Answer({"keypairs": [{"keypair": {"name": "k"}}]}))
    found = find(ResourceKind.KEYPAIR, cloud, users=frozenset({"u"}))
    assert {one.id: dict(one.relations) for one in found} == {
        "me/k": {Relation.USER: "me"},
        "u/k": {Relation.USER: "u"},
    }
    assert [params for _, _, params in cloud.asked] == [{}, {"user_id": "u"}]
    assert len(find(ResourceKind.KEYPAIR, cloud, admin=False, users=frozenset({"u"}))) == 1


def test_accounts_of_the_run_s_projects_are_looked_into_by_an_admin() -> None:
    box = Answer([{"name": "box", "last_modified": "2031-01-01T00:00:00"}])
    account = "AUTH_" + "2" * 32
    cloud = Cloud(**{account: box, f"{account}_after_box": Answer([])})
    found = find(ResourceKind.CONTAINER, cloud, projects=frozenset({"2" * 32}))
    assert [(one.id, one.project) for one in found] == [(f"{account}/box", "2" * 32)]
    assert find(ResourceKind.CONTAINER, cloud, admin=False, projects=frozenset({"2" * 32})) == []


def test_an_account_that_is_refused_hides_no_other() -> None:
    """On RADOS Gateway an account that was never used answers 403, to everybody."""
    box = Answer([{"name": "box", "last_modified": "2031-01-01T00:00:00"}])
    seen, hidden = "AUTH_" + "2" * 32, "AUTH_" + "3" * 32
    cloud = Cloud(**{seen: box, f"{seen}_after_box": Answer([]), hidden: Answer({}, 403)})
    found = list(containers(cloud, projects=frozenset({"2" * 32, "3" * 32})))
    assert [one.id for one in found if isinstance(one, CloudResource)] == [f"{seen}/box"]
    assert [one.project for one in found if isinstance(one, VisibilityGap)] == ["3" * 32]


OTHER = "AUTH_" + "4" * 32


@pytest.mark.parametrize(
    ("claim", "gaps"),
    [
        ({"created": {f"{OTHER}/box": "box"}}, 1),
        ({"emptied_accounts": frozenset({OTHER})}, 0),
        ({"created": {f"{OTHER}/box": "box"}, "emptied_accounts": frozenset({"AUTH_x"})}, 1),
        ({}, 0),
    ],
)
def test_a_gone_project_in_which_the_run_left_nothing_is_no_gap(
    claim: dict[str, Any], gaps: int
) -> None:
    cloud = Cloud(**{OTHER: Answer({}, 403)})
    found = containers(cloud, claim=replace(CLAIM, **claim))
    assert len([one for one in found if isinstance(one, VisibilityGap)]) == gaps


def test_an_own_account_that_is_refused_matters_where_tests_ran_in_it() -> None:
    own = "AUTH_" + "1" * 32
    cloud = Cloud(**{own: Answer({}, 403)})
    assert list(containers(cloud)) == []
    ours = replace(CLAIM, projects=frozenset({"1" * 32}))
    assert len(list(containers(cloud, claim=ours))) == 1
    with pytest.raises(ForbiddenException):
        list(containers(cloud, admin=False))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_account_that_does_not_answer_is_never_empty(status: int) -> None:
    own = "AUTH_" + "1" * 32
    cloud = Cloud(**{own: Answer({}, status), OTHER: Answer({}, status)})
    found = list(containers(cloud, claim=replace(CLAIM, emptied_accounts=frozenset({OTHER}))))
    assert [type(one) for one in found] == [VisibilityGap, VisibilityGap]


def test_deleting_what_is_gone_is_done() -> None:
    thing = CloudResource(ResourceKind.NETWORK, "n", "x")
    services.BY_KIND[ResourceKind.NETWORK].delete_resource(Cloud(), thing)
    assert services.BY_KIND[ResourceKind.NETWORK].fetch_resource(Cloud(), thing) is None


@pytest.mark.parametrize("kind", [ResourceKind.SERVER, ResourceKind.NETWORK, ResourceKind.VOLUME])
def test_a_refused_deletion_is_an_error(kind: ResourceKind) -> None:
    with pytest.raises(ForbiddenException):
        services.BY_KIND[kind].delete_resource(
            Cloud(x=Answer({}, 403)), CloudResource(kind, "x", "y")
        )
