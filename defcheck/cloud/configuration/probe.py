"""Try what a cloud does not tell: whether Glance looks into images."""

import secrets
from typing import Any

from defcheck.cloud.connection import Cloud
from defcheck.cloud.survey.asking import ask
from defcheck.cloud.survey.facts import Fact, Unseen

FALSE_CONTENT = b"This is text, not a QCOW2 image; made and deleted by defcheck.\n"
REFUSALS = (400, 415)


def enforces_formats(cloud: Cloud) -> Fact[bool]:
    """Return whether Glance refuses an image whose content is not of its disk_format.

    Creates a private image of a few bytes in the login's project and deletes it
    again, as the tests do. `Unseen` where that gives no clear answer.
    """
    glance = cloud.connection.image
    name = f"defcheck-probe-{secrets.token_hex(4)}"
    found = ask(lambda: _upload(glance, name))
    # Also where no answer came to its creation: it may be there all the same.
    gone = ask(lambda: _delete(glance, name))
    if isinstance(gone, Unseen):
        left = f"its image {name} may be left: {gone.why}"
        return Unseen(f"{found.why}, and {left}" if isinstance(found, Unseen) else left)
    return found


def _upload(glance: Any, name: str) -> bool:
    """Create an image and give it false content; return whether that was refused."""
    from openstack.exceptions import raise_from_response

    created = glance.post(
        "/images",
        json={
            "name": name,
            "disk_format": "qcow2",
            "container_format": "bare",
            "visibility": "private",
        },
    )
    raise_from_response(created)
    answer = glance.put(
        f"/images/{created.json()['id']}/file",
        data=FALSE_CONTENT,
        headers={"Content-Type": "application/octet-stream"},
    )
    if answer.status_code in REFUSALS:
        return True
    raise_from_response(answer)
    return False


def _delete(glance: Any, name: str) -> None:
    """Delete every image of that name, which only this probe has."""
    from openstack.exceptions import raise_from_response

    listed = glance.get("/images", params={"name": name})
    raise_from_response(listed)
    for image in listed.json()["images"]:
        answer = glance.delete(f"/images/{image['id']}")
        if answer.status_code != 404:
            raise_from_response(answer)
