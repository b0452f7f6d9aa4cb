"""Proof that the lab works: a token, and an object there and back."""

import secrets
import time
from collections.abc import Sequence

from keystoneauth1.adapter import Adapter
from keystoneauth1.exceptions import ClientException

from defcheck.errors import UnusableError
from defcheck.lab import ports
from defcheck.lab.accounts import MEMBER, REGION
from defcheck.lab.processes import Service
from defcheck.lab.session import open_session
from defcheck.lab.site import Site

START_TIMEOUT = 120.0
"""Seconds within which a service has to listen."""


def wait_listening(services: Sequence[Service]) -> None:
    """Wait until every service that has a port listens.

    Raise UnusableError if one dies or is too slow.
    """
    deadline = time.monotonic() + START_TIMEOUT
    for service in services:
        while service.port is not None and not ports.answers(service.port):
            service.require_alive()
            if time.monotonic() > deadline:
                raise UnusableError(
                    f"{service.name} does not listen on port {service.port} after "
                    f"{START_TIMEOUT:.0f} s.",
                    f"Its log: {service.log}",
                )
            time.sleep(0.05)
        service.require_alive()


def prove(site: Site, timeout: float) -> None:
    """Put, get and delete an object as the plain member, found through the catalogue.

    Try again until `timeout` seconds have passed, then raise UnusableError.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            _round_trip(site)
            return
        except ClientException as error:
            if time.monotonic() > deadline:
                raise UnusableError(
                    f"The lab's services run, but do not work: {error}",
                    "See their logs in the lab's folder `log`.",
                ) from error
        time.sleep(0.3)


def _round_trip(site: Site) -> None:
    store = Adapter(
        open_session(site, MEMBER),
        service_type="object-store",
        interface="public",
        region_name=REGION,
    )
    container = f"/defcheck-lab-{secrets.token_hex(8)}"
    content = secrets.token_bytes(1024)
    store.put(container)
    store.put(f"{container}/proof", data=content)
    returned = store.get(f"{container}/proof").content
    store.delete(f"{container}/proof")
    store.delete(container)
    if returned != content:
        raise UnusableError("The lab's Swift returned another object than was stored.")
