"""Quotas against what the demanded tests hold at the same time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from defcheck.cloud.preflight.demand import makes_servers, makes_volumes
from defcheck.cloud.preflight.finding import Finding, fine, harm, unseen
from defcheck.cloud.preflight.scene import DYNAMIC, POOL, SINGLE, Scene
from defcheck.cloud.survey.facts import Fact, Unseen, known
from defcheck.cloud.survey.model import Flavor
from defcheck.cloud.survey.projects import ProjectQuotas


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


OWN, NEW = "the project", "a new project"


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


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a project's quotas."""

    whose: str
    limits: Fact[Mapping[str, int]]
    used: Fact[Mapping[str, int]]
    new: bool = False
    """Whether it is a project that is yet to be made, with the quota API's names."""


def examine(
    scene: Scene, topic: str, needs: tuple[Need, ...], own: Seen, new: Seen, field: str
) -> Iterator[Finding]:
    """Judge the quotas of the projects in which the tests will run.

    `own` is the login's project, `new` what one to be made will have, `field`
    the name of the quotas of an accounts file's projects.
    """
    if scene.users.kind == SINGLE:
        projects = [own]
    elif scene.users.kind in (DYNAMIC, POOL):
        projects = [new]
    else:
        projects = [
            Seen(f"project {name}", getattr(one, field), _used(one, field))
            for name, one in scene.users.projects.items()
        ]
    short: dict[str, list[Finding]] = {}
    for one in projects:
        lacking = _short(one, needs)
        if isinstance(lacking, Unseen):
            yield unseen(topic, "quotas", f"of {one.whose}: {lacking.why}")
            return
        for need, limit, free in lacking:
            short.setdefault(need.name, []).append(_harm(scene, topic, one, need, limit, free))
    for findings in short.values():
        worst = next((one for one in findings if one.hopeless), findings[0])
        more = f" (as in {len(findings) - 1} more)" if len(findings) > 1 else ""
        yield replace(worst, what=worst.what + more)
    if projects and not short:
        whose = projects[0].whose if len(projects) == 1 else f"each of {len(projects)} projects"
        yield fine(
            topic, "quotas", f"{whose} has enough of " + ", ".join(one.name for one in needs)
        )


def _used(one: ProjectQuotas, field: str) -> Fact[Mapping[str, int]]:
    return one.network_used if field == "network" else getattr(one, field)


def _short(seen: Seen, needs: tuple[Need, ...]) -> list[tuple[Need, int, int]] | Unseen:
    """Return the quotas that do not suffice: the limit and what is free of it."""
    if isinstance(seen.limits, Unseen):
        return seen.limits
    taken = known(seen.used, {})
    found = []
    for need in needs:
        limit = seen.limits.get(need.name if seen.new else need.limit, -1)
        free = limit - (0 if seen.new else taken.get(need.used, 0))
        if limit >= 0 and free < need.amount:
            found.append((need, limit, free))
    return found


def _harm(scene: Scene, topic: str, one: Seen, need: Need, limit: int, free: int) -> Finding:
    return harm(
        topic,
        f"quota {need.name}",
        f"{one.whose} has {free} of {limit} free, and the tests need {need.amount} at a time",
        f"Raise the quota {need.name}, or free some of it.",
        scene.demand.where(need.wants),
        hopeless=free <= 0,
    )
