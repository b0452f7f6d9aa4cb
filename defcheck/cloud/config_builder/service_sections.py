"""The sections of tempest.conf about images, volumes, networks and objects.

What Swift's /info does not list may be there all the same: Ceph's RADOS Gateway
never lists versioned_writes, nor up to release 16 the digests of temporary URLs.


What Swift's /info does not list may be there all the same: Ceph's RADOS Gateway
never lists versioned_writes, nor up to release 16 the digests of temporary URLs.
"""

from collections.abc import Mapping
from typing import Any

from defcheck.cloud.accounts.accounts_file import RESELLER_ROLE
from defcheck.cloud.config_builder.compute_sections import build_max_microversion, catalog_type
from defcheck.cloud.config_builder.probes import ProbeResults
from defcheck.cloud.config_builder.values import (
    Options,
    OptionValue,
    Values,
    announced_value,
    default_value,
    guessed_value,
    probed_value,
)
from defcheck.cloud.discovery.model import (
    CloudDiscovery,
    Fact,
    NetworkFacts,
    ObjectStorageFacts,
    Unavailable,
    value_or,
)
from defcheck.util.text import join_names

CONTAINER_FORMATS = ("bare", "ami", "ari", "aki", "ovf", "ova")
DISK_FORMATS = ("qcow2", "raw", "ami", "ari", "aki", "vhd", "vmdk", "vdi", "iso", "vhdx")
"""What Tempest tries by default; the first that a cloud allows is used most."""


def build_image_sections(discovery: CloudDiscovery, enforcement: Fact[bool] | None) -> Values:
    """Return the sections for images.

    `enforcement` says whether Glance refuses an image that is not of the format
    that it is said to be, `Unseen` where a try gave no answer, None where nobody tried.
    """
    glance = discovery.image
    if glance is None:
        return {}
    options: Options = {}
    options |= catalog_type(discovery, "image", "Glance")
    formats = value_or(glance.formats, {})
    for name, tried in (("container_formats", CONTAINER_FORMATS), ("disk_formats", DISK_FORMATS)):
        allowed = formats.get(name.removesuffix("s"), ())
        usable = [one for one in tried if one in allowed]
        if usable:
            options[name] = announced_value(
                usable, "Glance's image schema, as far as Tempest tries"
            )
    features: Options = {}
    if isinstance(glance.import_methods, Unavailable):
        features["import_image"] = default_value(
            True, f"import methods could not be seen: {glance.import_methods.reason}"
        )
    else:
        methods = ", ".join(glance.import_methods) or "none"
        features["import_image"] = announced_value(
            bool(glance.import_methods), f"Glance's import methods: {methods}"
        )
    features["image_format_enforcement"] = _build_enforcement(enforcement)
    return {"image": options, "image-feature-enabled": features}


def _build_enforcement(tried: Fact[bool] | None) -> OptionValue:
    """Return whether Glance looks into images; Tempest skips ten tests where it does."""
    if tried is None:
        return default_value(
            True, "not tried; `--probe` does: with true, tests of image formats are skipped"
        )
    if isinstance(tried, Unavailable):
        return default_value(
            True,
            f"tried, but {tried.reason}; unknown: with true, tests of image formats are skipped",
        )
    taken = "refused" if tried else "taken"
    return probed_value(tried, f"an image with false content was {taken}")


def build_volume_sections(discovery: CloudDiscovery, *, alone: bool) -> Values:
    """Return the sections for volumes."""
    cinder = discovery.volume
    if cinder is None:
        return {}
    options: Options = {
        "volume_size": default_value(1, "the smallest, in GiB"),
        "build_interval": default_value(1, "how often a state is asked for, in seconds"),
        "build_timeout": default_value(300, "Tempest's own, in seconds"),
    }
    features: Options = {}
    options |= catalog_type(discovery, "block-storage", "Cinder")
    options |= build_max_microversion(discovery, "block-storage", "Cinder")
    if isinstance(cinder.backends, Unavailable):
        unseen = f"cannot be seen: {cinder.backends.reason}"
        options["storage_protocol"] = default_value(
            "iSCSI", f"{unseen}; for tests by administrators"
        )
        features["multi_backend"] = default_value(False, unseen)
    elif cinder.backends:
        first = cinder.backends[0]
        names = sorted({one.backend for one in cinder.backends if one.backend})
        options["storage_protocol"] = announced_value(
            first.protocol, f"volume backend {first.backend}"
        )
        options["vendor_name"] = announced_value(first.vendor, f"volume backend {first.backend}")
        options["backend_names"] = announced_value(names, "volume backends")
        features["multi_backend"] = announced_value(len(names) > 1, f"{len(names)} volume backends")
    multiattach = next(
        (one for one in value_or(cinder.types, ()) if one.multiattach and (one.public or alone)),
        None,
    )
    if multiattach is not None:
        options["volume_type_multiattach"] = announced_value(multiattach.name, "its extra specs")
    features["backup"] = (
        default_value(True, f"whether cinder-backup runs cannot be seen: {cinder.services.reason}")
        if isinstance(cinder.services, Unavailable)
        else announced_value("cinder-backup" in cinder.services, "services of Cinder that are up")
    )
    for name in ("snapshot", "clone"):
        features[name] = default_value(
            True, "cannot be seen; taken to work, so that a test tells where it does not"
        )
    features["manage_volume"] = default_value(False, "for tests by administrators")
    features["api_extensions"] = build_extensions(cinder.extensions, "Cinder")
    return {"volume": options, "volume-feature-enabled": features}


def build_extensions(found: tuple[str, ...] | Unavailable, service: str) -> OptionValue:
    """Return a list of API extensions, `all` where it could not be seen."""
    if isinstance(found, Unavailable):
        return default_value("all", f"{service}'s extensions could not be seen: {found.reason}")
    if not found:
        return default_value("all", f"{service} lists no extension; a test tells which it has")
    return announced_value(sorted(found), f"{service}'s list of {len(found)} extensions")


ALWAYS_AVAILABLE = "part of Neutron's API since 2014; needs no data plane"


def build_network_sections(discovery: CloudDiscovery) -> Values:
    """Return the sections for networks."""
    neutron = discovery.network
    if neutron is None:
        return {}
    options: Options = {
        "project_network_cidr": default_value(
            "10.100.0.0/16", "Tempest's own; for networks of tests"
        ),
        "build_interval": default_value(1, "how often a state is asked for, in seconds"),
        "build_timeout": default_value(300, "Tempest's own, in seconds"),
    }
    options |= catalog_type(discovery, "network", "Neutron")
    # One with a subnet, so that it has addresses to give; foreign subnets may be hidden.
    external = sorted(
        (net for net in value_or(neutron.networks, ()) if net.external and net.up),
        key=lambda net: (not net.subnets, net.name, net.id),
    )
    if external:
        chosen = external[0]
        others = [net.name for net in external[1:]]
        beside = f"; there are also {join_names(others)}" if others else ""
        options["public_network_id"] = announced_value(
            chosen.id, f"external network {chosen.name}{beside}"
        )
        options["floating_network_name"] = announced_value(chosen.name, "the same network")
    features: Options = {
        "ipv6": default_value(True, ALWAYS_AVAILABLE),
        "ipv6_subnet_attributes": guessed_value(True, ALWAYS_AVAILABLE),
        **_build_floating_ips(neutron, routed=bool(external)),
        **_build_port_security(neutron),
        "api_extensions": build_extensions(neutron.extensions, "Neutron"),
    }
    return {"network": options, "network-feature-enabled": features}


def _build_floating_ips(neutron: NetworkFacts, *, routed: bool) -> Options:
    """Return whether there are floating addresses; `routed` if an external network is up."""
    if isinstance(neutron.networks, Unavailable):
        why = f"Neutron's networks could not be seen: {neutron.networks.reason}"
        return {"floating_ips": default_value(True, why)}
    if not routed:
        return {"floating_ips": announced_value(False, "no external network that is up")}
    if isinstance(neutron.extensions, Unavailable) or not neutron.extensions:
        return {"floating_ips": default_value(True, "Neutron's extensions could not be seen")}
    there = "router" in neutron.extensions
    which = "has" if there else "lacks"
    return {"floating_ips": announced_value(there, f"Neutron's list of extensions {which} router")}


def _build_port_security(neutron: NetworkFacts) -> Options:
    if isinstance(neutron.extensions, Unavailable) or not neutron.extensions:
        # Tempest's own is false: with true the tests decide.
        return {"port_security": guessed_value(True, "Neutron's extensions could not be seen")}
    there = "port-security" in neutron.extensions
    return {"port_security": announced_value(there, "Neutron's list of extensions")}


TEMPURL_DIGESTS = ("sha256", "sha512", "sha1")
"""Of Tempest's tests of temporary URLs, the best one first."""

TEST_DECIDES = "a test tells whether it is there"


def build_object_sections(
    discovery: CloudDiscovery, operator_role: OptionValue, probes: ProbeResults
) -> Values:
    """Return the sections for objects; `probes` is what was tried in the cloud."""
    swift = discovery.object_storage
    if swift is None:
        return {}
    options: Options = {
        "region": (
            announced_value(discovery.region, "region of the run")
            if discovery.region
            else default_value("", "the catalogue has several regions and none is chosen")
        ),
        "operator_role": operator_role,
        "reseller_admin_role": (
            probed_value(
                probes.reseller_role, "a token with this role alone may set account quotas"
            )
            if probes.reseller_role
            else default_value(RESELLER_ROLE, "which role may set account quotas is not announced")
        ),
    }
    options |= catalog_type(discovery, "object-store", "Swift")
    features = _build_features(swift.info) | _choose_digest(swift, probes)
    return {"object-storage": options, "object-storage-feature-enabled": features}


def _build_features(info: Mapping[str, Any] | Unavailable) -> Options:
    if isinstance(info, Unavailable):
        why = f"Swift's /info could not be seen: {info.reason}"
        features = dict.fromkeys(("object_versioning", "container_sync"), default_value(True, why))
        return {
            "discoverability": announced_value(False, why)
            if info.absent
            else default_value(True, why),
            "discoverable_apis": default_value("all", why),
            **features,
        }
    listed = ", ".join(sorted(name for name in info if name != "swift")) or "nothing"
    return {
        "discoverability": announced_value(True, "Swift's /info answers"),
        "discoverable_apis": default_value(
            "all", f"Swift's /info lists {listed}; tests tell what else there is"
        ),
        "object_versioning": (
            announced_value(True, "versioned_writes in Swift's /info")
            if "versioned_writes" in info
            else default_value(
                True, f"Swift's /info does not list versioned_writes; {TEST_DECIDES}"
            )
        ),
        "container_sync": (
            announced_value(
                bool(info["container_sync"].get("realms")), "its realms in Swift's /info"
            )
            if isinstance(info.get("container_sync"), Mapping)
            else default_value(True, f"Swift's /info does not list container_sync; {TEST_DECIDES}")
        ),
    }


def _choose_digest(swift: ObjectStorageFacts, probes: ProbeResults) -> Options:
    """Choose the digest of temporary URLs."""
    listed = swift.tempurl_digests
    if listed:
        why = "digests of tempurl in Swift's /info"
        digest = next((one for one in TEMPURL_DIGESTS if one in listed), "")
        found = (
            announced_value(digest, why)
            if digest
            else guessed_value(listed[0], f"the first of the {why}")
        )
    elif probes.digest:
        found = probed_value(probes.digest, "a temporary URL that was signed with it was accepted")
    else:
        found = default_value(
            "sha256", "Swift announces no digest; `--probe` tries which it accepts"
        )
    return {"tempurl_digest_hashlib": found}
