"""External network, extensions and quotas for networks."""

from collections.abc import Iterator

from defcheck.cloud.preflight import quotas
from defcheck.cloud.preflight.compute import OTHER_CLOUD
from defcheck.cloud.preflight.finding import Finding, fine, harm, unseen
from defcheck.cloud.preflight.scene import Scene
from defcheck.cloud.survey.facts import Unseen
from defcheck.cloud.survey.model import Net

TOPIC = "network"

EXTERNAL = r"\.network\.(admin\.)?test_(routers\.|floating)"
"""Tests whose classes ask for an external network."""

EXTENSIONS = {
    "router": r"\.network\.(admin\.)?test_routers",
    "security-group": r"\.network\.test_security_groups|\.test_ports\..*security_group",
    "ext-gw-mode": r"\.network\.admin\.test_routers\.",
    "subnet_allocation": r"\.network\.test_subnetpools",
    "extra_dhcp_opt": r"\.network\.test_extra_dhcp",
}
"""Aliases of extensions that a guideline's tests need, and those tests."""


def examine(scene: Scene) -> Iterator[Finding]:
    """Judge networks; nothing where no test talks to Neutron."""
    network = scene.survey.network
    tests = scene.demand.of_service("network")
    if network is None or not tests:
        return
    yield _external(scene, network.networks)
    if isinstance(network.extensions, Unseen):
        yield unseen(TOPIC, "extensions", network.extensions.why)
    else:
        lacking = [alias for alias in EXTENSIONS if alias not in network.extensions]
        for alias in lacking:
            yield harm(
                TOPIC,
                f"extension {alias}",
                "Neutron does not have it",
                "Its tests fail or are skipped without it.",
                scene.demand.like(EXTENSIONS[alias]),
            )
        if not lacking:
            yield fine(TOPIC, "extensions", f"{len(network.extensions)}, all that tests ask for")
    yield from quotas.examine(
        scene,
        TOPIC,
        quotas.NETWORK,
        quotas.Seen(quotas.OWN, network.quotas, network.used),
        quotas.Seen(quotas.NEW, network.defaults, {}, new=True),
        "network",
    )


def _external(scene: Scene, seen: tuple[Net, ...] | Unseen) -> Finding:
    if isinstance(seen, Unseen):
        return unseen(TOPIC, "external network", seen.why)
    tests = scene.demand.like(EXTERNAL)
    chosen = scene.option("network", "public_network_id")
    external = [one for one in seen if one.external]
    if chosen and chosen not in {one.id for one in seen}:
        said = f"public_network_id of tempest.conf is {chosen}, which the project does not see"
        return harm(TOPIC, "external network", said, OTHER_CLOUD, tests, hopeless=True, given=True)
    if not external:
        return harm(
            TOPIC,
            "external network",
            "the project sees none",
            "Make one with router:external and show it to the project.",
            tests,
        )
    return fine(TOPIC, "external network", ", ".join(one.name or one.id for one in external[:3]))
