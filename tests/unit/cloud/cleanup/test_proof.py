"""What is a run's own in a cloud, and what only looks like it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from defcheck.cloud.cleanup.ownership import (
    DELETION_ORDER,
    CloudResource,
    LeftoverFindings,
    OwnershipEvidence,
    Relation,
    ResourceKind,
    classify_resources,
)
from defcheck.errors import InputError

BEGAN = datetime(2031, 1, 1, tzinfo=UTC)
PREFIX = "defcheck-1a2b3c4d"
CLAIM = OwnershipEvidence(PREFIX, BEGAN, BEGAN + timedelta(hours=1), interrupted=False, created={})
PROJECT, USER = "a" * 32, "b" * 32
DURING = BEGAN + timedelta(minutes=1)


def ids() -> Iterator[str]:
    for number in range(1000):
        yield f"00000000-0000-4000-8000-{number:012x}"


NUMBERS = ids()


def thing(kind: ResourceKind, name: str = "", **more: object) -> CloudResource:
    return CloudResource(kind, str(more.pop("id", next(NUMBERS))), name, **more)  # type: ignore[arg-type]


def ours(*things: CloudResource, claim: OwnershipEvidence = CLAIM) -> list[CloudResource]:
    return [one.resource for one in classify_resources(things, claim).owned]


def unproven(*things: CloudResource, claim: OwnershipEvidence = CLAIM) -> list[CloudResource]:
    return [one.resource for one in classify_resources(things, claim).unproven]


def test_a_name_with_the_prefix_is_the_run_s() -> None:
    server = thing(ResourceKind.SERVER, f"{PREFIX}-Class-server-1", created_at=DURING)
    findings = classify_resources([server], CLAIM)
    assert [one.reason for one in findings.owned] == [f"its name begins with {PREFIX}-"]
    assert findings.unproven == ()


@pytest.mark.parametrize(
    "name",
    [
        f"{PREFIX}5-server",  # a longer prefix of somebody else's
        f"{PREFIX}5",
        PREFIX,
        "defcheck-1a2b3c4",
        "defcheck-",
        "",
        f"x-{PREFIX}-server",
        f" {PREFIX}-server",
        PREFIX.upper() + "-server",
        f"snapshot for {PREFIX}-server",
        "tempest-Class-1",
    ],
)
@pytest.mark.parametrize("kind", list(ResourceKind))
def test_resource_with_another_name_is_not_ours(kind: ResourceKind, name: str) -> None:
    assert ours(thing(kind, name, created_at=DURING)) == []


@pytest.mark.parametrize(
    "prefix", ["d", "defcheck", "defcheck-", "defcheck-1a2b3c4", "tempest", "defcheck-1a2b3c4d-x"]
)
def test_a_prefix_that_others_may_have_is_refused(prefix: str) -> None:
    with pytest.raises(InputError, match="was not created by defcheck"):
        classify_resources(
            [thing(ResourceKind.SERVER, f"{prefix}-server")], replace(CLAIM, prefix=prefix)
        )


def test_without_prefix_and_notes_nothing_can_be_proved() -> None:
    with pytest.raises(InputError, match="no resource can be proved"):
        classify_resources(
            [thing(ResourceKind.SERVER, "-server"), thing(ResourceKind.SERVER)],
            replace(CLAIM, prefix=""),
        )


def test_what_was_made_before_the_run_is_suspicious_and_not_the_run_s() -> None:
    old = thing(ResourceKind.VOLUME, f"{PREFIX}-volume-1", created_at=BEGAN - timedelta(minutes=6))
    assert ours(old) == []
    assert unproven(old) == [old]


def test_clocks_may_differ_by_five_minutes() -> None:
    skewed = thing(
        ResourceKind.VOLUME, f"{PREFIX}-volume-1", created_at=BEGAN - timedelta(minutes=4)
    )
    assert ours(skewed) == [skewed]


def test_what_is_older_than_the_run_stays_whatever_it_hangs_on() -> None:
    claim = replace(CLAIM, created={PROJECT: "tempest-C-1"})
    old = thing(
        ResourceKind.SERVER,
        created_at=BEGAN - timedelta(days=1),
        relations={Relation.PROJECT: PROJECT},
    )
    assert ours(old, claim=claim) == []


def test_what_the_run_noted_is_its_own_by_the_id_that_the_cloud_gave() -> None:
    project = thing(ResourceKind.PROJECT, "tempest-Class-1", id=PROJECT)
    other = thing(ResourceKind.PROJECT, "tempest-Class-1")
    assert ours(project, other, claim=replace(CLAIM, created={PROJECT: "tempest-Class-1"})) == [
        project
    ]


def test_an_id_that_a_test_chose_proves_nothing_without_its_name() -> None:
    claim = replace(CLAIM, created={"1234": "tempest-flavor-1"})
    mine = thing(ResourceKind.FLAVOR, "tempest-flavor-1", id="1234")
    assert ours(mine, claim=claim) == [mine]
    assert ours(thing(ResourceKind.FLAVOR, "m1.large", id="1234"), claim=claim) == []
    assert (
        ours(thing(ResourceKind.FLAVOR, "", id="1234"), claim=replace(CLAIM, created={"1234": ""}))
        == []
    )


def test_a_container_of_the_same_name_in_another_account_is_not_the_run_s() -> None:
    claim = replace(CLAIM, created={"AUTH_x/tempest-box-1": "tempest-box-1"})
    mine = thing(ResourceKind.CONTAINER, "tempest-box-1", id="AUTH_x/tempest-box-1")
    theirs = thing(ResourceKind.CONTAINER, "tempest-box-1", id="AUTH_y/tempest-box-1")
    assert ours(mine, theirs, claim=claim) == [mine]


def test_key_pairs_are_noted_by_name() -> None:
    claim = replace(CLAIM, created={"tempest-keypair-1": "tempest-keypair-1"})
    mine = thing(ResourceKind.KEYPAIR, "tempest-keypair-1", id=f"{USER}/tempest-keypair-1")
    theirs = thing(ResourceKind.KEYPAIR, "laptop", id=f"{USER}/laptop")
    assert ours(mine, theirs, claim=claim) == [mine]


@pytest.mark.parametrize("name", ["", "default", "anything"])
def test_all_in_a_project_of_the_run_s_is_too(name: str) -> None:
    claim = replace(CLAIM, created={PROJECT: "tempest-Class-1"})
    group = thing(ResourceKind.SECURITY_GROUP, name, relations={Relation.PROJECT: PROJECT})
    assert ours(group, claim=claim) == [group]


def test_a_user_named_after_a_project_of_the_run_s_is_too() -> None:
    claim = replace(CLAIM, created={PROJECT: "tempest-Class-12"})
    user = thing(ResourceKind.USER, "tempest-Class-12-project-member")
    other = thing(ResourceKind.USER, "tempest-Class-1-project-member")
    longer = thing(ResourceKind.USER, "tempest-Class-123-project-member")
    assert ours(user, other, longer, claim=claim) == [user]


def test_what_hangs_on_a_thing_of_the_run_s_and_has_no_name_is_too() -> None:
    server = thing(ResourceKind.SERVER, f"{PREFIX}-s")
    volume = thing(ResourceKind.VOLUME, f"{PREFIX}-v")
    port = thing(ResourceKind.PORT, relations={Relation.DEVICE: server.id, Relation.NETWORK: "n"})
    address = thing(ResourceKind.FLOATING_IP, relations={Relation.PORT: port.id})
    snapshot = thing(ResourceKind.SNAPSHOT, relations={Relation.VOLUME: volume.id})
    nova = thing(
        ResourceKind.SNAPSHOT,
        f"snapshot for {PREFIX}-image",
        relations={Relation.VOLUME: volume.id},
    )
    root = thing(ResourceKind.VOLUME, relations={Relation.SERVER: server.id})
    everything = [address, port, snapshot, nova, root, server, volume]
    assert {one.id for one in ours(*everything)} == {one.id for one in everything}


def test_a_named_snapshot_of_the_run_s_volume_stays() -> None:
    volume = thing(ResourceKind.VOLUME, f"{PREFIX}-v")
    kept = thing(ResourceKind.SNAPSHOT, "keep me", relations={Relation.VOLUME: volume.id})
    assert ours(volume, kept) == [volume]


def test_a_subnet_is_a_part_of_its_network_whatever_its_name() -> None:
    network = thing(ResourceKind.NETWORK, f"{PREFIX}-n")
    subnet = thing(ResourceKind.SUBNET, "named", relations={Relation.NETWORK: network.id})
    assert ours(subnet, network) == [subnet, network]


def test_the_port_of_somebody_else_s_server_on_the_run_s_network_stays() -> None:
    network = thing(ResourceKind.NETWORK, f"{PREFIX}-n")
    theirs = thing(ResourceKind.SERVER, "production")
    port = thing(
        ResourceKind.PORT, relations={Relation.DEVICE: theirs.id, Relation.NETWORK: network.id}
    )
    unlisted = thing(
        ResourceKind.PORT, relations={Relation.DEVICE: "unseen", Relation.NETWORK: network.id}
    )
    free = thing(ResourceKind.PORT, relations={Relation.NETWORK: network.id})
    assert ours(network, theirs, port, unlisted, free) == [free, network]


def test_the_run_s_router_in_somebody_else_s_network_is_unplugged() -> None:
    router = thing(ResourceKind.ROUTER, f"{PREFIX}-r")
    plug = thing(
        ResourceKind.ROUTER_INTERFACE,
        relations={Relation.DEVICE: router.id, Relation.NETWORK: "theirs"},
    )
    theirs = thing(ResourceKind.ROUTER_INTERFACE, relations={Relation.DEVICE: "their router"})
    assert ours(router, plug, theirs) == [plug, router]


def test_somebody_else_s_volume_at_the_run_s_server_stays() -> None:
    server = thing(ResourceKind.SERVER, f"{PREFIX}-s")
    data = thing(ResourceKind.VOLUME, "data", relations={Relation.SERVER: server.id})
    assert ours(server, data) == [server]


def test_unnamed_things_in_a_user_s_own_project_are_told_and_never_deleted() -> None:
    claim = replace(CLAIM, projects=frozenset({PROJECT}))
    made = thing(ResourceKind.FLOATING_IP, project=PROJECT, created_at=DURING)
    tempest = thing(ResourceKind.IMAGE, "tempest-test-image-1", project=PROJECT, created_at=DURING)
    named = thing(ResourceKind.IMAGE, "golden", project=PROJECT, created_at=DURING)
    before = thing(ResourceKind.FLOATING_IP, project=PROJECT, created_at=BEGAN - timedelta(days=1))
    after = thing(ResourceKind.FLOATING_IP, project=PROJECT, created_at=BEGAN + timedelta(days=1))
    timeless = thing(ResourceKind.FLOATING_IP, project=PROJECT)
    elsewhere = thing(ResourceKind.FLOATING_IP, project="other", created_at=DURING)
    everything = [made, tempest, named, before, after, timeless, elsewhere]
    assert ours(*everything, claim=claim) == []
    assert unproven(*everything, claim=claim) == [made, tempest]


def test_users_of_a_run_that_was_cut_off_are_told_where_no_note_was_written() -> None:
    claim = replace(CLAIM, test_classes=frozenset({"ServersTestJSON"}))
    user = thing(ResourceKind.USER, "tempest-ServersTestJSON-1-project-member")
    other = thing(ResourceKind.USER, "tempest-OtherTest-1-project-member")
    assert unproven(user, other, claim=replace(claim, interrupted=True)) == [user]
    assert unproven(user, other, claim=claim) == []


def test_things_stand_in_the_order_of_deletion() -> None:
    things = [thing(kind, f"{PREFIX}-x") for kind in reversed(ResourceKind)]
    assert [one.kind for one in ours(*things)] == list(DELETION_ORDER)


def test_no_resources_classify_as_no_leftovers() -> None:
    assert classify_resources([], CLAIM) == LeftoverFindings()
