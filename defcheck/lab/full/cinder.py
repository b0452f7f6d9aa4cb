"""Cinder: its configuration, its database and its services."""

from defcheck.lab import gunicorn
from defcheck.lab.catalogue import Endpoint
from defcheck.lab.files import make_private_folder, write_private
from defcheck.lab.full import configuration, ports, stand_ins
from defcheck.lab.full.ports import FullPorts
from defcheck.lab.ports import HOST
from defcheck.lab.processes import Service
from defcheck.lab.site import Site

NAME = "cinder"
THREADS = 8

BACKEND = "nfs"
"""The name of the one kind of storage, and of the volume type for it."""


def endpoints(listening: FullPorts) -> tuple[Endpoint, ...]:
    """Return what the catalogue says of it, under the old name of its type and the new one."""
    url = f"http://{HOST}:{listening.cinder}/v3/$(project_id)s"
    return Endpoint("cinderv3", "volumev3", url), Endpoint(NAME, "block-storage", url)


def services(site: Site) -> tuple[Service, ...]:
    """Return the API, the scheduler and the one volume service."""
    options = _options(site)
    variables = stand_ins.variables(site)
    return (
        gunicorn.service(site, "cinder-api", ports.of(site).cinder, {}),
        site.service(
            "cinder-scheduler", (site.program("cinder-scheduler"), *options), variables=variables
        ),
        site.service(
            "cinder-volume", (site.program("cinder-volume"), *options), variables=variables
        ),
    )


def configure(site: Site) -> None:
    """Write the configuration files."""
    data = configuration.data(site, NAME)
    for folder in ("conversion", "shares"):
        make_private_folder(data / folder)
    shares = configuration.file(site, NAME, "shares")
    write_private(shares, f"{HOST}:/lab\n")
    configuration.write(
        site,
        "cinder.conf",
        NAME,
        configuration.file(site, NAME),
        backend=BACKEND,
        shares=shares,
    )
    gunicorn.configure(
        site,
        "cinder-api",
        ports.of(site).cinder,
        "cinder.wsgi.api:application",
        THREADS,
        ("cinder-api", *_options(site)),
    )


def migrations(site: Site) -> tuple[tuple[str, ...], ...]:
    """Return the commands that fill its empty database."""
    return ((site.program("cinder-manage"), *_options(site), "db", "sync"),)


def _options(site: Site) -> tuple[str, str]:
    return "--config-file", str(configuration.file(site, NAME))
