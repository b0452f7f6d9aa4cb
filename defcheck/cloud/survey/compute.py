"""What Nova says of itself and of the project."""

from defcheck.cloud.connection import Cloud
from defcheck.cloud.survey.asking import items, numbers, together
from defcheck.cloud.survey.model import Compute, Flavor


def see(cloud: Cloud, project: str, deadline: float) -> Compute:
    """Return what Nova answers; `project` is the id of the login's project."""
    nova = cloud.connection.compute
    return Compute(
        **together(
            {
                "flavors": lambda: tuple(
                    Flavor(
                        id=one.id,
                        name=one.name,
                        ram=one.ram,
                        disk=one.disk,
                        vcpus=one.vcpus,
                        public=one.is_public is not False,
                    )
                    for one in nova.flavors()
                ),
                "limits": lambda: numbers(items(nova, "/limits", "limits")["absolute"]),
                "defaults": lambda: numbers(
                    items(nova, f"/os-quota-sets/{project}/defaults", "quota_set")
                ),
                "zones": lambda: tuple(
                    one["zoneName"]
                    for one in items(nova, "/os-availability-zone", "availabilityZoneInfo")
                    if one["zoneState"]["available"]
                ),
                "extensions": lambda: tuple(
                    sorted(one["alias"] for one in items(nova, "/extensions", "extensions"))
                ),
                "hosts": lambda: sum(
                    one["state"] == "up" and one["status"] == "enabled"
                    for one in items(nova, "/os-services?binary=nova-compute", "services")
                ),
            },
            deadline,
        )
    )
