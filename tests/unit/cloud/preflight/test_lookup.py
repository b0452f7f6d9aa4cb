"""The preflight judges the endpoint that Tempest uses, with the tempest.conf of the run."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from defcheck.cloud.catalogue import choose_endpoints, find_official_type
from defcheck.cloud.discovery.model import CatalogueEntry, EndpointFacts
from defcheck.cloud.endpoint_filter import EndpointFilter
from defcheck.cloud.preflight.checks import run_checks
from defcheck.cloud.preflight.context import FindingState, PreflightContext, PreflightFinding
from tests.unit.cloud.preflight import clouds

PATHS = {**clouds.PATHS, "identity": "v3"}
CONF = {"identity": {"region": "One"}}


def listed(words: str) -> CatalogueEntry:
    """Return the endpoint that is described as `type interface region`, perhaps with a path."""
    kind, interface, region, *path = words.split()
    service = find_official_type(kind)
    url = f"http://{kind}.{region}/{path[0] if path else PATHS.get(service, '')}"
    number = sum(map(ord, kind))
    return CatalogueEntry(kind, service, kind, interface, region, url, number)


def looked(
    catalogue: Sequence[str], conf: dict[str, dict[str, str]], chosen: EndpointFilter
) -> list[PreflightFinding]:
    """Return what is said of the endpoints of Cinder and Swift."""
    found = tuple(map(listed, catalogue))
    endpoints = tuple(
        EndpointFacts(entry, 200, None, clouds.endpoint(entry.official_type).versions)
        for entry in choose_endpoints(found, chosen)
    )
    survey = clouds.survey(endpoints=endpoints, identity={"catalogue": found}, region=chosen.region)
    survey = replace(survey, endpoint_filter=chosen)
    scene: PreflightContext = clouds.scene([clouds.VOLUME, clouds.QUOTA], survey=survey, conf=conf)
    return [one for one in run_checks(scene) if one.topic == "endpoints"]


def finding(service: str, found: list[PreflightFinding]) -> PreflightFinding:
    (one,) = (one for one in found if one.subject == service)
    return one


KEYSTONE = ("identity public One", "identity public Two")
SWIFT = ("object-store public One", "object-store public Two")
ONE = EndpointFilter(region="One")


@pytest.mark.parametrize(
    ("types", "conf", "state", "words"),
    [
        (["volumev3"], {"catalog_type": "volumev3"}, FindingState.OK, "(type volumev3, as in"),
        (
            ["block-storage"],
            {"catalog_type": "block-storage"},
            FindingState.OK,
            "One/v3/2 responds",
        ),
        (["block-storage"], {}, FindingState.OK, "One/v3/2 responds"),
        (
            ["volumev3"],
            {"catalog_type": "block-storage"},
            FindingState.PROBLEM,
            "Tempest looks for the type block-storage, but the catalogue has volumev3",
        ),
        (
            ["block-storage"],
            {"catalog_type": "volumev3"},
            FindingState.PROBLEM,
            "Tempest looks for the type volumev3, but the catalogue has block-storage",
        ),
        (
            ["volumev3"],
            {},
            FindingState.NOT_SEEN,
            "newer releases of Tempest look for block-storage",
        ),
        (
            ["volumev2"],
            {},
            FindingState.PROBLEM,
            "the type block-storage or volumev3 or volume, but",
        ),
        (
            ["block-storage", "volumev3"],
            {"catalog_type": "volumev3"},
            FindingState.NOT_SEEN,
            "Tempest uses http://volumev3.One/v3/2 (volumev3, public, region One), not",
        ),
    ],
)
def test_type_in_tempest_conf_has_to_be_that_of_the_catalogue(
    types: list[str], conf: dict[str, str], state: FindingState, words: str
) -> None:
    catalogue = (*KEYSTONE, *SWIFT, *(f"{kind} public One" for kind in types))
    found = finding("block-storage", looked(catalogue, {**CONF, "volume": conf}, ONE))
    assert found.state is state
    assert words in found.what
    assert (clouds.VOLUME in found.tests) is (state is not FindingState.OK)
    assert found.is_user_input is found.prevents_pass is (state is FindingState.PROBLEM)
    if state is FindingState.PROBLEM:
        assert f"--set volume.catalog_type={types[0]}." in found.advice


@pytest.mark.parametrize("identity", [{}, {"region": ""}, {"region": "Two"}, {"region": "Three"}])
def test_run_into_another_region_is_refused(identity: dict[str, str]) -> None:
    catalogue = (*KEYSTONE[::-1], *SWIFT[::-1], "block-storage public One")
    found = looked(catalogue, {"identity": identity}, ONE)
    swift = finding("object-store", found)
    assert swift.state is FindingState.PROBLEM
    assert swift.prevents_pass
    assert swift.is_user_input
    assert swift.what == (
        "Tempest uses http://object-store.Two/v1/AUTH_2 (object-store, public, region Two), "
        "not http://object-store.One/v1/AUTH_2 (object-store, public, region One)"
    )
    assert "Set identity.region=One in tempest.conf" in swift.advice
    assert finding("block-storage", found).state is FindingState.OK
    own = {"identity": {"region": "One"}, "object-storage": {"region": "Two"}}
    swift = finding("object-store", looked(catalogue, own, ONE))
    assert "Set object-storage.region=One in tempest.conf" in swift.advice
    keystone = finding("identity", found)
    assert (keystone.state, keystone.prevents_pass) == (FindingState.NOT_SEEN, False)


def test_interface_that_tempest_conf_does_not_name_is_found_only_where_it_stands_first() -> None:
    inside = EndpointFilter(
        ("public",), "One", {"block-storage": EndpointFilter(("internal",), "One")}
    )
    own = "block-storage internal One"
    for first, state in (("admin Two", FindingState.OK), ("admin One", FindingState.NOT_SEEN)):
        catalogue = (*KEYSTONE, *SWIFT, f"block-storage {first} v3/admin", own)
        found = finding("block-storage", looked(catalogue, CONF, inside))
        assert found.state is state, first
        assert ("volume.endpoint_type=internal" in found.advice) is (state is FindingState.NOT_SEEN)


def test_region_that_is_not_set_is_named_where_tempest_takes_another_interface_for_it() -> None:
    catalogue = (
        *("identity public One", "object-store admin One v1/admin", SWIFT[0]),
        "block-storage public One",
    )
    found = finding("object-store", looked(catalogue, {"identity": {"uri_v3": "http://k/v3"}}, ONE))
    assert found.state is FindingState.NOT_SEEN
    assert "Tempest uses http://object-store.One/v1/admin" in found.what
    assert found.advice == "Set identity.region=One in tempest.conf, or with --set."


def test_service_of_another_region_is_named_with_the_option_that_chooses_it() -> None:
    found = looked((*KEYSTONE, *SWIFT, "volumev3 internal Two"), CONF, ONE)
    cinder = finding("block-storage", found)
    assert cinder.prevents_pass
    assert cinder.what == (
        "the catalogue has no public endpoint in region One, and Tempest would use "
        "http://volumev3.Two/v3/2 (volumev3, internal, region Two)"
    )
    for option in ("block_storage_region_name: Two", "block_storage_interface: internal"):
        assert option in cinder.advice


def test_no_option_puts_two_services_of_one_type_right() -> None:
    first = replace(listed("block-storage public One"), url="http://old/v3/2", service=0)
    second = replace(listed("block-storage public One"), service=1)
    others = (*map(listed, (*KEYSTONE, *SWIFT)), first, second)
    endpoints = tuple(
        EndpointFacts(entry, 200, None, clouds.endpoint(entry.official_type).versions)
        for entry in (*choose_endpoints(others[:-2], ONE), second)
    )
    survey = clouds.survey(endpoints=endpoints, identity={"catalogue": others}, region="One")
    scene = clouds.scene([clouds.VOLUME], survey=replace(survey, endpoint_filter=ONE), conf=CONF)
    found = finding("block-storage", run_checks(scene))
    assert "Tempest has no option for an address" in found.advice


def test_type_that_was_taken_for_its_address_is_told() -> None:
    catalogue = (*KEYSTONE, *SWIFT, "block-storage public One /", "volumev3 public One")
    conf = {**CONF, "volume": {"catalog_type": "volumev3"}}
    found = finding("block-storage", looked(catalogue, conf, ONE))
    assert found.state is FindingState.OK
    assert "used because Tempest cannot use http://block-storage.One// (block-storage" in found.what


def test_usable_address_of_another_interface_is_named() -> None:
    catalogue = (*KEYSTONE, *SWIFT, "volumev3 public One v2/2", "volumev3 internal One")
    conf = {**CONF, "volume": {"catalog_type": "volumev3"}}
    found = finding("block-storage", looked(catalogue, conf, ONE))
    assert "is not API version 3" in found.what
    assert "with `block_storage_interface: internal` in clouds.yaml" in found.advice


def test_shared_keystone_is_fine() -> None:
    catalogue = ("identity public One", "object-store public Two", "block-storage public Two")
    chosen = EndpointFilter(region="Two", services={"identity": ONE})
    found = looked(catalogue, {"identity": {"region": "Two"}}, chosen)
    assert {one.state for one in found} == {FindingState.OK}
