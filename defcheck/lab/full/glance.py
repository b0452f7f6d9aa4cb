"""Glance: its configuration, its database and its service."""

from defcheck.lab import gunicorn
from defcheck.lab.catalogue import Endpoint
from defcheck.lab.full import configuration, ports
from defcheck.lab.full.ports import FullPorts
from defcheck.lab.ports import HOST
from defcheck.lab.processes import Service
from defcheck.lab.site import Site

NAME = "glance"
THREADS = 8


def endpoint(listening: FullPorts) -> Endpoint:
    """Return what the catalogue says of it."""
    return Endpoint(NAME, "image", f"http://{HOST}:{listening.glance}")


def services(site: Site) -> tuple[Service, ...]:
    """Return its only service."""
    folder = configuration.file(site, NAME).parent
    variables = {"OS_GLANCE_CONFIG_DIR": str(folder)}
    return (gunicorn.service(site, NAME, ports.of(site).glance, variables),)


def configure(site: Site) -> None:
    """Write the configuration files."""
    configuration.write(
        site, "glance-api.conf", NAME, configuration.file(site, NAME, "glance-api.conf")
    )
    gunicorn.configure(
        site, NAME, ports.of(site).glance, "glance.wsgi.api:application", THREADS, (NAME,)
    )


def migrations(site: Site) -> tuple[tuple[str, ...], ...]:
    """Return the commands that fill its empty database."""
    options = ("--config-file", str(configuration.file(site, NAME, "glance-api.conf")))
    return ((site.program("glance-manage"), *options, "db_sync"),)
