"""Neutron: its configuration, its database, its services and a stand-in for its agent."""

from defcheck.lab import gunicorn
from defcheck.lab.catalogue import Endpoint
from defcheck.lab.files import make_private_folder
from defcheck.lab.full import agent, configuration, ports, stand_ins
from defcheck.lab.full.ports import FullPorts
from defcheck.lab.ports import HOST
from defcheck.lab.processes import Service
from defcheck.lab.site import Site

NAME = "neutron"
THREADS = 8
PROCESSES = 2
"""It takes more of a processor than all others together, and Python threads share one."""

FILES = ("neutron.conf", "ml2.conf")

EXTERNAL_NETWORK = "public"
"""The name of the physical network, and of the network of OpenStack on it."""


def endpoint(listening: FullPorts) -> Endpoint:
    """Return what the catalogue says of it."""
    return Endpoint(NAME, "network", f"http://{HOST}:{listening.neutron}")


def services(site: Site) -> tuple[Service, ...]:
    """Return the API, the server for agents, and the one agent."""
    folder = configuration.file(site, NAME).parent
    options = tuple(part for name in FILES for part in ("--config-file", str(folder / name)))
    variables = stand_ins.variables(site)
    return (
        gunicorn.service(
            site,
            "neutron-api",
            ports.of(site).neutron,
            {"OS_NEUTRON_CONFIG_DIR": str(folder), "OS_NEUTRON_CONFIG_FILES": ";".join(FILES)},
        ),
        site.service(
            "neutron-rpc", (site.program("neutron-rpc-server"), *options), variables=variables
        ),
        site.service(
            "neutron-agent",
            # -P: the program's own folder is no place to import from.
            (site.program("python"), "-P", agent.__file__, *options),
            variables=variables,
        ),
    )


def configure(site: Site) -> None:
    """Write the configuration files."""
    make_private_folder(configuration.data(site, NAME))
    configuration.write(site, "neutron.conf", NAME, configuration.file(site, NAME))
    configuration.write(
        site,
        "neutron-ml2.conf",
        NAME,
        configuration.file(site, NAME, "ml2.conf"),
        external_network=EXTERNAL_NETWORK,
    )
    gunicorn.configure(
        site,
        "neutron-api",
        ports.of(site).neutron,
        "neutron.wsgi.api:application",
        THREADS,
        ("neutron-api",),
        PROCESSES,
    )


def migrations(site: Site) -> tuple[tuple[str, ...], ...]:
    """Return the commands that fill its empty database."""
    folder = configuration.file(site, NAME).parent
    options = tuple(part for name in FILES for part in ("--config-file", str(folder / name)))
    return ((site.program("neutron-db-manage"), *options, "upgrade", "heads"),)
