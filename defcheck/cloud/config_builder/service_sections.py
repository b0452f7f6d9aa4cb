"""The sections of tempest.conf about images, volumes, networks and objects.

A feature that Swift's /info does not list may exist nevertheless: Ceph's RADOS
Gateway never lists versioned_writes, nor (up to release 16) digests of temporary URLs.
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
"""What Tempest tries by default; it mostly uses the first that a cloud allows."""


def build_image_sections(discovery: CloudDiscovery, enforcement: Fact[bool] | None) -> Values:
    """Return the sections for images.

    `enforcement` tells whether Glance refuses an image whose content does not match its
    format: `Unavailable` if the probe failed, None if it was not tried.
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
                usable, "Glance's image schema, limited to what Tempest tries"
            )
    features: Options = {}
    if isinstance(glance.import_methods, Unavailable):
        features["import_image"] = default_value(
            True, f"import methods are not visible: {glance.import_methods.reason}"
        )
    else:
        methods = ", ".join(glance.import_methods) or "none"
        features["import_image"] = announced_value(
            bool(glance.import_methods), f"Glance's import methods: {methods}"
        )
    features["image_format_enforcement"] = _build_enforcement(enforcement)
    return {"image": options, "image-feature-enabled": features}


def _build_enforcement(tried: Fact[bool] | None) -> OptionValue:
    """Return whether Glance inspects image content; if so, Tempest skips ten tests."""
    if tried is None:
        return default_value(
            True, "not tried (use `--probe`); if true, tests of image formats are skipped"
        )
    if isinstance(tried, Unavailable):
        return default_value(
            True,
            f"tried, but {tried.reason}; unknown: if true, tests of image formats are skipped",
        )
    taken = "refused" if tried else "taken"
    return probed_value(tried, f"an image with mismatching content was {taken}")


def build_volume_sections(discovery: CloudDiscovery, *, alone: bool) -> Values:
    """Return the sections for volumes."""
    cinder = discovery.volume
    if cinder is None:
        return {}
    options: Options = {
        "volume_size": default_value(1, "the smallest, in GiB"),
        "build_interval": default_value(1, "seconds between two polls of a status"),
        "build_timeout": default_value(300, "Tempest's default, in seconds"),
    }
    features: Options = {}
    options |= catalog_type(discovery, "block-storage", "Cinder")
    options |= build_max_microversion(discovery, "block-storage", "Cinder")
    if isinstance(cinder.backends, Unavailable):
        unseen = f"not visible: {cinder.backends.reason}"
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
        default_value(True, f"cannot tell whether cinder-backup runs: {cinder.services.reason}")
        if isinstance(cinder.services, Unavailable)
        else announced_value("cinder-backup" in cinder.services, "services of Cinder that are up")
    )
    for name in ("snapshot", "clone"):
        features[name] = default_value(
            True, "not visible; assumed to work, so a test shows if it does not"
        )
    features["manage_volume"] = default_value(False, "for tests by administrators")
    features["api_extensions"] = build_extensions(cinder.extensions, "Cinder")
    return {"volume": options, "volume-feature-enabled": features}


def build_extensions(found: tuple[str, ...] | Unavailable, service: str) -> OptionValue:
    """Return a list of API extensions, `all` if they are not visible."""
    if isinstance(found, Unavailable):
        return default_value("all", f"{service}'s extensions are not visible: {found.reason}")
    if not found:
        return default_value("all", f"{service} lists no extensions; the tests show which it has")
    return announced_value(sorted(found), f"{service}'s list of {len(found)} extensions")


ALWAYS_AVAILABLE = "part of Neutron's API since 2014; needs no data plane"


def build_network_sections(discovery: CloudDiscovery) -> Values:
    """Return the sections for networks."""
    neutron = discovery.network
    if neutron is None:
        return {}
    options: Options = {
        "project_network_cidr": default_value(
            "10.100.0.0/16", "Tempest's default; for the networks of tests"
        ),
        "build_interval": default_value(1, "seconds between two polls of a status"),
        "build_timeout": default_value(300, "Tempest's default, in seconds"),
    }
    options |= catalog_type(discovery, "network", "Neutron")
    # Prefer one with a subnet, which has addresses; other projects' subnets may be hidden.
    external = sorted(
        (net for net in value_or(neutron.networks, ()) if net.external and net.up),
        key=lambda net: (not net.subnets, net.name, net.id),
    )
    if external:
        chosen = external[0]
        others = [net.name for net in external[1:]]
        beside = f"; others: {join_names(others)}" if others else ""
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
    """Return whether floating IPs work; `routed` if an external network is up."""
    if isinstance(neutron.networks, Unavailable):
        why = f"Neutron's networks are not visible: {neutron.networks.reason}"
        return {"floating_ips": default_value(True, why)}
    if not routed:
        return {"floating_ips": announced_value(False, "no external network is up")}
    if isinstance(neutron.extensions, Unavailable) or not neutron.extensions:
        return {"floating_ips": default_value(True, "Neutron's extensions are not visible")}
    there = "router" in neutron.extensions
    which = "has" if there else "lacks"
    return {"floating_ips": announced_value(there, f"Neutron's list of extensions {which} router")}


def _build_port_security(neutron: NetworkFacts) -> Options:
    if isinstance(neutron.extensions, Unavailable) or not neutron.extensions:
        # Tempest's default is false, which skips the tests; true lets them decide.
        return {"port_security": guessed_value(True, "Neutron's extensions are not visible")}
    there = "port-security" in neutron.extensions
    return {"port_security": announced_value(there, "Neutron's list of extensions")}


TEMPURL_DIGESTS = ("sha256", "sha512", "sha1")
"""The digests in Tempest's tests of temporary URLs, strongest first."""

TEST_DECIDES = "a test shows whether it exists"


def build_object_sections(
    discovery: CloudDiscovery, operator_role: OptionValue, probes: ProbeResults
) -> Values:
    """Return the sections for objects; `probes` holds what was tried in the cloud."""
    swift = discovery.object_storage
    if swift is None:
        return {}
    options: Options = {
        "region": (
            announced_value(discovery.region, "region of the run")
            if discovery.region
            else default_value("", "the catalogue has several regions and none is set")
        ),
        "operator_role": operator_role,
        "reseller_admin_role": (
            probed_value(probes.reseller_role, "a token with only this role may set account quotas")
            if probes.reseller_role
            else default_value(
                RESELLER_ROLE, "the cloud does not announce which role may set account quotas"
            )
        ),
    }
    options |= catalog_type(discovery, "object-store", "Swift")
    features = _build_features(swift.info) | _choose_digest(swift, probes)
    return {"object-storage": options, "object-storage-feature-enabled": features}


def _build_features(info: Mapping[str, Any] | Unavailable) -> Options:
    if isinstance(info, Unavailable):
        why = f"Swift's /info is not visible: {info.reason}"
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
        "discoverability": announced_value(True, "Swift's /info responds"),
        "discoverable_apis": default_value(
            "all", f"Swift's /info lists {listed}; the tests show what else exists"
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
                bool(info["container_sync"].get("realms")), "container_sync realms in Swift's /info"
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
        found = probed_value(
            probes.digest, "Swift accepted a temporary URL that was signed with it"
        )
    else:
        found = default_value(
            "sha256", "Swift announces no digest; `--probe` finds out which it accepts"
        )
    return {"tempurl_digest_hashlib": found}
