"""A surveyed cloud in which everything is fine, to be changed by tests."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from defcheck.cloud.discovery.model import (
    ApiVersion,
    CatalogueEntry,
    CloudDiscovery,
    CloudImage,
    CloudNetwork,
    ComputeFacts,
    EndpointFacts,
    Flavor,
    IdentityFacts,
    ImageFacts,
    NetworkFacts,
    ObjectStorageFacts,
    VolumeFacts,
    VolumeType,
)
from defcheck.cloud.preflight.context import PlannedTests, PreflightContext, UserSetup

NOW = datetime(2031, 1, 1, tzinfo=UTC)

SERVER = "tempest.api.compute.servers.test_servers.ServersTestJSON.test_create"
FLAVORS = "tempest.api.compute.flavors.test_flavors.FlavorsV2TestJSON.test_list_flavors"
RESIZE = "tempest.api.compute.servers.test_server_actions.ServerActionsTestJSON.test_resize_server"
IMAGE = "tempest.api.image.v2.test_images.ListUserImagesTest.test_list_no_params"
NET = "tempest.api.network.test_networks.NetworksTest.test_create"
ROUTER = "tempest.api.network.test_routers.RoutersTest.test_create_show"
VOLUME = "tempest.api.volume.test_volumes_list.VolumesListTestJSON.test_volume_list"
SNAPSHOT = "tempest.api.volume.test_volumes_snapshots.VolumesSnapshotTestJSON.test_snapshot_create"
ZONES = "tempest.api.volume.test_availability_zone.AvailabilityZoneTestJSON.test_get"
QUOTA = "tempest.api.object_storage.test_account_quotas.AccountQuotasTest.test_upload"
TEMPURL = "tempest.api.object_storage.test_object_temp_url.ObjectTempUrlTest.test_get"
TOKEN = "tempest.api.identity.v3.test_tokens.TokensV3Test.test_create_token"

ALL = (
    *(SERVER, FLAVORS, RESIZE, IMAGE, NET, ROUTER, VOLUME, SNAPSHOT, ZONES),
    *(QUOTA, TEMPURL, TOKEN),
)

VERSIONS = {
    "identity": "3.14",
    "compute": "2.1",
    "image": "2.17",
    "network": "2.0",
    "block-storage": "3.0",
}


PATHS = {"object-store": "v1/AUTH_2", "compute": "v2.1", "block-storage": "v3/2"}
"""How the catalogue names the services, as devstack does."""


def endpoint(service: str) -> EndpointFacts:
    path = PATHS.get(service, "")
    entry = CatalogueEntry(service, service, "", "public", "R", f"http://{service}/{path}")
    number = VERSIONS.get(service)
    return EndpointFacts(
        entry, 200, None, (ApiVersion(number, "CURRENT", "", ""),) if number else ()
    )


ENDPOINTS = tuple(endpoint(service) for service in (*VERSIONS, "object-store"))

LIMITS = {
    "maxTotalInstances": 10,
    "totalInstancesUsed": 0,
    "maxTotalCores": 20,
    "totalCoresUsed": 0,
    "maxTotalRAMSize": -1,
    "totalRAMUsed": 0,
}

SURVEY = CloudDiscovery(
    cloud="mine",
    auth_url="http://identity/v3",
    region="R",
    identity=IdentityFacts(
        user_name="u",
        user_id="1",
        project_name="p",
        project_id="2",
        roles=("member",),
        expires=NOW,
        catalogue=tuple(one.entry for one in ENDPOINTS),
        skew=0.0,
    ),
    endpoints=ENDPOINTS,
    compute=ComputeFacts(
        flavors=(Flavor("f1", "tiny", 64, 1, 1, True), Flavor("f2", "small", 128, 1, 2, True)),
        limits=LIMITS,
        defaults={"instances": 10, "cores": 20, "ram": -1},
        zones=("nova",),
        extensions=(),
        hosts=1,
    ),
    image=ImageFacts(
        images=(CloudImage("i1", "cirros", 1, 0, 0, "qcow2", "bare", "public", False),),
        import_methods=(),
        formats={},
    ),
    network=NetworkFacts(
        networks=(CloudNetwork("n1", "public", True, False, False, True, ()),),
        subnets=(),
        extensions=(
            *("router", "security-group", "ext-gw-mode", "subnet_allocation", "extra_dhcp_opt"),
        ),
        quotas=dict.fromkeys(
            ("network", "subnet", "port", "router", "floatingip", "security_group"), 10
        ),
        used={},
        defaults={},
        agents=(),
    ),
    volume=VolumeFacts(
        types=(VolumeType("t1", "fast", True, True, "", False),),
        limits={"maxTotalVolumes": 10, "maxTotalVolumeGigabytes": 10, "maxTotalSnapshots": 10},
        defaults={"volumes": 10, "gigabytes": 10, "snapshots": 10},
        zones=("nova",),
        extensions=(),
        backends=(),
        services=(),
    ),
    object_storage=ObjectStorageFacts(
        info=dict.fromkeys(
            (
                *("account_quotas", "bulk_upload", "container_quotas", "crossdomain", "formpost"),
                *("slo", "staticweb", "tempurl", "versioned_writes"),
            ),
            True,
        ),
        account={},
    ),
    seconds=1.0,
)

SCENE = PreflightContext(
    survey=SURVEY,
    planned=PlannedTests(ALL, frozenset(ALL)),
    conf={
        "compute": {"flavor_ref": "f1", "flavor_ref_alt": "f2", "image_ref": "i1"},
        "network": {"public_network_id": "n1"},
    },
    guessed_options=frozenset(),
    users=UserSetup("single account"),
    now=NOW,
    predicted={},
    with_more_users={},
)


def scene(tests: Iterable[str] = ALL, **changes: Any) -> PreflightContext:
    """Return the fine scene with changes."""
    demand = PlannedTests(tuple(tests), frozenset(tests))
    return replace(SCENE, planned=demand, **changes)


def survey(**changes: Any) -> CloudDiscovery:
    """Return the fine survey with changes; those of a part are given as a mapping.

    The catalogue has the endpoints that are given, unless it is given itself.
    """
    if "endpoints" in changes:
        listed = tuple(one.entry for one in changes["endpoints"])
        changes["identity"] = {"catalogue": listed, **changes.get("identity", {})}
    parts = {
        name: replace(getattr(SURVEY, name), **change) if isinstance(change, dict) else change
        for name, change in changes.items()
    }
    return replace(SURVEY, **parts)


def seeing(**changes: Any) -> PreflightContext:
    """Return the fine scene with a changed survey."""
    return scene(survey=survey(**changes))
