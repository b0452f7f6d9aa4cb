"""Nova: its configuration, its databases and its services."""

import os
import shutil

from defcheck.lab import gunicorn, templating
from defcheck.lab.catalogue import Endpoint
from defcheck.lab.files import make_private_folder, write_private
from defcheck.lab.full import compute, configuration, mariadb, ports, stand_ins
from defcheck.lab.full.ports import FullPorts
from defcheck.lab.ports import HOST
from defcheck.lab.processes import Service
from defcheck.lab.site import Site

NAME = "nova"
THREADS = 8

MAIN, CELL0, API = "nova", "nova_cell0", "nova_api"
"""Its databases: the cell with the servers, the one for those that never got a host, and
what is above the cells."""

PASTE = "api-paste.ini"

NODE_ID = "c3b1f1c4-5f3f-4f0e-9d0c-6d0f5f2b7a11"
"""The id of the one compute node; each lab has a database of its own."""


def endpoint(listening: FullPorts) -> Endpoint:
    """Return what the catalogue says of it."""
    return Endpoint(NAME, "compute", f"http://{HOST}:{listening.nova}/v2.1")


def services(site: Site) -> tuple[Service, ...]:
    """Return the API, the conductor, the scheduler and the one compute service."""
    folder = configuration.file(site, NAME).parent
    variables = stand_ins.variables(site)
    options = ("--config-file", str(configuration.file(site, NAME)))
    # -P: the program's own folder is no place to import from.
    program = (site.program("python"), "-P", compute.__file__)
    compute_options = ("--config-file", str(configuration.file(site, NAME, "compute.conf")))
    return (
        site.service(
            "nova-conductor", (site.program("nova-conductor"), *options), variables=variables
        ),
        site.service(
            "nova-scheduler", (site.program("nova-scheduler"), *options), variables=variables
        ),
        gunicorn.service(
            site,
            "nova-api",
            ports.of(site).nova,
            # The first of the files has to be that of paste.
            {
                "OS_NOVA_CONFIG_DIR": str(folder),
                "OS_NOVA_CONFIG_FILES": f"{PASTE};{NAME}.conf",
            },
        ),
        site.service("nova-compute", (*program, *compute_options), variables=variables),
    )


def configure(site: Site) -> None:
    """Write the configuration files."""
    # nova-compute refuses to start where it is told of a database.
    for name, main, with_databases in (
        ("nova.conf", MAIN, True),
        ("cell0.conf", CELL0, True),
        ("compute.conf", "", False),
    ):
        configuration.write(
            site,
            "nova.conf",
            NAME,
            configuration.file(site, NAME, name),
            driver=compute.DRIVER,
            main_database=main,
            with_databases=with_databases,
        )
    shutil.copy(
        configuration.installed(site, f"nova/{PASTE}"), configuration.file(site, NAME, PASTE)
    )
    gunicorn.configure(
        site,
        "nova-api",
        ports.of(site).nova,
        "nova.wsgi.osapi_compute:application",
        THREADS,
        ("nova-api",),
    )
    make_private_folder(configuration.data(site, NAME) / "instances")
    write_private(configuration.data(site, NAME) / "compute_id", NODE_ID + os.linesep)


def migrations(site: Site) -> tuple[tuple[str, ...], ...]:
    """Return the commands that fill its empty databases."""
    manage = (site.program("nova-manage"), "--config-file")
    main, cell0 = (
        str(configuration.file(site, NAME, name)) for name in ("nova.conf", "cell0.conf")
    )
    return (
        (*manage, main, "api_db", "sync"),
        (*manage, main, "db", "sync", "--local_cell"),
        (*manage, cell0, "db", "sync", "--local_cell"),
    )


def map_cells(site: Site) -> None:
    """Tell Nova of its cells and of the host in the second one."""
    cells = templating.render("nova-cells.sql", cell0=CELL0, host=configuration.NODE)
    mariadb.execute(site, cells, API)
