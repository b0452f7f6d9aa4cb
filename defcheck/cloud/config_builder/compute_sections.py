"""The sections of tempest.conf about servers: images, flavors and networks for them."""

from collections.abc import Sequence

from defcheck.cloud.catalogue import list_unusable
from defcheck.cloud.config_builder.values import (
    Options,
    OptionValue,
    Values,
    announced_value,
    default_value,
    guessed_value,
)
from defcheck.cloud.discovery.model import (
    CloudDiscovery,
    CloudImage,
    CloudNetwork,
    Flavor,
    Unavailable,
    value_or,
)
from defcheck.util.text import join_names

GIB = 2**30
TEST_NAME_PREFIXES = ("tempest-", "defcheck-")
"""Names of images that a test made and will delete."""

NO_SERVER_IMAGES = ("aki", "ari", "iso")
ASSUMED_TO_WORK = "cannot be seen; taken to work, so that a test tells where it does not"


def build_compute_sections(discovery: CloudDiscovery, *, alone: bool) -> Values:
    """Return the sections for servers; `alone` where the login's own project is all there is."""
    nova = discovery.compute
    if nova is None:
        return {}
    compute: Options = {
        **catalog_type(discovery, "compute", "Nova"),
        **_choose_images_and_flavors(discovery, alone=alone),
        **_choose_fixed_network(discovery, alone=alone),
        **_choose_zone(discovery),
        "build_interval": default_value(1, "how often a state is asked for, in seconds"),
        "build_timeout": default_value(300, "Tempest's own, in seconds"),
        "min_compute_nodes": (
            default_value(
                1, "how many compute hosts there are cannot be seen: " + nova.hosts.reason
            )
            if isinstance(nova.hosts, Unavailable)
            else announced_value(max(1, nova.hosts), "compute services that are up and enabled")
        ),
    }
    compute |= build_max_microversion(discovery, "compute", "Nova")
    features: Options = {
        "resize": guessed_value(True, ASSUMED_TO_WORK),
        "console_output": default_value(True, ASSUMED_TO_WORK),
        "interface_attach": default_value(True, ASSUMED_TO_WORK),
        "vnc_console": default_value(False, "cannot be seen without a server"),
        "live_migration": _build_live_migration(nova.hosts),
        "attach_encrypted_volume": default_value(True, ASSUMED_TO_WORK),
    }
    multiattach = next(
        (
            one
            for one in (value_or(discovery.volume.types, ()) if discovery.volume else ())
            if one.multiattach and (one.public or alone)
        ),
        None,
    )
    if multiattach is not None:
        features["volume_multiattach"] = announced_value(True, f"volume type {multiattach.name}")
    return {
        "compute": compute,
        "compute-feature-enabled": features,
        "validation": {
            "run_validation": guessed_value(
                False, "logging in to servers needs networks that reach this machine"
            )
        },
    }


def build_max_microversion(discovery: CloudDiscovery, service: str, name: str) -> Options:
    """Return the option of a service's highest microversion, none where it announces none."""
    highest = discovery.get_microversion_range(service)[1]
    if highest:
        return {"max_microversion": announced_value(highest, f"{name}'s version document")}
    endpoint = discovery.find_endpoint(service)
    if endpoint is not None and isinstance(endpoint.versions, Unavailable):
        why = f"{name}'s version document could not be seen: {endpoint.versions.reason}"
        return {"max_microversion": guessed_value("latest", why)}
    return {}


def _build_live_migration(hosts: int | Unavailable) -> OptionValue:
    if isinstance(hosts, Unavailable):
        return default_value(
            True, f"how many compute hosts there are cannot be seen: {hosts.reason}"
        )
    if hosts < 2:
        return announced_value(False, "there is no second compute host that is up and enabled")
    return default_value(True, ASSUMED_TO_WORK)


def catalog_type(survey: CloudDiscovery, service: str, name: str) -> Options:
    """Return the type that the catalogue has for a service, which Tempest needs to the letter."""
    endpoint = survey.find_endpoint(service)
    if endpoint is None:
        return {}
    why = f"type of {name} in the catalogue"
    for other in list_unusable(survey.identity.catalogue, endpoint.entry):
        why += f"; Tempest cannot use the address of {other.type}, {other.url}"
    return {"catalog_type": announced_value(endpoint.entry.type, why)}


def _choose_images_and_flavors(discovery: CloudDiscovery, *, alone: bool) -> Options:
    """Choose the two smallest images that every tester sees, and flavors that hold them."""
    images = _list_usable_images(discovery, alone=alone)[:2]
    flavors = _choose_flavors(discovery, images, alone=alone)
    found: Options = {}
    of_image = "the {} of the usable images" if alone else "the {} of the usable public images"
    if images:
        first, second = images[0], images[-1]
        found["image_ref"] = announced_value(
            first.id, f"image {first.name}, {of_image.format('smallest')}"
        )
        found["image_ref_alt"] = announced_value(
            second.id,
            f"image {second.name}, {of_image.format('second smallest')}"
            if second is not first
            else f"image {second.name}, there is no other",
        )
    if flavors:
        first_flavor, second_flavor = flavors[0], flavors[-1]
        found["flavor_ref"] = announced_value(
            first_flavor.id, f"flavor {_describe_flavor(first_flavor)}, the smallest with a disk"
        )
        found["flavor_ref_alt"] = announced_value(
            second_flavor.id,
            f"flavor {_describe_flavor(second_flavor)}, to which the first can be resized"
            if second_flavor is not first_flavor
            else f"flavor {_describe_flavor(second_flavor)}, the only one: a resize cannot work",
        )
    return found


def _list_usable_images(discovery: CloudDiscovery, *, alone: bool) -> list[CloudImage]:
    images = value_or(discovery.image.images, ()) if discovery.image else ()
    usable = [
        one
        for one in images
        if one.size
        and not one.hidden
        and (alone or one.visibility in ("public", "community"))
        and one.disk_format not in NO_SERVER_IMAGES
        and not one.name.startswith(TEST_NAME_PREFIXES)
    ]
    return sorted(usable, key=lambda one: (one.size, one.name, one.id))


def _choose_flavors(
    discovery: CloudDiscovery, images: Sequence[CloudImage], *, alone: bool
) -> list[Flavor]:
    """Return the smallest flavor that holds the images, and one to which it can be resized."""
    disk = max((max(one.min_disk, -(-one.size // GIB)) for one in images), default=1)
    ram = max((one.min_ram for one in images), default=0)
    flavors = value_or(discovery.compute.flavors, ()) if discovery.compute else ()
    usable = sorted(
        (
            one
            for one in flavors
            if one.disk and one.disk >= disk and one.ram >= ram and (one.public or alone)
        ),
        key=lambda one: (one.ram, one.vcpus, one.disk, one.name),
    )
    larger = [one for one in usable[1:] if one.disk >= usable[0].disk]
    return usable[:1] + larger[:1]


def _describe_flavor(flavor: Flavor) -> str:
    return f"{flavor.name} ({flavor.ram} MiB, {flavor.vcpus} vCPU, {flavor.disk} GiB)"


def _choose_fixed_network(discovery: CloudDiscovery, *, alone: bool) -> Options:
    """Name the network that servers get where no other is given."""
    if discovery.network is None:
        return {}
    nets = value_or(discovery.network.networks, ())
    names = [net.name for net in nets]

    def is_usable(net: CloudNetwork) -> bool:
        # Tempest knows it by its name alone.
        return (
            net.up
            and not net.external
            and bool(net.name)
            and names.count(net.name) == 1
            and (net.shared or (alone and net.own and bool(net.subnets)))
        )

    # Shared ones first, which all projects see.
    for net in sorted(filter(is_usable, nets), key=lambda one: (not one.shared, one.name)):
        what = "shared network" if net.shared else "network of the login's project"
        return {"fixed_network_name": announced_value(net.name, what)}
    return {}


def _choose_zone(discovery: CloudDiscovery) -> Options:
    """Name a zone that Nova and Cinder share, where there are several."""
    if discovery.compute is None or discovery.volume is None:
        return {}
    nova, cinder = value_or(discovery.compute.zones, ()), value_or(discovery.volume.zones, ())
    common = [zone for zone in nova if zone in cinder]
    if not common or (len(nova) == 1 and len(cinder) == 1):
        return {}
    why = f"in both the zones of Nova ({join_names(nova)}) and of Cinder ({join_names(cinder)})"
    return {"compute_volume_common_az": announced_value(common[0], why)}
