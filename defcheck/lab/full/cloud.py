"""The APIs of the full lab, for those who set it up and prove that it works."""

import time
from collections.abc import Callable
from typing import Any

from keystoneauth1.adapter import Adapter
from keystoneauth1.exceptions import ClientException, NotFound

from defcheck.errors import UnusableError
from defcheck.lab.accounts import REGION, User
from defcheck.lab.session import open_session
from defcheck.lab.site import Site

Resource = dict[str, Any]

POLL_SECONDS = 0.3


class NotYetError(Exception):
    """Something that may still come right."""


class Cloud:
    """The lab's APIs as one of its users sees them, found through the catalogue."""

    def __init__(self, site: Site, user: User) -> None:
        session = open_session(site, user)

        def adapter(kind: str) -> Adapter:
            return Adapter(session, service_type=kind, interface="public", region_name=REGION)

        self.compute = adapter("compute")
        self.network = adapter("network")
        self.image = adapter("image")
        self.volume = adapter("volumev3")


def find_or_create(
    api: Adapter, path: str, kind: str, name: str, body: Resource, wrapped: bool = True
) -> Resource:
    """Return the resource of that name, making it if there is none.

    `path` is that of all resources of the kind; `wrapped` tells whether one stands in
    an object with the kind's name, as everywhere but in Glance.
    """
    found = api.get(path).json()[f"{kind}s"]
    for resource in found:
        if resource["name"] == name:
            return dict(resource)
    content: Resource = {"name": name, **body}
    created = api.post(path, json={kind: content} if wrapped else content).json()
    return dict(created[kind] if wrapped else created)


def wait_for(look: Callable[[], bool], seconds: float, what: str) -> None:
    """Look until it is true; raise NotYetError after so many seconds."""
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            raise NotYetError(what)
        time.sleep(POLL_SECONDS)


def is_gone(api: Adapter, path: str) -> bool:
    """Tell whether there is no such resource any more."""
    try:
        api.get(path)
    except NotFound:
        return True
    return False


def refused(error: ClientException) -> UnusableError:
    """Return what to tell of a service that does not do what it is asked."""
    return UnusableError(
        f"A service of the lab refused to be set up: {error}",
        "See the logs in the lab's folder `log`. Try again; if it stays so, "
        "`defcheck lab clean --size full` and then `defcheck lab up --size full` make it anew.",
    )
