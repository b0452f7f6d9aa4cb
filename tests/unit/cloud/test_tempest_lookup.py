"""What Tempest itself takes from a catalogue, by its own code, and what defcheck says it takes."""

import itertools
import json
import subprocess
import sys
from dataclasses import asdict

import pytest

from defcheck.cloud.catalogue import (
    Lookup,
    describe_address_fault,
    find_entry,
    list_catalogue_entries,
    read_lookup,
)

ASK_TEMPEST = """
import json, sys
from tempest.lib import auth, exceptions

provider = auth.KeystoneV3AuthProvider.__new__(auth.KeystoneV3AuthProvider)
provider.credentials, provider._scope, provider.auth_url = "", "project", ""

def take(catalogue, wanted):
    filters = {
        "service": wanted["type"],
        "endpoint_type": wanted["interface"],
        "region": wanted["region"],
    }
    try:
        return provider.base_url(filters, ("token", {"catalog": catalogue}))
    except exceptions.EndpointNotFound:
        return None

print(json.dumps([take(*case) for case in json.load(sys.stdin)]))
"""

Json = dict[str, object]


def service(kind: str, *endpoints: str) -> Json:
    """Return a service with endpoints such as `public One`, each with an address of its own."""
    listed = []
    for number, endpoint in enumerate(endpoints):
        interface, region = endpoint.split()
        url = f"http://{kind}.{region}/{interface}/{number}"
        listed.append({"interface": interface, "region": region, "region_id": region, "url": url})
    return {"type": kind, "name": kind, "endpoints": listed}


CATALOGUES: tuple[list[Json], ...] = (
    [],
    [service("image", "public One")],
    [service("image", "admin One", "public One", "public Two", "internal Two")],
    [service("image", "internal Two", "public Two"), service("image", "public One")],
    [service("block-storage", "public One"), service("volumev3", "public One", "public Two")],
    [service("volumev2", "public One"), service("volumev3", "admin Two", "public Two")],
    [service("compute_legacy", "public One"), service("compute", "internal One")],
)
LOOKUPS = [
    Lookup(*one)
    for one in itertools.product(
        ("image", "block-storage", "volumev3", "compute"),
        ("public", "internal", "admin"),
        ("One", "Two", "RegionOne"),
    )
]


def test_same_endpoint_is_taken_as_by_tempest() -> None:
    cases = list(itertools.product(CATALOGUES, LOOKUPS))
    asked = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASK_TEMPEST],
        input=json.dumps([(catalogue, asdict(lookup)) for catalogue, lookup in cases]),
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    ours = [
        find_entry(list_catalogue_entries(catalogue), lookup.type, lookup)
        for catalogue, lookup in cases
    ]
    assert [entry and entry.url for entry in ours] == json.loads(asked.stdout)
    assert len({entry.url for entry in ours if entry}) > 8


def test_lookup_without_a_type_is_that_of_the_newest_tempest_that_finds_one() -> None:
    listed = list_catalogue_entries(
        [service("volumev3", "public One"), service("volume", "public One")]
    )
    found = find_entry(listed, "block-storage", Lookup("", "public", "One"))
    assert found is not None
    assert found.type == "volumev3"
    assert find_entry(listed, "image", Lookup("", "public", "One")) is None


@pytest.mark.parametrize(
    ("sections", "service", "expected"),
    [
        ({}, "image", Lookup("", "public", "RegionOne")),
        ({"identity": {"region": "R"}}, "image", Lookup("", "public", "R")),
        ({"identity": {"region": ""}}, "image", Lookup("", "public", "")),
        (
            {"identity": {"region": "R"}, "volume": {"region": "S", "catalog_type": "volumev3"}},
            "block-storage",
            Lookup("volumev3", "public", "S"),
        ),
        (
            {"object-storage": {"endpoint_type": "internalURL", "region": ""}},
            "object-store",
            Lookup("", "internal", "RegionOne"),
        ),
        (
            {"identity": {"v3_endpoint_type": "adminURL", "endpoint_type": "internal"}},
            "identity",
            Lookup("", "admin", "RegionOne"),
        ),
        ({"dns": {"endpoint_type": "internal"}}, "dns", Lookup("", "internal", "RegionOne")),
        (
            {"heat_plugin": {"catalog_type": "x"}},
            "orchestration",
            Lookup("x", "public", "RegionOne"),
        ),
    ],
)
def test_lookup_is_read_as_tempest_reads_its_options(
    sections: dict[str, dict[str, str]], service: str, expected: Lookup
) -> None:
    assert read_lookup(sections, service) == expected


@pytest.mark.parametrize(
    ("service", "path", "faulty"),
    [
        ("compute", "v2.1", False),
        ("compute", "v2/p", False),
        ("compute", "", True),
        ("block-storage", "volume/v3/p", False),
        ("block-storage", "v2/p", True),
        ("block-storage", "v1/p", True),
        ("block-storage", "", True),
        ("network", "", False),
        ("network", "v2.0", True),
        ("dns", "dns", False),
        ("dns", "v2", True),
        ("image", "v1", False),
        ("object-store", "v1/AUTH_p", False),
        ("identity", "v2.0", False),
    ],
)
def test_address_is_judged_as_it_stands(service: str, path: str, faulty: bool) -> None:
    what, advice = describe_address_fault(service, f"http://c:1/{path}")
    assert bool(what) is bool(advice) is faulty
    assert not faulty or "Tempest has no option for an address" in advice
