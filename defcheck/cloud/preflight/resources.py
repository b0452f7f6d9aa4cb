"""Check whether flavors, images, networks and quotas suffice for the planned tests."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from defcheck.cloud.discovery.cloud_discovery import ProjectQuotas
from defcheck.cloud.discovery.model import (
    CloudImage,
    CloudNetwork,
    Fact,
    Flavor,
    Unavailable,
    value_or,
)
from defcheck.cloud.preflight.context import (
    DYNAMIC,
    POOL,
    SINGLE,
    PreflightContext,
    PreflightFinding,
    creates_servers,
    creates_volumes,
    ok_finding,
    problem_finding,
    unseen_finding,
)


@dataclass(frozen=True, slots=True)
class QuotaNeed:
    """How much of a quota one test class uses at once."""

    name: str
    """The name in the quota API, and the name for display."""

    amount: int
    limit_name: str
    """The names of limit and usage among the discovered facts."""

    used_name: str
    needed_by: Callable[[str], bool]
    """Return whether a test needs it."""


OWN_PROJECT, NEW_PROJECT = "the project", "a new project"


def list_compute_needs(flavor: Flavor | None) -> tuple[QuotaNeed, ...]:
    """Return what compute tests need: ListServerFilters uses three servers at a time."""
    cores, ram = (flavor.vcpus, flavor.ram) if flavor else (1, 1)
    return (
        QuotaNeed("instances", 3, "maxTotalInstances", "totalInstancesUsed", creates_servers),
        QuotaNeed("cores", 3 * cores, "maxTotalCores", "totalCoresUsed", creates_servers),
        QuotaNeed("ram", 3 * ram, "maxTotalRAMSize", "totalRAMUsed", creates_servers),
    )


def _creates_snapshots(test: str) -> bool:
    return creates_volumes(test) and "snapshot" in test.lower()


VOLUME_NEEDS = (
    QuotaNeed("volumes", 3, "maxTotalVolumes", "totalVolumesUsed", creates_volumes),
    QuotaNeed("gigabytes", 3, "maxTotalVolumeGigabytes", "totalGigabytesUsed", creates_volumes),
    QuotaNeed("snapshots", 3, "maxTotalSnapshots", "totalSnapshotsUsed", _creates_snapshots),
)
"""The tests of lists use three volumes and three snapshots of 1 GiB each."""


def _match_modules(*words: str) -> Callable[[str], bool]:
    places = tuple(f".network.{word}" for word in words)
    return lambda test: any(place in test for place in places)


def _creates_networks(test: str) -> bool:
    return _match_modules("test_networks", "test_ports", "test_routers", "admin.test_routers")(test)


NETWORK_NEEDS = (
    QuotaNeed("network", 2, "network", "network", _creates_networks),
    QuotaNeed("subnet", 2, "subnet", "subnet", _creates_networks),
    QuotaNeed(
        "port", 4, "port", "port", lambda test: _creates_networks(test) or creates_servers(test)
    ),
    QuotaNeed(
        "router", 2, "router", "router", _match_modules("test_routers", "admin.test_routers")
    ),
    QuotaNeed("floatingip", 1, "floatingip", "floatingip", _match_modules("test_floating_ips")),
    QuotaNeed(
        "security_group",
        2,
        "security_group",
        "security_group",
        _match_modules("test_security_groups"),
    ),
)
"""The tests of bulk creation use two of each."""


@dataclass(frozen=True, slots=True)
class QuotaUsage:
    """What is known of a project's quotas."""

    owner: str
    limits: Fact[Mapping[str, int]]
    used: Fact[Mapping[str, int]]
    is_new: bool = False
    """Whether the project does not exist yet; its quotas have the quota API's names."""


def check_quotas(
    context: PreflightContext,
    topic: str,
    needs: tuple[QuotaNeed, ...],
    own: QuotaUsage,
    new: QuotaUsage,
    field: str,
) -> Iterator[PreflightFinding]:
    """Check the quotas of the projects in which the tests will run.

    `own` are those of the account's project, `new` those of a new project, `field`
    the name of the quotas of an accounts file's projects.
    """
    if context.users.kind == SINGLE:
        projects = [own]
    elif context.users.kind in (DYNAMIC, POOL):
        projects = [new]
    else:
        projects = [
            QuotaUsage(f"project {name}", getattr(one, field), _find_used(one, field))
            for name, one in context.users.projects.items()
        ]
    short: dict[str, list[PreflightFinding]] = {}
    for one in projects:
        lacking = _find_shortages(one, needs)
        if isinstance(lacking, Unavailable):
            yield unseen_finding(topic, "quotas", f"of {one.owner}: {lacking.reason}")
            return
        for need, limit, free in lacking:
            short.setdefault(need.name, []).append(
                _describe_shortage(context, topic, one, need, limit, free)
            )
    for findings in short.values():
        worst = next((one for one in findings if one.prevents_pass), findings[0])
        more = f" (also in {len(findings) - 1} more)" if len(findings) > 1 else ""
        yield replace(worst, what=worst.what + more)
    if projects and not short:
        whose = projects[0].owner if len(projects) == 1 else f"each of {len(projects)} projects"
        yield ok_finding(
            topic, "quotas", f"{whose} has enough " + ", ".join(one.name for one in needs)
        )


def _find_used(quotas: ProjectQuotas, field: str) -> Fact[Mapping[str, int]]:
    return quotas.network_used if field == "network" else getattr(quotas, field)


def _find_shortages(
    usage: QuotaUsage, needs: tuple[QuotaNeed, ...]
) -> list[tuple[QuotaNeed, int, int]] | Unavailable:
    """Return the quotas that do not suffice, with their limit and what is free."""
    if isinstance(usage.limits, Unavailable):
        return usage.limits
    taken = value_or(usage.used, {})
    found = []
    for need in needs:
        limit = usage.limits.get(need.name if usage.is_new else need.limit_name, -1)
        free = limit - (0 if usage.is_new else taken.get(need.used_name, 0))
        if limit >= 0 and free < need.amount:
            found.append((need, limit, free))
    return found


def _describe_shortage(
    context: PreflightContext, topic: str, usage: QuotaUsage, need: QuotaNeed, limit: int, free: int
) -> PreflightFinding:
    return problem_finding(
        topic,
        f"quota {need.name}",
        f"{usage.owner} has {free} of {limit} free, but the tests need {need.amount} at a time",
        f"Raise the quota {need.name}, or delete unused resources.",
        context.planned.select_tests(need.needed_by),
        prevents_pass=free <= 0,
    )


OTHER_CLOUD_ADVICE = "Check whether tempest.conf is for another cloud, or the resource was deleted."


def check_compute(context: PreflightContext) -> Iterator[PreflightFinding]:
    """Check what servers need; yield nothing if no compute test is required."""
    tests = context.planned.select_tests(creates_servers)
    if not tests:
        return
    flavor = None
    compute, images = context.survey.compute, context.survey.image
    if images is not None:
        yield _check_images(context, images.images, tests)
    if compute is None:
        return
    if not isinstance(compute.flavors, Unavailable):
        chosen = context.get_option("compute", "flavor_ref")
        flavor = next((one for one in compute.flavors if one.id == chosen), None)
    yield _check_flavors(context, compute.flavors, tests)
    if not isinstance(compute.zones, Unavailable):
        yield (
            ok_finding("compute", "zones", ", ".join(compute.zones))
            if compute.zones
            else problem_finding(
                "compute",
                "zones",
                "no availability zone is available",
                "Check the compute hosts.",
                tests,
                prevents_pass=True,
            )
        )
    yield from check_quotas(
        context,
        "compute",
        list_compute_needs(flavor),
        QuotaUsage(OWN_PROJECT, compute.limits, compute.limits),
        QuotaUsage(NEW_PROJECT, compute.defaults, {}, is_new=True),
        "compute",
    )


def _check_flavors(
    context: PreflightContext, flavors: tuple[Flavor, ...] | Unavailable, tests: Sequence[str]
) -> PreflightFinding:
    if isinstance(flavors, Unavailable):
        return unseen_finding("compute", "flavors", flavors.reason)
    missing = _describe_missing(
        context, ("flavor_ref", "flavor_ref_alt"), {one.id for one in flavors}
    )
    if missing:
        return problem_finding(
            "compute",
            "flavors",
            missing,
            OTHER_CLOUD_ADVICE,
            tests,
            prevents_pass=True,
            is_user_input=True,
        )
    with_disk = [one for one in flavors if one.disk]
    if not with_disk:
        return problem_finding(
            "compute",
            "flavors",
            f"none of the {len(flavors)} visible flavors has a disk",
            "Make a flavor with a disk of at least 1 GiB visible to the project.",
            tests,
            prevents_pass=True,
        )
    if context.conf and not context.get_option("compute", "flavor_ref"):
        return problem_finding(
            "compute",
            "flavors",
            "none has a disk that fits the smallest image",
            "Make one visible to the project, or set it by --set compute.flavor_ref=ID.",
            tests,
            prevents_pass=True,
        )
    if len(with_disk) == 1:
        return problem_finding(
            "compute",
            "flavors",
            f"only {with_disk[0].name} has a disk: there is no other one to resize to or filter by",
            "Make a second flavor with a disk visible to the project.",
            context.planned.match_tests(
                r"resize|filter_by_flavor|filters_by_flavor|filtered_by_flavor"
            ),
        )
    return ok_finding(
        "compute",
        "flavors",
        f"{len(with_disk)} of {len(flavors)} have a disk{_list_names(with_disk)}",
    )


def _check_images(
    context: PreflightContext, images: tuple[CloudImage, ...] | Unavailable, tests: Sequence[str]
) -> PreflightFinding:
    if isinstance(images, Unavailable):
        return unseen_finding("image", "images", images.reason)
    missing = _describe_missing(context, ("image_ref", "image_ref_alt"), {one.id for one in images})
    if missing:
        return problem_finding(
            "image",
            "images",
            missing,
            OTHER_CLOUD_ADVICE,
            tests,
            prevents_pass=True,
            is_user_input=True,
        )
    if not images:
        return problem_finding(
            "image",
            "images",
            "the project sees no active image",
            "Upload a small one, such as CirrOS, or share one with the project.",
            tests,
            prevents_pass=True,
        )
    if context.conf and not context.get_option("compute", "image_ref"):
        return problem_finding(
            "image",
            "images",
            "none of the visible images is visible to all test users",
            "Make one public, or set it by --set compute.image_ref=ID.",
            tests,
            prevents_pass=True,
        )
    return ok_finding("image", "images", f"{len(images)} active{_list_names(images)}")


def _describe_missing(context: PreflightContext, names: Sequence[str], ids: set[str]) -> str:
    """Return the resource that tempest.conf names and the cloud does not have, empty for none."""
    for name in names:
        value = context.get_option("compute", name)
        if value and value not in ids:
            return f"{name} of tempest.conf is {value}, which the project does not see"
    return ""


def _list_names(entries: Sequence[Flavor] | Sequence[CloudImage]) -> str:
    shown = ", ".join(one.name or one.id for one in entries[:3])
    return f": {shown}{', …' if len(entries) > 3 else ''}"


NETWORK_TOPIC = "network"

EXTERNAL_NETWORK_TESTS = r"\.network\.(admin\.)?test_(routers\.|floating)"
"""Tests whose classes need an external network."""

EXTENSION_TESTS = {
    "router": r"\.network\.(admin\.)?test_routers",
    "security-group": r"\.network\.test_security_groups|\.test_ports\..*security_group",
    "ext-gw-mode": r"\.network\.admin\.test_routers\.",
    "subnet_allocation": r"\.network\.test_subnetpools",
    "extra_dhcp_opt": r"\.network\.test_extra_dhcp",
}
"""Aliases of extensions that a guideline's tests need, and those tests."""


def check_network(context: PreflightContext) -> Iterator[PreflightFinding]:
    """Check networks; yield nothing if no test uses Neutron."""
    network = context.survey.network
    tests = context.planned.tests_of_service("network")
    if network is None or not tests:
        return
    yield _check_external_network(context, network.networks)
    if isinstance(network.extensions, Unavailable):
        yield unseen_finding(NETWORK_TOPIC, "extensions", network.extensions.reason)
    else:
        lacking = [alias for alias in EXTENSION_TESTS if alias not in network.extensions]
        for alias in lacking:
            yield problem_finding(
                NETWORK_TOPIC,
                f"extension {alias}",
                "Neutron does not have it",
                "Its tests fail or are skipped without it.",
                context.planned.match_tests(EXTENSION_TESTS[alias]),
            )
        if not lacking:
            yield ok_finding(
                NETWORK_TOPIC,
                "extensions",
                f"{len(network.extensions)}, including all that the tests need",
            )
    yield from check_quotas(
        context,
        NETWORK_TOPIC,
        NETWORK_NEEDS,
        QuotaUsage(OWN_PROJECT, network.quotas, network.used),
        QuotaUsage(NEW_PROJECT, network.defaults, {}, is_new=True),
        "network",
    )


def _check_external_network(
    context: PreflightContext, networks: tuple[CloudNetwork, ...] | Unavailable
) -> PreflightFinding:
    if isinstance(networks, Unavailable):
        return unseen_finding(NETWORK_TOPIC, "external network", networks.reason)
    tests = context.planned.match_tests(EXTERNAL_NETWORK_TESTS)
    chosen = context.get_option("network", "public_network_id")
    external = [one for one in networks if one.external]
    if chosen and chosen not in {one.id for one in networks}:
        message = f"public_network_id of tempest.conf is {chosen}, which the project does not see"
        return problem_finding(
            NETWORK_TOPIC,
            "external network",
            message,
            OTHER_CLOUD_ADVICE,
            tests,
            prevents_pass=True,
            is_user_input=True,
        )
    if not external:
        return problem_finding(
            NETWORK_TOPIC,
            "external network",
            "the project sees none",
            "Create one with router:external that the project can see.",
            tests,
        )
    return ok_finding(
        NETWORK_TOPIC, "external network", ", ".join(one.name or one.id for one in external[:3])
    )
