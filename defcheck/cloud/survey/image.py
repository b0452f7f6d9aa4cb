"""What Glance says of itself and of the images that the project sees."""

from typing import Any

from defcheck.cloud.connection import Cloud
from defcheck.cloud.survey.asking import items, together
from defcheck.cloud.survey.model import Image, Images


def see(cloud: Cloud, deadline: float) -> Images:
    """Return what Glance answers."""
    glance = cloud.connection.image
    return Images(
        **together(
            {
                "images": lambda: tuple(
                    Image(
                        id=one.id,
                        name=one.name or "",
                        size=one.size or 0,
                        min_disk=one.min_disk or 0,
                        min_ram=one.min_ram or 0,
                        disk_format=one.disk_format or "",
                        container_format=one.container_format or "",
                        visibility=one.visibility or "",
                        hidden=bool(one.is_hidden),
                    )
                    for one in glance.images(status="active")
                ),
                "import_methods": lambda: tuple(
                    items(glance, "/info/import", "import-methods")["value"]
                ),
                "formats": lambda: _formats(items(glance, "/schemas/image", "properties")),
            },
            deadline,
        )
    )


def _formats(properties: Any) -> dict[str, tuple[str, ...]]:
    return {
        name: tuple(value for value in properties[name].get("enum") or () if value)
        for name in ("disk_format", "container_format")
    }
