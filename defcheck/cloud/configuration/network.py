"""The sections of tempest.conf about networks."""

from defcheck.cloud.configuration.storage import extensions
from defcheck.cloud.configuration.value import Options, Value, Values, default, discovered, shown
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
    endpoint = survey.endpoint("network")
    if endpoint is not None:
        options["catalog_type"] = discovered(
            endpoint.entry.type, "type of Neutron in the catalogue"
        )
    # One with a subnet, so that it has addresses to give; foreign subnets may be hidden.
    external = sorted(
        (net for net in known(neutron.networks, ()) if net.external and net.up),
        key=lambda net: (not net.subnets, net.name, net.id),
    )
    if external:
        chosen = external[0]
        others = [net.name for net in external[1:]]
        beside = f"; there are also {shown(others)}" if others else ""
        options["public_network_id"] = discovered(
            chosen.id, f"external network {chosen.name}{beside}"
        )
        options["floating_network_name"] = discovered(chosen.name, "the same network")
    listed = known(neutron.extensions, ())
    routed = bool(external) and (not listed or "router" in listed)
    features: Options = {
        "ipv6": default(True, ALWAYS),
        "ipv6_subnet_attributes": default(True, ALWAYS),
        "floating_ips": _floating_ips(neutron, routed=routed),
        "port_security": (
            default(False, f"Neutron's extensions could not be seen: {neutron.extensions.why}")
            if isinstance(neutron.extensions, Unseen)
            else discovered("port-security" in listed, "Neutron's list of extensions")
        ),
        "api_extensions": extensions(neutron.extensions, "Neutron"),
    }
    return {"network": options, "network-feature-enabled": features}


def _floating_ips(neutron: Network, *, routed: bool) -> Value:
    if isinstance(neutron.networks, Unseen):
        return default(False, f"networks could not be seen: {neutron.networks.why}")
    if routed:
        return discovered(True, "an external network and the extension router")
    return discovered(False, "no external network that is up, or no extension router")
