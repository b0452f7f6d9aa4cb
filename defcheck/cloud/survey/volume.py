"""What Cinder says of itself and of the project."""

from typing import Any

from defcheck.cloud.connection import Cloud
from defcheck.cloud.failures import TEMPORARY
from defcheck.cloud.survey.asking import items, numbers, together
from defcheck.cloud.survey.model import Backend, Volumes, VolumeType


def see(cloud: Cloud, project: str, deadline: float) -> Volumes:
    """Return what Cinder answers; `project` is the id of the login's project."""
    cinder = cloud.connection.block_storage
    return Volumes(
        **together(
            {
                "types": lambda: _types(cinder),
                "limits": lambda: numbers(items(cinder, "/limits", "limits")["absolute"]),
                "defaults": lambda: numbers(
                    items(cinder, f"/os-quota-sets/{project}/defaults", "quota_set")
                ),
                "zones": lambda: tuple(
                    one["zoneName"]
                    for one in items(cinder, "/os-availability-zone", "availabilityZoneInfo")
                    if one["zoneState"]["available"]
                ),
                "extensions": lambda: tuple(
                    sorted(one["alias"] for one in items(cinder, "/extensions", "extensions"))
                ),
                "backends": lambda: tuple(
                    Backend(
                        name=one["name"],
                        backend=_text(one["capabilities"], "volume_backend_name"),
                        protocol=_text(one["capabilities"], "storage_protocol"),
                        vendor=_text(one["capabilities"], "vendor_name"),
                    )
                    for one in items(cinder, "/scheduler-stats/get_pools?detail=true", "pools")
                ),
                "services": lambda: tuple(
                    sorted(
                        {
                            one["binary"]
                            for one in items(cinder, "/os-services", "services")
                            if one["state"] == "up" and one["status"] == "enabled"
                        }
                    )
                ),
            },
            deadline,
        )
    )


def _types(cinder: Any) -> tuple[VolumeType, ...]:
    default = _default(cinder)
    return tuple(
        VolumeType(
            id=one["id"],
            name=one["name"],
            public=one.get("is_public") is not False,
            default=one["id"] == default,
            backend=(one.get("extra_specs") or {}).get("volume_backend_name", ""),
            multiattach="True" in (one.get("extra_specs") or {}).get("multiattach", ""),
        )
        for one in items(cinder, "/types", "volume_types")
    )


def _default(cinder: Any) -> str:
    """Return the id of the type that volumes get by default, empty where there is none."""
    from openstack.exceptions import raise_from_response

    answer = cinder.get("/types/default")
    if answer.status_code in TEMPORARY:
        raise_from_response(answer)
    return str(answer.json()["volume_type"]["id"]) if answer.status_code == 200 else ""


def _text(found: Any, key: str) -> str:
    """Return a text; some backends give a list of equal names."""
    value = found.get(key) or ""
    return str(value[0] if isinstance(value, list) else value)
