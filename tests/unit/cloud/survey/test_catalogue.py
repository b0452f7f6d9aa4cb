"""The catalogue: official names, and one endpoint for each service."""

from typing import Any

from defcheck.cloud.addressing import Addressing
from defcheck.cloud.survey.catalogue import choose_endpoints, entries


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
    found = entries([service("volumev3", ("public", "a")), service("own-thing", ("public", "a"))])
    assert [one.canonical for one in found] == ["block-storage", "own-thing"]


def test_the_public_endpoint_of_the_region_is_taken() -> None:
    found = entries([service("image", ("internal", "a"), ("public", "b"), ("public", "a"))])
    assert [one.url for one in choose_endpoints(found, Addressing(region="a"))] == [
        "http://image.a/"
    ]
    assert choose_endpoints(found, Addressing(region="c")) == ()


def test_the_interface_of_clouds_yaml_is_taken() -> None:
    found = entries([service("image", ("internal", "a"), ("public", "a"))])
    (chosen,) = choose_endpoints(found, Addressing(("internal",)))
    assert chosen.interface == "internal"
    assert choose_endpoints(found, Addressing(("admin",))) == ()


def test_of_several_interfaces_the_first_that_a_service_has_is_taken() -> None:
    found = entries(
        [service("image", ("public", "a"), ("internal", "a")), service("network", ("public", "a"))]
    )
    chosen = choose_endpoints(found, Addressing(("internal", "public")))
    assert [one.interface for one in chosen] == ["internal", "public"]


def test_a_service_has_an_interface_and_a_region_of_its_own() -> None:
    found = entries(
        [service("image", ("public", "a"), ("admin", "b")), service("network", ("public", "a"))]
    )
    own = {"image": Addressing(("admin",), "b")}
    chosen = choose_endpoints(found, Addressing(("public",), "a", own))
    assert [(one.type, one.region) for one in chosen] == [("image", "b"), ("network", "a")]


def test_of_two_versions_of_a_service_the_newer_counts() -> None:
    found = entries([service("volumev2", ("public", "a")), service("volumev3", ("public", "a"))])
    assert [one.type for one in choose_endpoints(found, Addressing(region="a"))] == ["volumev3"]


def test_a_catalogue_with_holes_is_read() -> None:
    found = entries([{"type": "image", "endpoints": [{}]}, {"endpoints": None}, {}])
    assert [(one.type, one.url, one.region) for one in found] == [("image", "", "")]
