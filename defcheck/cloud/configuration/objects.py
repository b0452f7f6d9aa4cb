"""The sections of tempest.conf about objects.

What Swift's /info does not list may be there all the same: Ceph's RADOS Gateway
never lists versioned_writes, nor up to release 16 the digests of temporary URLs.
"""

from collections.abc import Mapping
from typing import Any

from defcheck.cloud.accounts.entries import RESELLER_ROLE
from defcheck.cloud.configuration.compute import catalog_type
from defcheck.cloud.configuration.probe import Probes
from defcheck.cloud.configuration.value import (
    Options,
    Value,
    Values,
    announced,
    default,
    guessed,
    probed,
)
from defcheck.cloud.survey.facts import Unseen
from defcheck.cloud.survey.model import ObjectStorage, Survey

DIGESTS = ("sha256", "sha512", "sha1")
"""Of Tempest's tests of temporary URLs, the best one first."""

A_TEST_TELLS = "a test tells whether it is there"


def build(survey: Survey, operator_role: Value, probes: Probes) -> Values:
    """Return the sections for objects; `probes` is what was tried in the cloud."""
    swift = survey.object_storage
    if swift is None:
        return {}
    options: Options = {
        "region": (
            announced(survey.region, "region of the run")
            if survey.region
            else default("", "the catalogue has several regions and none is chosen")
        ),
        "operator_role": operator_role,
        "reseller_admin_role": (
            probed(probes.reseller_role, "a token with this role alone may set account quotas")
            if probes.reseller_role
            else default(RESELLER_ROLE, "which role may set account quotas is not announced")
        ),
    }
    options |= catalog_type(survey, "object-store", "Swift")
    features = _features(swift.info) | _digest(swift, probes)
    return {"object-storage": options, "object-storage-feature-enabled": features}


def _features(info: Mapping[str, Any] | Unseen) -> Options:
    if isinstance(info, Unseen):
        why = f"Swift's /info could not be seen: {info.why}"
        features = dict.fromkeys(("object_versioning", "container_sync"), default(True, why))
        return {
            "discoverability": announced(False, why) if info.absent else default(True, why),
            "discoverable_apis": default("all", why),
            **features,
        }
    listed = ", ".join(sorted(name for name in info if name != "swift")) or "nothing"
    return {
        "discoverability": announced(True, "Swift's /info answers"),
        "discoverable_apis": default(
            "all", f"Swift's /info lists {listed}; tests tell what else there is"
        ),
        "object_versioning": (
            announced(True, "versioned_writes in Swift's /info")
            if "versioned_writes" in info
            else default(True, f"Swift's /info does not list versioned_writes; {A_TEST_TELLS}")
        ),
        "container_sync": (
            announced(bool(info["container_sync"].get("realms")), "its realms in Swift's /info")
            if isinstance(info.get("container_sync"), Mapping)
            else default(True, f"Swift's /info does not list container_sync; {A_TEST_TELLS}")
        ),
    }


def _digest(swift: ObjectStorage, probes: Probes) -> Options:
    """Choose the digest of temporary URLs."""
    listed = swift.tempurl_digests
    if listed:
        why = "digests of tempurl in Swift's /info"
        digest = next((one for one in DIGESTS if one in listed), "")
        found = announced(digest, why) if digest else guessed(listed[0], f"the first of the {why}")
    elif probes.digest:
        found = probed(probes.digest, "a temporary URL that was signed with it was accepted")
    else:
        found = default("sha256", "Swift announces no digest; `--probe` tries which it accepts")
    return {"tempurl_digest_hashlib": found}
