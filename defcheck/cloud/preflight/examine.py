"""The whole preflight: every finding, in the order of a report."""

from collections.abc import Iterable

from defcheck.cloud.preflight import (
    compute,
    endpoints,
    foresight,
    identity,
    network,
    object_storage,
    volume,
)
from defcheck.cloud.preflight.finding import Finding, State
from defcheck.cloud.preflight.scene import Scene

PARTS = (identity, endpoints, compute, network, volume, object_storage, foresight)


def examine(scene: Scene) -> list[Finding]:
    """Return everything that was looked at, and what it means for the demanded tests."""
    return [finding for part in PARTS for finding in part.examine(scene)]


def cheap(scene: Scene) -> list[Finding]:
    """Return what is known without asking Tempest."""
    return [finding for part in PARTS if part is not foresight for finding in part.examine(scene)]


def harmed_tests(findings: Iterable[Finding]) -> frozenset[str]:
    """Return the different tests that findings harm, in however many of them each stands."""
    return frozenset(
        test for finding in findings if finding.state is State.HARMS for test in finding.tests
    )


def counts(finding: Finding, scene: Scene) -> bool:
    """Return whether a finding stands against a pass: it was not seen, or counted tests suffer."""
    if finding.skips and scene.skips_allowed:
        return False
    return finding.state is State.UNSEEN or bool(scene.demand.counted.intersection(finding.tests))
