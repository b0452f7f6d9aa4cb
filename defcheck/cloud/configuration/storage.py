"""The sections of tempest.conf about images and volumes."""

from defcheck.cloud.configuration.compute import catalog_type, max_microversion
from defcheck.cloud.configuration.value import (
    Options,
    Value,
    Values,
    announced,
    default,
    probed,
)
from defcheck.cloud.survey.facts import Fact, Unseen, known
from defcheck.cloud.survey.model import Survey

CONTAINER_FORMATS = ("bare", "ami", "ari", "aki", "ovf", "ova")
DISK_FORMATS = ("qcow2", "raw", "ami", "ari", "aki", "vhd", "vmdk", "vdi", "iso", "vhdx")
"""What Tempest tries by default; the first that a cloud allows is used most."""


def image(survey: Survey, enforcement: Fact[bool] | None) -> Values:
    """Return the sections for images.

    `enforcement` says whether Glance refuses an image that is not of the format
    that it is said to be, `Unseen` where a try gave no answer, None where nobody tried.
    """
    glance = survey.image
    if glance is None:
        return {}
    options: Options = {}
    options |= catalog_type(survey, "image", "Glance")
    formats = known(glance.formats, {})
    for name, tried in (("container_formats", CONTAINER_FORMATS), ("disk_formats", DISK_FORMATS)):
        allowed = formats.get(name.removesuffix("s"), ())
        usable = [one for one in tried if one in allowed]
        if usable:
            options[name] = announced(usable, "Glance's image schema, as far as Tempest tries")
    features: Options = {}
    if isinstance(glance.import_methods, Unseen):
        features["import_image"] = default(
            True, f"import methods could not be seen: {glance.import_methods.why}"
        )
    else:
        methods = ", ".join(glance.import_methods) or "none"
        features["import_image"] = announced(
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
    return probed(tried, f"an image with false content was {taken}")


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
    options |= catalog_type(survey, "block-storage", "Cinder")
    options |= max_microversion(survey, "block-storage", "Cinder")
    if isinstance(cinder.backends, Unseen):
        unseen = f"cannot be seen: {cinder.backends.why}"
        options["storage_protocol"] = default("iSCSI", f"{unseen}; for tests by administrators")
        features["multi_backend"] = default(False, unseen)
    elif cinder.backends:
        first = cinder.backends[0]
        names = sorted({one.backend for one in cinder.backends if one.backend})
        options["storage_protocol"] = announced(first.protocol, f"volume backend {first.backend}")
        options["vendor_name"] = announced(first.vendor, f"volume backend {first.backend}")
        options["backend_names"] = announced(names, "volume backends")
        features["multi_backend"] = announced(len(names) > 1, f"{len(names)} volume backends")
    multiattach = next(
        (one for one in known(cinder.types, ()) if one.multiattach and (one.public or alone)), None
    )
    if multiattach is not None:
        options["volume_type_multiattach"] = announced(multiattach.name, "its extra specs")
    features["backup"] = (
        default(True, f"whether cinder-backup runs cannot be seen: {cinder.services.why}")
        if isinstance(cinder.services, Unseen)
        else announced("cinder-backup" in cinder.services, "services of Cinder that are up")
    )
    for name in ("snapshot", "clone"):
        features[name] = default(
            True, "cannot be seen; taken to work, so that a test tells where it does not"
        )
    features["manage_volume"] = default(False, "for tests by administrators")
    features["api_extensions"] = extensions(cinder.extensions, "Cinder")
    return {"volume": options, "volume-feature-enabled": features}


def extensions(found: tuple[str, ...] | Unseen, service: str) -> Value:
    """Return a list of API extensions, `all` where it could not be seen."""
    if isinstance(found, Unseen):
        return default("all", f"{service}'s extensions could not be seen: {found.why}")
    if not found:
        return default("all", f"{service} lists no extension; a test tells which it has")
    return announced(sorted(found), f"{service}'s list of {len(found)} extensions")
