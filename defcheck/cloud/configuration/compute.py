"""The sections of tempest.conf about servers: images, flavors, networks for them."""

from collections.abc import Sequence

from defcheck.cloud.configuration.value import (
    Options,
    Value,
    Values,
    announced,
    default,
    guessed,
    shown,
)
from defcheck.cloud.survey.facts import Unseen, known
from defcheck.cloud.survey.model import Flavor, Image, Net, Survey
from defcheck.cloud.tempest_lookup import list_unusable

GIB = 2**30
LEFT_BY_TESTS = ("tempest-", "defcheck-")
"""Names of images that a test made and will delete."""

NO_SERVER_IMAGES = ("aki", "ari", "iso")
SHOULD_WORK = "cannot be seen; taken to work, so that a test tells where it does not"


def build(survey: Survey, *, alone: bool) -> Values:
    """Return the sections for servers; `alone` where the login's own project is all there is."""
    nova = survey.compute
    if nova is None:
        return {}
    compute: Options = {
        **catalog_type(survey, "compute", "Nova"),
        **_images_and_flavors(survey, alone=alone),
        **_network(survey, alone=alone),
        **_zones(survey),
        "build_interval": default(1, "how often a state is asked for, in seconds"),
        "build_timeout": default(300, "Tempest's own, in seconds"),
        "min_compute_nodes": (
            default(1, "how many compute hosts there are cannot be seen: " + nova.hosts.why)
            if isinstance(nova.hosts, Unseen)
            else announced(max(1, nova.hosts), "compute services that are up and enabled")
        ),
    }
    compute |= max_microversion(survey, "compute", "Nova")
    features: Options = {
        "resize": guessed(True, SHOULD_WORK),
        "console_output": default(True, SHOULD_WORK),
        "interface_attach": default(True, SHOULD_WORK),
        "vnc_console": default(False, "cannot be seen without a server"),
        "live_migration": _live_migration(nova.hosts),
        "attach_encrypted_volume": default(True, SHOULD_WORK),
    }
    multiattach = next(
        (
            one
            for one in (known(survey.volume.types, ()) if survey.volume else ())
            if one.multiattach and (one.public or alone)
        ),
        None,
    )
    if multiattach is not None:
        features["volume_multiattach"] = announced(True, f"volume type {multiattach.name}")
    return {
        "compute": compute,
        "compute-feature-enabled": features,
        "validation": {
            "run_validation": guessed(
                False, "logging in to servers needs networks that reach this machine"
            )
        },
    }


def max_microversion(survey: Survey, service: str, name: str) -> Options:
    """Return the option of a service's highest microversion, none where it announces none."""
    highest = survey.microversions(service)[1]
    if highest:
        return {"max_microversion": announced(highest, f"{name}'s version document")}
    endpoint = survey.endpoint(service)
    if endpoint is not None and isinstance(endpoint.versions, Unseen):
        why = f"{name}'s version document could not be seen: {endpoint.versions.why}"
        return {"max_microversion": guessed("latest", why)}
    return {}


def _live_migration(hosts: int | Unseen) -> Value:
    if isinstance(hosts, Unseen):
        return default(True, f"how many compute hosts there are cannot be seen: {hosts.why}")
    if hosts < 2:
        return announced(False, "there is no second compute host that is up and enabled")
    return default(True, SHOULD_WORK)


def catalog_type(survey: Survey, service: str, name: str) -> Options:
    """Return the type that the catalogue has for a service, which Tempest needs to the letter."""
    endpoint = survey.endpoint(service)
    if endpoint is None:
        return {}
    why = f"type of {name} in the catalogue"
    for other in list_unusable(survey.identity.catalogue, endpoint.entry):
        why += f"; Tempest cannot use the address of {other.type}, {other.url}"
    return {"catalog_type": announced(endpoint.entry.type, why)}


def _images_and_flavors(survey: Survey, *, alone: bool) -> Options:
    """Choose the two smallest images that every tester sees, and flavors that hold them."""
    images = _images(survey, alone=alone)[:2]
    flavors = _flavors(survey, images, alone=alone)
    found: Options = {}
    of_image = "the {} of the usable images" if alone else "the {} of the usable public images"
    if images:
        first, second = images[0], images[-1]
        found["image_ref"] = announced(
            first.id, f"image {first.name}, {of_image.format('smallest')}"
        )
        found["image_ref_alt"] = announced(
            second.id,
            f"image {second.name}, {of_image.format('second smallest')}"
            if second is not first
            else f"image {second.name}, there is no other",
        )
    if flavors:
        first_flavor, second_flavor = flavors[0], flavors[-1]
        found["flavor_ref"] = announced(
            first_flavor.id, f"flavor {_size(first_flavor)}, the smallest with a disk"
        )
        found["flavor_ref_alt"] = announced(
            second_flavor.id,
            f"flavor {_size(second_flavor)}, to which the first can be resized"
            if second_flavor is not first_flavor
            else f"flavor {_size(second_flavor)}, there is no other: a resize cannot work",
        )
    return found


def _images(survey: Survey, *, alone: bool) -> list[Image]:
    images = known(survey.image.images, ()) if survey.image else ()
    usable = [
        one
        for one in images
        if one.size
        and not one.hidden
        and (alone or one.visibility in ("public", "community"))
        and one.disk_format not in NO_SERVER_IMAGES
        and not one.name.startswith(LEFT_BY_TESTS)
    ]
    return sorted(usable, key=lambda one: (one.size, one.name, one.id))


def _flavors(survey: Survey, images: Sequence[Image], *, alone: bool) -> list[Flavor]:
    """Return the smallest flavor that holds the images, and one to which it can be resized."""
    disk = max((max(one.min_disk, -(-one.size // GIB)) for one in images), default=1)
    ram = max((one.min_ram for one in images), default=0)
    flavors = known(survey.compute.flavors, ()) if survey.compute else ()
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


def _size(flavor: Flavor) -> str:
    return f"{flavor.name} ({flavor.ram} MiB, {flavor.vcpus} vCPU, {flavor.disk} GiB)"


def _network(survey: Survey, *, alone: bool) -> Options:
    """Name the network that servers get where no other is given."""
    if survey.network is None:
        return {}
    nets = known(survey.network.networks, ())
    names = [net.name for net in nets]

    def usable(net: Net) -> bool:
        # Tempest knows it by its name alone.
        return (
            net.up
            and not net.external
            and bool(net.name)
            and names.count(net.name) == 1
            and (net.shared or (alone and net.own and bool(net.subnets)))
        )

    # Shared ones first, which all projects see.
    for net in sorted(filter(usable, nets), key=lambda one: (not one.shared, one.name)):
        what = "shared network" if net.shared else "network of the login's project"
        return {"fixed_network_name": announced(net.name, what)}
    return {}


def _zones(survey: Survey) -> Options:
    """Name a zone that Nova and Cinder share, where there are several."""
    if survey.compute is None or survey.volume is None:
        return {}
    nova, cinder = known(survey.compute.zones, ()), known(survey.volume.zones, ())
    common = [zone for zone in nova if zone in cinder]
    if not common or (len(nova) == 1 and len(cinder) == 1):
        return {}
    why = f"in both the zones of Nova ({shown(nova)}) and of Cinder ({shown(cinder)})"
    return {"compute_volume_common_az": announced(common[0], why)}
