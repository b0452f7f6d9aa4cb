"""The ports of the full lab."""

from dataclasses import dataclass

from defcheck.lab.ports import Ports
from defcheck.lab.site import Site


@dataclass(frozen=True)
class FullPorts(Ports):
    """One port per service; by default others than the small lab's, as both may run."""

    keystone: int = 17000
    swift_proxy: int = 17080
    swift_object: int = 17200
    swift_container: int = 17201
    swift_account: int = 17202
    glance: int = 17292
    placement: int = 17778
    nova: int = 17774
    neutron: int = 17696
    cinder: int = 17776
    mariadb: int = 17306
    rabbitmq: int = 17672
    rabbitmq_distribution: int = 17673
    """Where RabbitMQ's Erlang would talk to other nodes, were there any."""

    epmd: int = 17369
    """Erlang's own name service."""


def of(site: Site) -> FullPorts:
    """Return the ports of a full lab."""
    if not isinstance(site.ports, FullPorts):
        raise TypeError("this is not a full lab")
    return site.ports
