"""The infrastructure of the full lab: Debian's programs, MariaDB and RabbitMQ.

Stand-ins for some of the system's programs let Cinder's own NFS driver work without
root: Cinder calls them by name through `sudo` and rootwrap; the share that it
seems to mount is a folder of the lab's.
"""

import gzip
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from defcheck.errors import UnusableError
from defcheck.lab import deployment, machine
from defcheck.lab.deployment import Site
from defcheck.lab.paths import create_private_folder, read_last_lines, write_private_file
from defcheck.lab.processes import HOST, LabPorts, LabService
from defcheck.util.virtualenv import Say


@dataclass(frozen=True)
class FullPorts(LabPorts):
    """One port per service; the defaults differ from the small lab's, since both may run."""

    keystone: int = 17000
    swift_proxy: int = 17080
    swift_object: int = 17200
    swift_container: int = 17201
    swift_account: int = 17202
    glance: int = 17292
    placement: int = 17778
    nova: int = 17774
    neutron: int = 17696
    cinder: int = 17776
    mariadb: int = 17306
    rabbitmq: int = 17672
    rabbitmq_distribution: int = 17673
    """RabbitMQ's port for other Erlang nodes, of which there are none."""

    epmd: int = 17369
    """Erlang's own name service."""


def require_full_ports(site: Site) -> FullPorts:
    """Return the ports of a full lab."""
    if not isinstance(site.ports, FullPorts):
        raise TypeError("this is not a full lab")
    return site.ports


PACKAGE_BY_PROGRAM = {
    "mariadbd": "mariadb-server",
    "mariadb-install-db": "mariadb-server",
    "mariadb": "mariadb-server",
    "mariadb-dump": "mariadb-server",
    "rabbitmq-server": "rabbitmq-server",
    "epmd": "rabbitmq-server",
    "qemu-img": "qemu-utils",
}
"""Program to the Debian package that contains it or depends on it."""

# Debian's own /usr/sbin/rabbitmq-server requires root or the user rabbitmq, and the
# system's folders; the program that it calls does not.
FOLDERS = ("/usr/lib/rabbitmq/bin", "/usr/sbin", "/sbin", "/usr/bin", "/bin")
"""The folders to search, whatever PATH is: many users do not have /usr/sbin in it."""

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

APT_COMMAND = ("apt-get", "install", "-y", "--no-install-recommends")


def find_program(name: str) -> str:
    """Return the path of a program; its bare name where it is not installed."""
    return shutil.which(name, path=":".join(FOLDERS)) or name


def list_missing_packages() -> tuple[str, ...]:
    """Return the packages whose programs are missing."""
    absent = [name for name in PACKAGE_BY_PROGRAM if "/" not in find_program(name)]
    return tuple(dict.fromkeys(PACKAGE_BY_PROGRAM[name] for name in absent))


def install_debian_packages(say: Say) -> None:
    """Install what is missing if this is root on a Debian, else raise UnusableError."""
    packages = list_missing_packages()
    if not packages:
        return
    named = f"The full lab needs {', '.join(packages)} on this machine."
    if not shutil.which("apt-get"):
        raise UnusableError(
            named,
            "These are Debian packages; install MariaDB's server, RabbitMQ and qemu-img "
            f"so that {', '.join(PACKAGE_BY_PROGRAM)} are in one of {', '.join(FOLDERS)}.",
        )
    command = " ".join((*APT_COMMAND, *packages))
    if os.geteuid() != 0:
        raise UnusableError(named, f"Only root may install packages: run `sudo {command}`.")
    say(f"Installing {', '.join(packages)} with apt-get (only the first time)")
    _run_apt_get(packages, command)


def _run_apt_get(packages: tuple[str, ...], command: str) -> None:
    variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    descriptor, name = tempfile.mkstemp(prefix="defcheck-apt-", suffix=".log")
    path = Path(name)
    with os.fdopen(descriptor, "wb") as log:
        for step in (["apt-get", "update"], [*APT_COMMAND, *packages]):
            ended = subprocess.run(
                step,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
    # A failed update may concern a source that is not needed.
    if ended.returncode != 0 or list_missing_packages():
        raise UnusableError(
            f"{', '.join(packages)} could not be installed. "
            f"The end of apt-get's log:\n{read_last_lines(path)}",
            f"Run it by hand: `{command}`. Full log: {path}",
        )
    path.unlink()


SUDO_SCRIPT = """#!/bin/sh
# `sudo SERVICE-rootwrap FILE COMMAND…` becomes COMMAND…
case "$1" in
*-rootwrap) shift 2 ;;
esac
exec "$@"
"""

EMPTY_SCRIPT = """#!/bin/sh
exit 0
"""

STAND_IN_PROGRAMS = {
    "sudo": SUDO_SCRIPT,
    "mount": EMPTY_SCRIPT,
    "mount.nfs": EMPTY_SCRIPT,
    "umount": EMPTY_SCRIPT,
}


def write_stand_ins(site: Site) -> None:
    """Write the programs."""
    for name, text in STAND_IN_PROGRAMS.items():
        path = site.layout.programs / name
        write_private_file(path, text)
        path.chmod(0o700)


def make_stand_in_environment(site: Site) -> dict[str, str]:
    """Return the environment in which the stand-ins precede the system's programs."""
    places = (site.layout.programs, site.environment.folder / "bin", SYSTEM_PATH)
    return {"PATH": ":".join(map(str, places))}


MARIADB = "mariadb"

MARIADB_USER = "openstack"
"""The one user that may log in over TCP, as all services do."""

MARIADB_SECRET = "mariadb"
"""The name of its password in the lab's settings."""


def make_database_url(site: Site, database: str) -> str:
    """Return SQLAlchemy's URL of a database."""
    login = f"{MARIADB_USER}:{site.passwords[MARIADB_SECRET]}"
    return f"mysql+pymysql://{login}@{HOST}:{require_full_ports(site).mariadb}/{database}?charset=utf8mb4"


def define_mariadb_service(site: Site) -> LabService:
    """Return MariaDB as a service."""
    options = _mariadb_file(site, "server.cnf")
    command = (find_program("mariadbd"), f"--defaults-file={options}")
    return site.define_service(MARIADB, command, require_full_ports(site).mariadb)


def configure_mariadb(site: Site) -> None:
    """Write the configuration files, including the services' credentials."""
    login = {"user": MARIADB_USER, "password": site.passwords[MARIADB_SECRET], "host": HOST}
    port = require_full_ports(site).mariadb
    deployment.write_template(
        "mariadb-server.cnf",
        _mariadb_file(site, "server.cnf"),
        host=HOST,
        port=port,
        data=_mariadb_data_folder(site),
        init=_mariadb_file(site, "init.sql"),
        root=os.geteuid() == 0,
    )
    deployment.write_template("mariadb-init.sql", _mariadb_file(site, "init.sql"), **login)
    deployment.write_template(
        "mariadb-client.cnf", _mariadb_file(site, "client.cnf"), **login, port=port
    )


def create_mariadb_folder(site: Site) -> None:
    """Create the folder with MariaDB's own tables, whose root cannot log in over TCP."""
    create_private_folder(_mariadb_data_folder(site))
    user = machine.find_user_name()
    deployment.run_tool(
        site,
        [
            find_program("mariadb-install-db"),
            "--no-defaults",
            f"--datadir={_mariadb_data_folder(site)}",
            "--skip-test-db",
            "--auth-root-authentication-method=socket",
            f"--auth-root-socket-user={user}",
            f"--user={user}",
        ],
        {"PATH": SYSTEM_PATH},
    )


def execute_sql(site: Site, statements: str, database: str = "") -> None:
    """Execute SQL. Raise UnusableError if it fails."""
    client = [
        find_program("mariadb"),
        f"--defaults-file={_mariadb_file(site, 'client.cnf')}",
    ]
    deployment.run_tool(
        site, [*client, *([database] if database else [])], input_bytes=statements.encode()
    )


def dump_databases(site: Site, databases: tuple[str, ...], path: Path) -> None:
    """Write the statements that create these databases, gzipped, atomically to `path`."""
    plain, packed = site.layout.data / "dump.sql", path.with_name(f".{path.name}.new")
    deployment.run_tool(
        site,
        [
            find_program("mariadb-dump"),
            f"--defaults-file={_mariadb_file(site, 'client.cnf')}",
            "--skip-dump-date",
            f"--result-file={plain}",
            "--databases",
            *databases,
        ],
    )
    packed.write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
    os.replace(packed, path)
    plain.unlink()


def load_dump(site: Site, path: Path) -> None:
    """Execute what `dump_databases` wrote. Raise UnusableError if it fails."""
    execute_sql(site, gzip.decompress(path.read_bytes()).decode())


def _mariadb_file(site: Site, name: str) -> Path:
    return site.layout.configuration / MARIADB / name


def _mariadb_data_folder(site: Site) -> Path:
    return site.layout.data / MARIADB


RABBITMQ = "rabbitmq"
RABBITMQ_USER = "openstack"

RABBITMQ_SECRET = "rabbitmq"
ERLANG_COOKIE = "erlang-cookie"
"""Names of the passwords in the lab's settings. Who knows the cookie controls the server."""


def make_transport_url(site: Site) -> str:
    """Return oslo.messaging's transport URL."""
    return f"rabbit://{RABBITMQ_USER}:{site.passwords[RABBITMQ_SECRET]}@{HOST}:{require_full_ports(site).rabbitmq}/"


def define_name_service(site: Site) -> LabService:
    """Return the name service of Erlang."""
    port = require_full_ports(site).epmd
    command = (find_program("epmd"), "-address", HOST, "-port", str(port))
    return site.define_service("epmd", command, port, _make_rabbitmq_environment(site))


def define_rabbitmq_service(site: Site) -> LabService:
    """Return RabbitMQ as a service."""
    listening = require_full_ports(site)
    return site.define_service(
        RABBITMQ,
        (find_program("rabbitmq-server"),),
        listening.rabbitmq,
        _make_rabbitmq_environment(site),
        other_ports=(listening.rabbitmq_distribution,),
    )


def configure_rabbitmq(site: Site) -> None:
    """Write the configuration files."""
    create_private_folder(_rabbitmq_home(site))
    deployment.write_template(
        "rabbitmq.conf",
        _rabbitmq_file(site, "rabbitmq.conf"),
        user=RABBITMQ_USER,
        password=site.passwords[RABBITMQ_SECRET],
    )
    write_private_file(_rabbitmq_file(site, "enabled_plugins"), "[].\n")
    write_private_file(_rabbitmq_file(site, "environment"), "")
    cookie = _rabbitmq_home(site) / ".erlang.cookie"
    if not cookie.exists():
        write_private_file(cookie, site.passwords[ERLANG_COOKIE])


def _make_rabbitmq_environment(site: Site) -> dict[str, str]:
    listening = require_full_ports(site)
    return {
        "PATH": SYSTEM_PATH,
        # Erlang reads its cookie from there.
        "HOME": str(_rabbitmq_home(site)),
        "ERL_EPMD_ADDRESS": HOST,
        "ERL_EPMD_PORT": str(listening.epmd),
        "RABBITMQ_NODENAME": "lab@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": HOST,
        "RABBITMQ_NODE_PORT": str(listening.rabbitmq),
        "RABBITMQ_DIST_PORT": str(listening.rabbitmq_distribution),
        "RABBITMQ_MNESIA_BASE": str(_rabbitmq_home(site) / "mnesia"),
        "RABBITMQ_LOG_BASE": str(site.layout.logs),
        "RABBITMQ_PID_FILE": str(_rabbitmq_home(site) / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(_rabbitmq_file(site, "enabled_plugins")),
        "RABBITMQ_CONFIG_FILE": str(_rabbitmq_file(site, "rabbitmq.conf")),
        # Replaces the system's file, which would override all this.
        "RABBITMQ_CONF_ENV_FILE": str(_rabbitmq_file(site, "environment")),
        # Idle schedulers sleep instead of busy-waiting on the few cores.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} "
        "+sbwt none +sbwtdcpu none +sbwtdio none",
    }


def _rabbitmq_home(site: Site) -> Path:
    return site.layout.data / RABBITMQ


def _rabbitmq_file(site: Site, name: str) -> Path:
    return site.layout.configuration / RABBITMQ / name
