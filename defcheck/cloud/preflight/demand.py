"""Which demanded tests need which services: read from where the tests stand in Tempest."""

import re
from collections.abc import Callable
from dataclasses import dataclass

AREAS = {
    "tempest.api.compute": ("compute", "image", "network"),
    "tempest.api.identity": ("identity",),
    "tempest.api.image": ("image",),
    "tempest.api.network": ("network",),
    "tempest.api.object_storage": ("object-store",),
    "tempest.api.volume": ("block-storage",),
    "tempest.scenario": ("compute", "image", "network"),
    "designate_tempest_plugin": ("dns",),
    "heat_tempest_plugin": ("orchestration",),
}
"""Where tests stand, and the official types of the services that they talk to."""

WITHOUT_SERVERS = re.compile(
    r"\.compute\.(flavors|keypairs|limits|certificates|test_quotas|test_versions|test_extensions"
    r"|servers\.test_availability_zone|security_groups)"
)
"""Compute tests that make no server, and need no image and no network."""

WITHOUT_VOLUMES = re.compile(r"\.volume\.test_(availability_zone|extensions|versions)")


def makes_servers(test: str) -> bool:
    """Return whether a test, by its place, makes servers."""
    return (
        test.startswith(("tempest.api.compute.", "tempest.scenario."))
        and WITHOUT_SERVERS.search(test) is None
    )


def makes_volumes(test: str) -> bool:
    """Return whether a test, by its place, makes volumes."""
    return test.startswith("tempest.api.compute.volumes.") or (
        test.startswith("tempest.api.volume.") and WITHOUT_VOLUMES.search(test) is None
    )


@dataclass(frozen=True, slots=True)
class Demand:
    """The tests that a run would execute."""

    tests: tuple[str, ...]
    """Their names without attributes."""

    counted: frozenset[str]
    """Those on which the verdict depends."""

    def where(self, wanted: Callable[[str], bool]) -> tuple[str, ...]:
        """Return the tests that are wanted."""
        return tuple(test for test in self.tests if wanted(test))

    def like(self, pattern: str) -> tuple[str, ...]:
        """Return the tests in whose names a regular expression is found."""
        found = re.compile(pattern)
        return self.where(lambda test: found.search(test) is not None)

    @property
    def services(self) -> tuple[str, ...]:
        """The official types of the services that are needed, identity first."""
        needed = {service for test in self.tests for service in _services(test)}
        return ("identity", *sorted(needed - {"identity"}))

    def of_service(self, service: str) -> tuple[str, ...]:
        """Return the tests that cannot do without a service."""
        if service == "identity":
            return self.tests
        return self.where(lambda test: service in _services(test))


def _services(test: str) -> tuple[str, ...]:
    for place, services in AREAS.items():
        if test.startswith(f"{place}."):
            if "compute" in services and not makes_servers(test):
                return ("compute",)
            return (*services, "block-storage") if makes_volumes(test) else services
    return ()
