"""The sections of tempest.conf about images, volumes and objects."""

from defcheck.cloud.accounts.entries import RESELLER_ROLE
from defcheck.cloud.configuration.value import Options, Value, Values, default, discovered
from defcheck.cloud.survey.facts import Fact, Unseen, known
from defcheck.cloud.survey.model import Survey

CONTAINER_FORMATS = ("bare", "ami", "ari", "aki", "ovf", "ova")
DISK_FORMATS = ("qcow2", "raw", "ami", "ari", "aki", "vhd", "vmdk", "vdi", "iso", "vhdx")
"""What Tempest tries by default; the first that a cloud allows is used most."""

DIGESTS = ("sha256", "sha512", "sha1")
"""Of Tempest's tests of temporary URLs, the best one first."""


def image(survey: Survey, enforcement: Fact[bool] | None) -> Values:
    """Return the sections for images.

    `enforcement` says whether Glance refuses an image that is not of the format
    that it is said to be, `Unseen` where a try gave no answer, None where nobody tried.
    """
    glance = survey.image
    if glance is None:
        return {}
    options: Options = {}
    endpoint = survey.endpoint("image")
    if endpoint is not None:
        options["catalog_type"] = discovered(endpoint.entry.type, "type of Glance in the catalogue")
    formats = known(glance.formats, {})
    for name, tried in (("container_formats", CONTAINER_FORMATS), ("disk_formats", DISK_FORMATS)):
        allowed = formats.get(name.removesuffix("s"), ())
        usable = [one for one in tried if one in allowed]
        if usable:
            options[name] = discovered(usable, "Glance's image schema, as far as Tempest tries")
    features: Options = {}
    if isinstance(glance.import_methods, Unseen):
        features["import_image"] = default(
            True, f"import methods could not be seen: {glance.import_methods.why}"
        )
    else:
        methods = ", ".join(glance.import_methods) or "none"
        features["import_image"] = discovered(
            bool(glance.import_methods), f"Glance's import methods: {methods}"
        )
    features["image_format_enforcement"] = _enforcement(enforcement)
    return {"image": options, "image-feature-enabled": features}


def _enforcement(tried: Fact[bool] | None) -> Value:
    """Return whether Glance looks into images; Tempest skips ten tests where it does."""
    if tried is None:
        return default(
            True, "not tried; `--probe` does: with true, tests of image formats are skipped"
        )
    if isinstance(tried, Unseen):
        return default(
            True,
            f"tried, but {tried.why}; unknown: with true, tests of image formats are skipped",
        )
    taken = "refused" if tried else "taken"
    return discovered(tried, f"an image with false content was {taken}")


def volume(survey: Survey, *, alone: bool) -> Values:
    """Return the sections for volumes."""
    cinder = survey.volume
    if cinder is None:
        return {}
    options: Options = {
        "volume_size": default(1, "the smallest, in GiB"),
        "build_interval": default(1, "how often a state is asked for, in seconds"),
        "build_timeout": default(300, "Tempest's own, in seconds"),
    }
    features: Options = {}
    endpoint = survey.endpoint("block-storage")
    if endpoint is not None:
        options["catalog_type"] = discovered(endpoint.entry.type, "type of Cinder in the catalogue")
    highest = survey.microversions("block-storage")[1]
    if highest:
        options["max_microversion"] = discovered(highest, "Cinder's version document")
    if isinstance(cinder.backends, Unseen):
        unseen = f"cannot be seen: {cinder.backends.why}"
        options["storage_protocol"] = default("iSCSI", f"{unseen}; for tests by administrators")
        features["multi_backend"] = default(False, unseen)
    elif cinder.backends:
        first = cinder.backends[0]
        names = sorted({one.backend for one in cinder.backends if one.backend})
        options["storage_protocol"] = discovered(first.protocol, f"volume backend {first.backend}")
        options["vendor_name"] = discovered(first.vendor, f"volume backend {first.backend}")
        options["backend_names"] = discovered(names, "volume backends")
        features["multi_backend"] = discovered(len(names) > 1, f"{len(names)} volume backends")
    multiattach = next(
        (one for one in known(cinder.types, ()) if one.multiattach and (one.public or alone)), None
    )
    if multiattach is not None:
        options["volume_type_multiattach"] = discovered(multiattach.name, "its extra specs")
    features["backup"] = (
        default(False, f"whether cinder-backup runs cannot be seen: {cinder.services.why}")
        if isinstance(cinder.services, Unseen)
        else discovered("cinder-backup" in cinder.services, "services of Cinder that are up")
    )
    for name in ("snapshot", "clone"):
        features[name] = default(
            True, "cannot be seen; taken to work, so that a test tells where it does not"
        )
    features["manage_volume"] = default(False, "for tests by administrators")
    features["api_extensions"] = extensions(cinder.extensions, "Cinder")
    return {"volume": options, "volume-feature-enabled": features}


def objects(survey: Survey, operator_role: Value) -> Values:
    """Return the sections for objects."""
    swift = survey.object_storage
    if swift is None:
        return {}
    options: Options = {
        "region": discovered(survey.region, "region of the run"),
        "operator_role": operator_role,
        "reseller_admin_role": default(RESELLER_ROLE, "Swift's own; cannot be seen"),
    }
    endpoint = survey.endpoint("object-store")
    if endpoint is not None:
        options["catalog_type"] = discovered(endpoint.entry.type, "type of Swift in the catalogue")
    features: Options = {}
    if isinstance(swift.info, Unseen):
        why = f"Swift's /info cannot be seen: {swift.info.why}"
        features = {
            "discoverability": (
                default(True, f"{why}; taken to be there, so that a test decides")
                if swift.info.unavailable
                else discovered(False, why)
            ),
            "discoverable_apis": default("all", f"{why}; taken to be there"),
            "object_versioning": default(True, f"{why}; taken to be there"),
            "container_sync": default(False, why),
        }
    else:
        info = swift.info
        realms = bool((info.get("container_sync") or {}).get("realms"))
        features = {
            "discoverability": discovered(True, "Swift's /info answers"),
            "discoverable_apis": discovered(
                sorted(name for name in info if name != "swift") or "all", "Swift's /info"
            ),
            "object_versioning": discovered(
                "versioned_writes" in info, "versioned_writes in Swift's /info"
            ),
            "container_sync": discovered(realms, "realms of container_sync in Swift's /info"),
        }
        digests = (info.get("tempurl") or {}).get("allowed_digests") or ()
        digest = next((one for one in DIGESTS if one in digests), None)
        if digest is not None:
            features["tempurl_digest_hashlib"] = discovered(digest, "tempurl in Swift's /info")
    return {"object-storage": options, "object-storage-feature-enabled": features}


def extensions(found: tuple[str, ...] | Unseen, service: str) -> Value:
    """Return a list of API extensions, `all` where it could not be seen."""
    if isinstance(found, Unseen):
        return default("all", f"{service}'s extensions could not be seen: {found.why}")
    return discovered(sorted(found) or "", f"{service}'s list of {len(found)} extensions")
