"""Keystone: its configuration, its keys, its administrator and its service."""

import base64
import os
from pathlib import Path

from defcheck.lab import gunicorn, templating, tools
from defcheck.lab.accounts import ADMIN, REGION
from defcheck.lab.catalogue import Endpoint
from defcheck.lab.files import write_private
from defcheck.lab.ports import HOST, Ports
from defcheck.lab.processes import Service
from defcheck.lab.site import Site

NAME = "keystone"


def auth_url(ports: Ports) -> str:
    """Return the URL at which tokens are issued."""
    return f"http://{HOST}:{ports.keystone}/v3"


def endpoint(ports: Ports) -> Endpoint:
    """Return what the catalogue says of Keystone."""
    return Endpoint(NAME, "identity", auth_url(ports))


def service(site: Site) -> Service:
    """Return Keystone as a service."""
    variables = {"OS_KEYSTONE_CONFIG_FILES": str(_configuration_file(site))}
    return gunicorn.service(site, NAME, site.ports.keystone, variables)


def configure(site: Site, database: str, threads: int) -> None:
    """Write the configuration files, for a database by its SQLAlchemy URL."""
    templating.write(
        "keystone.conf",
        _configuration_file(site),
        log_file=site.log(NAME),
        database=database,
        token_keys=_keys(site, "token"),
        credential_keys=_keys(site, "credential"),
    )
    port = site.ports.keystone
    gunicorn.configure(site, NAME, port, "keystone.wsgi.api:application", threads, (NAME,))


def manage(site: Site) -> tuple[str, ...]:
    """Return the beginning of every command that manages Keystone."""
    return (site.program("keystone-manage"), "--config-file", str(_configuration_file(site)))


def make_keys(site: Site) -> None:
    """Make the keys for tokens and for credentials."""
    for purpose in ("token", "credential"):
        # What `keystone-manage fernet_setup` makes, without seconds of starting it:
        # 0 is the key that comes next, the highest number the one in use.
        for number in ("0", "1"):
            key = base64.urlsafe_b64encode(os.urandom(32)).decode()
            write_private(_keys(site, purpose) / number, key)


def bootstrap(site: Site) -> None:
    """Make the administrator and Keystone's own endpoints in an empty database."""
    url = auth_url(site.ports)
    options = {
        "username": ADMIN.name,
        "project-name": ADMIN.project,
        "role-name": "admin",
        "service-name": NAME,
        "region-id": REGION,
        "public-url": url,
        "internal-url": url,
        "admin-url": url,
    }
    tools.run(
        site,
        [
            *manage(site),
            "bootstrap",
            *(f"--bootstrap-{name}={value}" for name, value in options.items()),
        ],
        {"OS_BOOTSTRAP_PASSWORD": site.passwords[ADMIN.name]},
    )


def _configuration_file(site: Site) -> Path:
    return site.layout.configuration / NAME / "keystone.conf"


def _keys(site: Site, purpose: str) -> Path:
    return site.layout.configuration / NAME / f"{purpose}-keys"
