"""The catalogue: official names, and one endpoint for each service."""

from typing import Any

import pytest

from defcheck.cloud.catalogue import (
    choose_endpoints,
    find_official_type,
    list_catalogue_entries,
    share_identity,
)
from defcheck.cloud.endpoint_filter import EndpointFilter


def service(kind: str, *endpoints: tuple[str, str]) -> dict[str, Any]:
    return {
        "type": kind,
        "name": f"the {kind}",
        "endpoints": [
            {"interface": interface, "region_id": region, "url": f"http://{kind}.{region}/"}
            for interface, region in endpoints
        ],
    }


def test_types_get_their_official_names() -> None:
    found = list_catalogue_entries(
        [service("volumev3", ("public", "a")), service("own-thing", ("public", "a"))]
    )
    assert [one.official_type for one in found] == ["block-storage", "own-thing"]


def test_the_public_endpoint_of_the_region_is_taken() -> None:
    found = list_catalogue_entries(
        [service("image", ("internal", "a"), ("public", "b"), ("public", "a"))]
    )
    assert [one.url for one in choose_endpoints(found, EndpointFilter(region="a"))] == [
        "http://image.a/"
    ]
    assert choose_endpoints(found, EndpointFilter(region="c")) == ()


def test_the_interface_of_clouds_yaml_is_taken() -> None:
    found = list_catalogue_entries([service("image", ("internal", "a"), ("public", "a"))])
    (chosen,) = choose_endpoints(found, EndpointFilter(("internal",)))
    assert chosen.interface == "internal"
    assert choose_endpoints(found, EndpointFilter(("admin",))) == ()


def test_of_several_interfaces_the_first_that_a_service_has_is_taken() -> None:
    found = list_catalogue_entries(
        [service("image", ("public", "a"), ("internal", "a")), service("network", ("public", "a"))]
    )
    chosen = choose_endpoints(found, EndpointFilter(("internal", "public")))
    assert [one.interface for one in chosen] == ["internal", "public"]


def test_a_service_has_an_interface_and_a_region_of_its_own() -> None:
    found = list_catalogue_entries(
        [service("image", ("public", "a"), ("admin", "b")), service("network", ("public", "a"))]
    )
    own = {"image": EndpointFilter(("admin",), "b")}
    chosen = choose_endpoints(found, EndpointFilter(("public",), "a", own))
    assert [(one.type, one.region) for one in chosen] == [("image", "b"), ("network", "a")]


def test_of_two_versions_of_a_service_the_newer_counts() -> None:
    found = list_catalogue_entries(
        [service("volumev2", ("public", "a")), service("volumev3", ("public", "a"))]
    )
    assert [one.type for one in choose_endpoints(found, EndpointFilter(region="a"))] == ["volumev3"]


@pytest.mark.parametrize(
    ("kind", "official"),
    [
        *((kind, "block-storage") for kind in ("block-storage", "volume", "volumev2", "volumev3")),
        *((kind, "compute") for kind in ("compute", "compute_legacy", "computev21")),
        *((kind, "shared-file-system") for kind in ("share", "sharev2", "shared-file-system")),
        ("identityv3", "identity"),
        ("imagev2", "image"),
        ("object-store", "object-store"),
        ("own-thingv2", "own-thingv2"),
        ("own_legacy", "own_legacy"),
    ],
)
def test_old_and_new_types_are_one_service(kind: str, official: str) -> None:
    assert find_official_type(kind) == official


def located(kind: str, path: str) -> dict[str, Any]:
    found = service(kind, ("public", "a"))
    found["endpoints"][0]["url"] = f"http://c/{path}"
    return found


@pytest.mark.parametrize(
    ("listed", "taken"),
    [
        ([located("volumev2", "v2/p"), located("volumev3", "v3/p")], "volumev3"),
        ([located("volumev3", "v3/p"), located("block-storage", "v3/p")], "block-storage"),
        ([located("volumev2", "v2/p"), located("block-storage", "v3/p")], "block-storage"),
        ([located("block-storage", ""), located("volumev3", "v3/p")], "volumev3"),
        ([located("volume", "v3/p"), located("volumev2", "v2/p")], "volume"),
        ([located("compute_legacy", "v2/p"), located("compute", "v2.1")], "compute"),
        ([located("computev21", "v2.1"), located("compute", "")], "computev21"),
        ([located("compute_legacy", "v2/p")], "compute_legacy"),
        ([located("network", "v2.0")], "network"),
    ],
)
def test_type_whose_address_tempest_can_use_is_taken(
    listed: list[dict[str, Any]], taken: str
) -> None:
    for ordered in (listed, listed[::-1]):
        (found,) = choose_endpoints(list_catalogue_entries(ordered), EndpointFilter(region="a"))
        assert found.type == taken


def test_keystone_of_another_region_is_shared() -> None:
    listed = list_catalogue_entries([service("identity", ("admin", "b"), ("public", "a"))])
    chosen = share_identity(EndpointFilter(region="b"), listed)
    assert chosen.select_service("identity") == EndpointFilter(region="a")
    assert chosen.select_service("image") == chosen
    assert [one.region for one in choose_endpoints(listed, chosen)] == ["a"]
    for same in (EndpointFilter(region="a"), EndpointFilter(), EndpointFilter(("internal",), "b")):
        assert share_identity(same, listed) is same


def test_a_catalogue_with_holes_is_read() -> None:
    found = list_catalogue_entries([{"type": "image", "endpoints": [{}]}, {"endpoints": None}, {}])
    assert [(one.type, one.url, one.region) for one in found] == [("image", "", "")]
