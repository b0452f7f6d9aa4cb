"""MariaDB: a server of the lab's own, run by the user who runs the lab."""

import gzip
import os
from pathlib import Path

from defcheck.lab import machine, templating, tools
from defcheck.lab.files import make_private_folder
from defcheck.lab.full import debian, ports
from defcheck.lab.ports import HOST
from defcheck.lab.processes import Service
from defcheck.lab.site import Site

NAME = "mariadb"

USER = "openstack"
"""The one user that may log in over TCP, as all services do."""

SECRET = "mariadb"
"""Whose password it is in the lab's settings."""


def url(site: Site, database: str) -> str:
    """Return SQLAlchemy's URL of a database."""
    login = f"{USER}:{site.passwords[SECRET]}"
    return f"mysql+pymysql://{login}@{HOST}:{ports.of(site).mariadb}/{database}?charset=utf8mb4"


def service(site: Site) -> Service:
    """Return MariaDB as a service."""
    options = _file(site, "server.cnf")
    command = (debian.program("mariadbd"), f"--defaults-file={options}")
    return site.service(NAME, command, ports.of(site).mariadb)


def configure(site: Site) -> None:
    """Write the configuration files, the login of the services among them."""
    login = {"user": USER, "password": site.passwords[SECRET], "host": HOST}
    port = ports.of(site).mariadb
    templating.write(
        "mariadb-server.cnf",
        _file(site, "server.cnf"),
        host=HOST,
        port=port,
        data=_data(site),
        init=_file(site, "init.sql"),
        root=os.geteuid() == 0,
    )
    templating.write("mariadb-init.sql", _file(site, "init.sql"), **login)
    templating.write("mariadb-client.cnf", _file(site, "client.cnf"), **login, port=port)


def create(site: Site) -> None:
    """Make the folder with MariaDB's own tables, whose root no one can log in as over TCP."""
    make_private_folder(_data(site))
    user = machine.user_name()
    tools.run(
        site,
        [
            debian.program("mariadb-install-db"),
            "--no-defaults",
            f"--datadir={_data(site)}",
            "--skip-test-db",
            "--auth-root-authentication-method=socket",
            f"--auth-root-socket-user={user}",
            f"--user={user}",
        ],
        {"PATH": debian.SYSTEM_PATH},
    )


def execute(site: Site, statements: str, database: str = "") -> None:
    """Execute SQL. Raise UnusableError if it fails."""
    client = [debian.program("mariadb"), f"--defaults-file={_file(site, 'client.cnf')}"]
    tools.run(site, [*client, *([database] if database else [])], given=statements.encode())


def dump(site: Site, databases: tuple[str, ...], path: Path) -> None:
    """Write the statements that make these databases, gzipped, to `path`, whole or not at all."""
    plain, packed = site.layout.data / "dump.sql", path.with_name(f".{path.name}.new")
    tools.run(
        site,
        [
            debian.program("mariadb-dump"),
            f"--defaults-file={_file(site, 'client.cnf')}",
            "--skip-dump-date",
            f"--result-file={plain}",
            "--databases",
            *databases,
        ],
    )
    packed.write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
    os.replace(packed, path)
    plain.unlink()


def load(site: Site, path: Path) -> None:
    """Execute what `dump` wrote. Raise UnusableError if it fails."""
    execute(site, gzip.decompress(path.read_bytes()).decode())


def _file(site: Site, name: str) -> Path:
    return site.layout.configuration / NAME / name


def _data(site: Site) -> Path:
    return site.layout.data / NAME
