"""The catalogue: official names, and one endpoint for each service."""

from typing import Any

from defcheck.cloud.survey.catalogue import entries, public


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
    assert [one.url for one in public(found, "a")] == ["http://image.a/"]
    assert public(found, "c") == ()


def test_of_two_versions_of_a_service_the_newer_counts() -> None:
    found = entries([service("volumev2", ("public", "a")), service("volumev3", ("public", "a"))])
    assert [one.type for one in public(found, "a")] == ["volumev3"]


def test_a_catalogue_with_holes_is_read() -> None:
    found = entries([{"type": "image", "endpoints": [{}]}, {"endpoints": None}, {}])
    assert [(one.type, one.url, one.region) for one in found] == [("image", "", "")]
