"""Placement: its configuration, its database and its service."""

from defcheck.lab import gunicorn
from defcheck.lab.catalogue import Endpoint
from defcheck.lab.full import configuration, ports
from defcheck.lab.full.ports import FullPorts
from defcheck.lab.ports import HOST
from defcheck.lab.processes import Service
from defcheck.lab.site import Site

NAME = "placement"
THREADS = 4


def endpoint(listening: FullPorts) -> Endpoint:
    """Return what the catalogue says of it."""
    return Endpoint(NAME, "placement", f"http://{HOST}:{listening.placement}")


def services(site: Site) -> tuple[Service, ...]:
    """Return its only service."""
    folder = configuration.file(site, NAME).parent
    variables = {"OS_PLACEMENT_CONFIG_DIR": str(folder)}
    return (gunicorn.service(site, NAME, ports.of(site).placement, variables),)


def configure(site: Site) -> None:
    """Write the configuration files."""
    configuration.write(site, "placement.conf", NAME, configuration.file(site, NAME))
    gunicorn.configure(
        site, NAME, ports.of(site).placement, "placement.wsgi.api:application", THREADS, (NAME,)
    )


def migrations(site: Site) -> tuple[tuple[str, ...], ...]:
    """Return the commands that fill its empty database."""
    options = ("--config-file", str(configuration.file(site, NAME)))
    return ((site.program("placement-manage"), *options, "db", "sync"),)
