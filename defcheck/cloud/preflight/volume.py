"""Volume types and quotas for volumes."""

from collections.abc import Iterator

from defcheck.cloud.preflight import quotas
from defcheck.cloud.preflight.demand import makes_volumes
from defcheck.cloud.preflight.finding import Finding, fine, harm, unseen
from defcheck.cloud.preflight.scene import Scene
from defcheck.cloud.survey.facts import Unseen

TOPIC = "volume"


def examine(scene: Scene) -> Iterator[Finding]:
    """Judge volumes; nothing where no test makes any."""
    volume, tests = scene.survey.volume, scene.demand.where(makes_volumes)
    if volume is None or not tests:
        return
    if isinstance(volume.types, Unseen):
        yield unseen(TOPIC, "volume types", volume.types.why)
    elif volume.types:
        names = ", ".join(f"{one.name}{' (default)' * one.default}" for one in volume.types[:4])
        yield fine(TOPIC, "volume types", names)
    else:
        yield harm(
            TOPIC,
            "volume types",
            "the project sees none",
            "Make one public, or the default of Cinder.",
            tests,
        )
    yield from quotas.examine(
        scene,
        TOPIC,
        quotas.VOLUMES,
        quotas.Seen(quotas.OWN, volume.limits, volume.limits),
        quotas.Seen(quotas.NEW, volume.defaults, {}, new=True),
        "volume",
    )
