"""Quotas against what the demanded tests hold at the same time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from defcheck.cloud.preflight.demand import makes_servers, makes_volumes
from defcheck.cloud.preflight.finding import Finding, fine, harm, unseen
from defcheck.cloud.preflight.scene import DYNAMIC, POOL, SINGLE, Scene
from defcheck.cloud.survey.facts import Fact, Unseen
from defcheck.cloud.survey.model import Flavor


@dataclass(frozen=True, slots=True)
class Need:
    """How much of something one class of tests holds at once."""

    name: str
    """In the quota API, and in a person's words."""

    amount: int
    limit: str
    """The project's limit among what the survey has, and what is used of it."""

    used: str
    wants: Callable[[str], bool]
    """Whether a test needs it."""


def compute_needs(flavor: Flavor | None) -> tuple[Need, ...]:
    """Return what compute tests need: ListServerFilters has three servers at a time."""
    cores, ram = (flavor.vcpus, flavor.ram) if flavor else (1, 1)
    return (
        Need("instances", 3, "maxTotalInstances", "totalInstancesUsed", makes_servers),
        Need("cores", 3 * cores, "maxTotalCores", "totalCoresUsed", makes_servers),
        Need("ram", 3 * ram, "maxTotalRAMSize", "totalRAMUsed", makes_servers),
    )


def _snapshots(test: str) -> bool:
    return makes_volumes(test) and "snapshot" in test.lower()


VOLUMES = (
    Need("volumes", 3, "maxTotalVolumes", "totalVolumesUsed", makes_volumes),
    Need("gigabytes", 3, "maxTotalVolumeGigabytes", "totalGigabytesUsed", makes_volumes),
    Need("snapshots", 3, "maxTotalSnapshots", "totalSnapshotsUsed", _snapshots),
)
"""The lists of volumes and of snapshots are tested with three of each, of 1 GiB."""


def _named(*words: str) -> Callable[[str], bool]:
    places = tuple(f".network.{word}" for word in words)
    return lambda test: any(place in test for place in places)


def _nets(test: str) -> bool:
    return _named("test_networks", "test_ports", "test_routers", "admin.test_routers")(test)


NETWORK = (
    Need("network", 2, "network", "network", _nets),
    Need("subnet", 2, "subnet", "subnet", _nets),
    Need("port", 4, "port", "port", lambda test: _nets(test) or makes_servers(test)),
    Need("router", 2, "router", "router", _named("test_routers", "admin.test_routers")),
    Need("floatingip", 1, "floatingip", "floatingip", _named("test_floating_ips")),
    Need("security_group", 2, "security_group", "security_group", _named("test_security_groups")),
)
"""Bulk creation is tested with two of each."""


def examine(
    scene: Scene,
    topic: str,
    needs: tuple[Need, ...],
    limits: Fact[Mapping[str, int]],
    used: Fact[Mapping[str, int]],
    defaults: Fact[Mapping[str, int]],
) -> Iterator[Finding]:
    """Judge the quotas of the project in which tests run, or of the new ones that Tempest makes."""
    new = scene.users.kind in (DYNAMIC, POOL)
    if not new and scene.users.kind != SINGLE:
        return  # the accounts' own projects are not this login's
    quotas = defaults if new else limits
    if isinstance(quotas, Unseen):
        yield unseen(topic, "quotas", quotas.why)
        return
    taken: Mapping[str, int] = {} if new or isinstance(used, Unseen) else used
    whose = "a new project" if new else "the project"
    short = False
    for need in needs:
        limit = quotas.get(need.name if new else need.limit, -1)
        free = limit - taken.get(need.used, 0)
        if limit < 0 or free >= need.amount:
            continue
        short = True
        yield harm(
            topic,
            f"quota {need.name}",
            f"{whose} has {free} of {limit} free, and the tests need {need.amount} at a time",
            f"Raise the quota {need.name}, or free some of it.",
            scene.demand.where(need.wants),
            hopeless=free <= 0,
        )
    if not short:
        yield fine(
            topic, "quotas", f"{whose} has enough of " + ", ".join(one.name for one in needs)
        )
