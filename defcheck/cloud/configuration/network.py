"""The sections of tempest.conf about networks."""

from defcheck.cloud.configuration.compute import catalog_type
from defcheck.cloud.configuration.storage import extensions
from defcheck.cloud.configuration.value import (
    Options,
    Values,
    announced,
    default,
    guessed,
    shown,
)
from defcheck.cloud.survey.facts import Unseen, known
from defcheck.cloud.survey.model import Network, Survey

ALWAYS = "part of Neutron's API since 2014; needs no data plane"


def build(survey: Survey) -> Values:
    """Return the sections for networks."""
    neutron = survey.network
    if neutron is None:
        return {}
    options: Options = {
        "project_network_cidr": default("10.100.0.0/16", "Tempest's own; for networks of tests"),
        "build_interval": default(1, "how often a state is asked for, in seconds"),
        "build_timeout": default(300, "Tempest's own, in seconds"),
    }
    options |= catalog_type(survey, "network", "Neutron")
    # One with a subnet, so that it has addresses to give; foreign subnets may be hidden.
    external = sorted(
        (net for net in known(neutron.networks, ()) if net.external and net.up),
        key=lambda net: (not net.subnets, net.name, net.id),
    )
    if external:
        chosen = external[0]
        others = [net.name for net in external[1:]]
        beside = f"; there are also {shown(others)}" if others else ""
        options["public_network_id"] = announced(
            chosen.id, f"external network {chosen.name}{beside}"
        )
        options["floating_network_name"] = announced(chosen.name, "the same network")
    features: Options = {
        "ipv6": default(True, ALWAYS),
        "ipv6_subnet_attributes": guessed(True, ALWAYS),
        **_floating_ips(neutron, routed=bool(external)),
        **_port_security(neutron),
        "api_extensions": extensions(neutron.extensions, "Neutron"),
    }
    return {"network": options, "network-feature-enabled": features}


def _floating_ips(neutron: Network, *, routed: bool) -> Options:
    """Return whether there are floating addresses; `routed` if an external network is up."""
    if isinstance(neutron.networks, Unseen):
        why = f"Neutron's networks could not be seen: {neutron.networks.why}"
        return {"floating_ips": default(True, why)}
    if not routed:
        return {"floating_ips": announced(False, "no external network that is up")}
    if isinstance(neutron.extensions, Unseen) or not neutron.extensions:
        return {"floating_ips": default(True, "Neutron's extensions could not be seen")}
    there = "router" in neutron.extensions
    which = "has" if there else "lacks"
    return {"floating_ips": announced(there, f"Neutron's list of extensions {which} router")}


def _port_security(neutron: Network) -> Options:
    if isinstance(neutron.extensions, Unseen) or not neutron.extensions:
        # Tempest's own is false: with true the tests decide.
        return {"port_security": guessed(True, "Neutron's extensions could not be seen")}
    there = "port-security" in neutron.extensions
    return {"port_security": announced(there, "Neutron's list of extensions")}
