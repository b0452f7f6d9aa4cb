"""Flavors, images and quotas for servers."""

from collections.abc import Iterator, Sequence

from defcheck.cloud.preflight import quotas
from defcheck.cloud.preflight.demand import makes_servers
from defcheck.cloud.preflight.finding import Finding, fine, harm, unseen
from defcheck.cloud.preflight.scene import Scene
from defcheck.cloud.survey.facts import Unseen
from defcheck.cloud.survey.model import Flavor, Image

OTHER_CLOUD = "It is the tempest.conf of another cloud, or what it names was deleted."


def examine(scene: Scene) -> Iterator[Finding]:
    """Judge what servers are made of; nothing where no compute test is demanded."""
    tests = scene.demand.where(makes_servers)
    if not tests:
        return
    flavor = None
    compute, images = scene.survey.compute, scene.survey.image
    if images is not None:
        yield _images(scene, images.images, tests)
    if compute is None:
        return
    if not isinstance(compute.flavors, Unseen):
        chosen = scene.option("compute", "flavor_ref")
        flavor = next((one for one in compute.flavors if one.id == chosen), None)
    yield _flavors(scene, compute.flavors, tests)
    if not isinstance(compute.zones, Unseen):
        yield (
            fine("compute", "zones", ", ".join(compute.zones))
            if compute.zones
            else harm(
                "compute",
                "zones",
                "no availability zone is available",
                "Look at the compute hosts.",
                tests,
                hopeless=True,
            )
        )
    yield from quotas.examine(
        scene,
        "compute",
        quotas.compute_needs(flavor),
        quotas.Seen(quotas.OWN, compute.limits, compute.limits),
        quotas.Seen(quotas.NEW, compute.defaults, {}, new=True),
        "compute",
    )


def _flavors(scene: Scene, seen: tuple[Flavor, ...] | Unseen, tests: Sequence[str]) -> Finding:
    if isinstance(seen, Unseen):
        return unseen("compute", "flavors", seen.why)
    missing = _missing(scene, ("flavor_ref", "flavor_ref_alt"), {one.id for one in seen})
    if missing:
        return harm("compute", "flavors", missing, OTHER_CLOUD, tests, hopeless=True, given=True)
    with_disk = [one for one in seen if one.disk]
    if not with_disk:
        return harm(
            "compute",
            "flavors",
            f"none of {len(seen)} that the project sees has a disk",
            "Make one with a disk of 1 GiB or more visible to the project.",
            tests,
            hopeless=True,
        )
    if scene.conf and not scene.option("compute", "flavor_ref"):
        return harm(
            "compute",
            "flavors",
            "none has a disk that holds the smallest image",
            "Make one visible to the project, or give it with --set compute.flavor_ref=ID.",
            tests,
            hopeless=True,
        )
    if len(with_disk) == 1:
        return harm(
            "compute",
            "flavors",
            f"only {with_disk[0].name} has a disk: there is none to resize to, or to filter by",
            "Make a second one with a disk visible to the project.",
            scene.demand.like(r"resize|filter_by_flavor|filters_by_flavor|filtered_by_flavor"),
        )
    return fine(
        "compute", "flavors", f"{len(with_disk)} of {len(seen)} have a disk{_names(with_disk)}"
    )


def _images(scene: Scene, seen: tuple[Image, ...] | Unseen, tests: Sequence[str]) -> Finding:
    if isinstance(seen, Unseen):
        return unseen("image", "images", seen.why)
    missing = _missing(scene, ("image_ref", "image_ref_alt"), {one.id for one in seen})
    if missing:
        return harm("image", "images", missing, OTHER_CLOUD, tests, hopeless=True, given=True)
    if not seen:
        return harm(
            "image",
            "images",
            "the project sees none that is active",
            "Upload a small one, such as CirrOS, or share one with the project.",
            tests,
            hopeless=True,
        )
    if scene.conf and not scene.option("compute", "image_ref"):
        return harm(
            "image",
            "images",
            "none of those that the project sees is visible to all testers",
            "Make one public, or give it with --set compute.image_ref=ID.",
            tests,
            hopeless=True,
        )
    return fine("image", "images", f"{len(seen)} active{_names(seen)}")


def _missing(scene: Scene, names: Sequence[str], ids: set[str]) -> str:
    """Return which things that tempest.conf names the cloud does not have, empty for none."""
    for name in names:
        value = scene.option("compute", name)
        if value and value not in ids:
            return f"{name} of tempest.conf is {value}, which the project does not see"
    return ""


def _names(things: Sequence[Flavor] | Sequence[Image]) -> str:
    shown = ", ".join(one.name or one.id for one in things[:3])
    return f": {shown}{', …' if len(things) > 3 else ''}"
