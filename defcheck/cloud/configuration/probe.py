"""Try what a cloud does not tell: whether Glance looks into images."""

import secrets

from defcheck.cloud.connection import Cloud

FALSE_CONTENT = b"This is text, not a QCOW2 image; made and deleted by defcheck.\n"
REFUSALS = (400, 415)


def enforces_formats(cloud: Cloud) -> bool | None:
    """Return whether Glance refuses an image whose content is not of its disk_format.

    Makes a private image of a few bytes in the login's project and deletes it
    again, as the tests do. None where it may not be made.
    """
    from openstack.exceptions import SDKException

    glance = cloud.connection.image
    try:
        made = glance.post(
            "/images",
            json={
                "name": f"defcheck-probe-{secrets.token_hex(4)}",
                "disk_format": "qcow2",
                "container_format": "bare",
                "visibility": "private",
            },
        )
        if made.status_code != 201:
            return None
        image = made.json()["id"]
        try:
            answer = glance.put(
                f"/images/{image}/file",
                data=FALSE_CONTENT,
                headers={"Content-Type": "application/octet-stream"},
            )
        finally:
            glance.delete(f"/images/{image}")
    except (SDKException, ValueError, KeyError):
        return None
    if answer.status_code == 204:
        return False
    return True if answer.status_code in REFUSALS else None
