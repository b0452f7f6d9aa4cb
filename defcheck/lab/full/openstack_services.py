"""Glance, Placement, Nova, Neutron and Cinder: configuration, databases and processes."""

import os
import shutil
from pathlib import Path

from defcheck.lab import deployment, keystone
from defcheck.lab.deployment import Site
from defcheck.lab.full import infrastructure, neutron_agent, nova_compute
from defcheck.lab.full.infrastructure import FullPorts
from defcheck.lab.keystone import DOMAIN, REGION, LabEndpoint
from defcheck.lab.paths import create_private_folder, write_private_file
from defcheck.lab.processes import HOST, LabService

NODE_NAME = "lab"
"""The host name that all services use."""


def configuration_file(site: Site, service: str, name: str = "") -> Path:
    """Return a configuration file of a service, by default SERVICE.conf."""
    return site.layout.configuration / service / (name or f"{service}.conf")


def data_folder(site: Site, service: str) -> Path:
    """Return the data folder of a service."""
    return site.layout.data / service


def packaged_file(site: Site, name: str) -> Path:
    """Return a configuration file of the packages."""
    return site.environment.folder / "etc" / name


def write_configuration(
    site: Site, template: str, service: str, path: Path, **more: object
) -> None:
    """Write a configuration file of a service, whose template may use all of these names."""
    deployment.write_template(
        template,
        path,
        host=HOST,
        node=NODE_NAME,
        region=REGION,
        domain=DOMAIN,
        ports=infrastructure.require_full_ports(site),
        passwords=site.passwords,
        auth_url=keystone.auth_url(site.ports),
        rabbitmq_url=infrastructure.make_transport_url(site),
        database=lambda name: infrastructure.make_database_url(site, name),
        data=data_folder(site, service),
        locks=site.layout.data / "locks",
        installed=lambda name: packaged_file(site, name),
        **more,
    )


GLANCE = "glance"
GLANCE_THREADS = 8


def describe_glance(listening: FullPorts) -> LabEndpoint:
    """Return its endpoint in the catalogue."""
    return LabEndpoint(GLANCE, "image", f"http://{HOST}:{listening.glance}")


def list_glance_services(site: Site) -> tuple[LabService, ...]:
    """Return its only service."""
    folder = configuration_file(site, GLANCE).parent
    variables = {"OS_GLANCE_CONFIG_DIR": str(folder)}
    return (
        deployment.define_wsgi_service(
            site, GLANCE, infrastructure.require_full_ports(site).glance, variables
        ),
    )


def configure_glance(site: Site) -> None:
    """Write the configuration files."""
    write_configuration(
        site,
        "glance-api.conf",
        GLANCE,
        configuration_file(site, GLANCE, "glance-api.conf"),
    )
    deployment.configure_wsgi_service(
        site,
        GLANCE,
        infrastructure.require_full_ports(site).glance,
        "glance.wsgi.api:application",
        GLANCE_THREADS,
        (GLANCE,),
    )


def list_glance_migrations(site: Site) -> tuple[tuple[str, ...], ...]:
    """Return the commands that fill its empty database."""
    options = (
        "--config-file",
        str(configuration_file(site, GLANCE, "glance-api.conf")),
    )
    return ((site.find_program("glance-manage"), *options, "db_sync"),)


PLACEMENT = "placement"
PLACEMENT_THREADS = 4


def describe_placement(listening: FullPorts) -> LabEndpoint:
    """Return its endpoint in the catalogue."""
    return LabEndpoint(PLACEMENT, "placement", f"http://{HOST}:{listening.placement}")


def list_placement_services(site: Site) -> tuple[LabService, ...]:
    """Return its only service."""
    folder = configuration_file(site, PLACEMENT).parent
    variables = {"OS_PLACEMENT_CONFIG_DIR": str(folder)}
    return (
        deployment.define_wsgi_service(
            site, PLACEMENT, infrastructure.require_full_ports(site).placement, variables
        ),
    )


def configure_placement(site: Site) -> None:
    """Write the configuration files."""
    write_configuration(site, "placement.conf", PLACEMENT, configuration_file(site, PLACEMENT))
    deployment.configure_wsgi_service(
        site,
        PLACEMENT,
        infrastructure.require_full_ports(site).placement,
        "placement.wsgi.api:application",
        PLACEMENT_THREADS,
        (PLACEMENT,),
    )


def list_placement_migrations(site: Site) -> tuple[tuple[str, ...], ...]:
    """Return the commands that fill its empty database."""
    options = ("--config-file", str(configuration_file(site, PLACEMENT)))
    return ((site.find_program("placement-manage"), *options, "db", "sync"),)


NOVA = "nova"
NOVA_THREADS = 8

NOVA_DATABASE, NOVA_CELL0_DATABASE, NOVA_API_DATABASE = "nova", "nova_cell0", "nova_api"
"""Its databases: the cell with the servers, the cell for servers without a host, and the
database above the cells."""

NOVA_PASTE_FILE = "api-paste.ini"

NOVA_NODE_ID = "c3b1f1c4-5f3f-4f0e-9d0c-6d0f5f2b7a11"
"""The id of the only compute node; each lab has its own database."""


def describe_nova(listening: FullPorts) -> LabEndpoint:
    """Return its endpoint in the catalogue."""
    return LabEndpoint(NOVA, "compute", f"http://{HOST}:{listening.nova}/v2.1")


def list_nova_services(site: Site) -> tuple[LabService, ...]:
    """Return the API, the conductor, the scheduler and the one compute service."""
    folder = configuration_file(site, NOVA).parent
    variables = infrastructure.make_stand_in_environment(site)
    options = ("--config-file", str(configuration_file(site, NOVA)))
    # -P: do not import from the program's own folder.
    program = (site.find_program("python"), "-P", nova_compute.__file__)
    compute_options = (
        "--config-file",
        str(configuration_file(site, NOVA, "compute.conf")),
    )
    return (
        site.define_service(
            "nova-conductor", (site.find_program("nova-conductor"), *options), variables=variables
        ),
        site.define_service(
            "nova-scheduler", (site.find_program("nova-scheduler"), *options), variables=variables
        ),
        deployment.define_wsgi_service(
            site,
            "nova-api",
            infrastructure.require_full_ports(site).nova,
            # The first file must be that of paste.
            {
                "OS_NOVA_CONFIG_DIR": str(folder),
                "OS_NOVA_CONFIG_FILES": f"{NOVA_PASTE_FILE};{NOVA}.conf",
            },
        ),
        site.define_service("nova-compute", (*program, *compute_options), variables=variables),
    )


def configure_nova(site: Site) -> None:
    """Write the configuration files."""
    # nova-compute refuses to start if a database is configured.
    for name, main, with_databases in (
        ("nova.conf", NOVA_DATABASE, True),
        ("cell0.conf", NOVA_CELL0_DATABASE, True),
        ("compute.conf", "", False),
    ):
        write_configuration(
            site,
            "nova.conf",
            NOVA,
            configuration_file(site, NOVA, name),
            driver=nova_compute.DRIVER,
            main_database=main,
            with_databases=with_databases,
        )
    shutil.copy(
        packaged_file(site, f"nova/{NOVA_PASTE_FILE}"),
        configuration_file(site, NOVA, NOVA_PASTE_FILE),
    )
    deployment.configure_wsgi_service(
        site,
        "nova-api",
        infrastructure.require_full_ports(site).nova,
        "nova.wsgi.osapi_compute:application",
        NOVA_THREADS,
        ("nova-api",),
    )
    create_private_folder(data_folder(site, NOVA) / "instances")
    write_private_file(data_folder(site, NOVA) / "compute_id", NOVA_NODE_ID + os.linesep)


def list_nova_migrations(site: Site) -> tuple[tuple[str, ...], ...]:
    """Return the commands that fill its empty databases."""
    manage = (site.find_program("nova-manage"), "--config-file")
    main, cell0 = (
        str(configuration_file(site, NOVA, name)) for name in ("nova.conf", "cell0.conf")
    )
    return (
        (*manage, main, "api_db", "sync"),
        (*manage, main, "db", "sync", "--local_cell"),
        (*manage, cell0, "db", "sync", "--local_cell"),
    )


def create_nova_cells(site: Site) -> None:
    """Register the cells, and the host in the second one, in Nova."""
    cells = deployment.render_template("nova-cells.sql", cell0=NOVA_CELL0_DATABASE, host=NODE_NAME)
    infrastructure.execute_sql(site, cells, NOVA_API_DATABASE)


NEUTRON = "neutron"
NEUTRON_THREADS = 8
NEUTRON_PROCESSES = 2
"""It uses more CPU than all others together, and Python threads share one core."""

NEUTRON_FILES = ("neutron.conf", "ml2.conf")

EXTERNAL_NETWORK = "public"
"""The name of the physical network, and of OpenStack's network on it."""


def describe_neutron(listening: FullPorts) -> LabEndpoint:
    """Return its endpoint in the catalogue."""
    return LabEndpoint(NEUTRON, "network", f"http://{HOST}:{listening.neutron}")


def list_neutron_services(site: Site) -> tuple[LabService, ...]:
    """Return the API, the server for agents, and the only agent."""
    folder = configuration_file(site, NEUTRON).parent
    options = tuple(
        part for name in NEUTRON_FILES for part in ("--config-file", str(folder / name))
    )
    variables = infrastructure.make_stand_in_environment(site)
    return (
        deployment.define_wsgi_service(
            site,
            "neutron-api",
            infrastructure.require_full_ports(site).neutron,
            {
                "OS_NEUTRON_CONFIG_DIR": str(folder),
                "OS_NEUTRON_CONFIG_FILES": ";".join(NEUTRON_FILES),
            },
        ),
        site.define_service(
            "neutron-rpc", (site.find_program("neutron-rpc-server"), *options), variables=variables
        ),
        site.define_service(
            "neutron-agent",
            # -P: do not import from the program's own folder.
            (site.find_program("python"), "-P", neutron_agent.__file__, *options),
            variables=variables,
        ),
    )


def configure_neutron(site: Site) -> None:
    """Write the configuration files."""
    create_private_folder(data_folder(site, NEUTRON))
    write_configuration(site, "neutron.conf", NEUTRON, configuration_file(site, NEUTRON))
    write_configuration(
        site,
        "neutron-ml2.conf",
        NEUTRON,
        configuration_file(site, NEUTRON, "ml2.conf"),
        external_network=EXTERNAL_NETWORK,
    )
    deployment.configure_wsgi_service(
        site,
        "neutron-api",
        infrastructure.require_full_ports(site).neutron,
        "neutron.wsgi.api:application",
        NEUTRON_THREADS,
        ("neutron-api",),
        NEUTRON_PROCESSES,
    )


def list_neutron_migrations(site: Site) -> tuple[tuple[str, ...], ...]:
    """Return the commands that fill its empty database."""
    folder = configuration_file(site, NEUTRON).parent
    options = tuple(
        part for name in NEUTRON_FILES for part in ("--config-file", str(folder / name))
    )
    return ((site.find_program("neutron-db-manage"), *options, "upgrade", "heads"),)


CINDER = "cinder"
CINDER_THREADS = 8

CINDER_BACKEND = "nfs"
"""The name of the only storage backend, and of its volume type."""


def describe_cinder(listening: FullPorts) -> tuple[LabEndpoint, ...]:
    """Return its endpoints in the catalogue, of the old and the new service type."""
    url = f"http://{HOST}:{listening.cinder}/v3/$(project_id)s"
    return LabEndpoint("cinderv3", "volumev3", url), LabEndpoint(CINDER, "block-storage", url)


def list_cinder_services(site: Site) -> tuple[LabService, ...]:
    """Return the API, the scheduler and the one volume service."""
    options = _cinder_options(site)
    variables = infrastructure.make_stand_in_environment(site)
    return (
        deployment.define_wsgi_service(
            site, "cinder-api", infrastructure.require_full_ports(site).cinder, {}
        ),
        site.define_service(
            "cinder-scheduler",
            (site.find_program("cinder-scheduler"), *options),
            variables=variables,
        ),
        site.define_service(
            "cinder-volume", (site.find_program("cinder-volume"), *options), variables=variables
        ),
    )


def configure_cinder(site: Site) -> None:
    """Write the configuration files."""
    data = data_folder(site, CINDER)
    for folder in ("conversion", "shares"):
        create_private_folder(data / folder)
    shares = configuration_file(site, CINDER, "shares")
    write_private_file(shares, f"{HOST}:/lab\n")
    write_configuration(
        site,
        "cinder.conf",
        CINDER,
        configuration_file(site, CINDER),
        backend=CINDER_BACKEND,
        shares=shares,
    )
    deployment.configure_wsgi_service(
        site,
        "cinder-api",
        infrastructure.require_full_ports(site).cinder,
        "cinder.wsgi.api:application",
        CINDER_THREADS,
        ("cinder-api", *_cinder_options(site)),
    )


def list_cinder_migrations(site: Site) -> tuple[tuple[str, ...], ...]:
    """Return the commands that fill its empty database."""
    return ((site.find_program("cinder-manage"), *_cinder_options(site), "db", "sync"),)


def _cinder_options(site: Site) -> tuple[str, str]:
    return "--config-file", str(configuration_file(site, CINDER))
