"""Keystone: its configuration, its database and its service."""

import base64
import os
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

from defcheck.lab import templating, tools
from defcheck.lab.accounts import ADMIN, REGION
from defcheck.lab.environment import Environment
from defcheck.lab.files import make_private_folder, write_private
from defcheck.lab.paths import Layout
from defcheck.lab.ports import HOST, Ports
from defcheck.lab.processes import Service

NAME = "keystone"


def auth_url(ports: Ports) -> str:
    """Return the URL at which tokens are issued."""
    return f"http://{HOST}:{ports.keystone}/v3"


def service(layout: Layout, environment: Environment, ports: Ports) -> Service:
    """Return Keystone as a service."""
    return Service(
        name=NAME,
        # Keystone takes the command line's arguments for its own options, so that
        # gunicorn has to get its through the environment.
        command=(str(environment.program("gunicorn")),),
        variables={
            "GUNICORN_CMD_ARGS": f"--config {shlex.quote(str(_gunicorn_file(layout)))}",
            "OS_KEYSTONE_CONFIG_FILES": str(_configuration_file(layout)),
        },
        port=ports.keystone,
        home=layout.state,
        record=layout.processes / f"{NAME}.json",
        log=layout.logs / f"{NAME}.log",
    )


def configure(layout: Layout, ports: Ports) -> None:
    """Write the configuration files."""
    templating.write(
        "keystone.conf",
        _configuration_file(layout),
        log_file=layout.logs / f"{NAME}.log",
        database=_database(layout),
        token_keys=_keys(layout, "token"),
        credential_keys=_keys(layout, "credential"),
    )
    templating.write("gunicorn.conf", _gunicorn_file(layout), host=HOST, port=ports.keystone)


def create(layout: Layout, environment: Environment, ports: Ports, password: str) -> None:
    """Make the keys, the database, and in it the administrator and Keystone's endpoints."""
    for purpose in ("token", "credential"):
        # What `keystone-manage fernet_setup` makes, without seconds of starting it:
        # 0 is the key that comes next, the highest number the one in use.
        for number in ("0", "1"):
            key = base64.urlsafe_b64encode(os.urandom(32)).decode()
            write_private(_keys(layout, purpose) / number, key)
    make_private_folder(layout.data)
    manage = (
        str(environment.program("keystone-manage")),
        "--config-file",
        str(_configuration_file(layout)),
    )
    tools.run([*manage, "db_sync"], layout.logs, layout.state)
    with closing(sqlite3.connect(_database(layout))) as connection:
        # So that readers do not hold up the writer; the database remembers it.
        connection.execute("PRAGMA journal_mode=WAL")
    url = auth_url(ports)
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
        [*manage, "bootstrap", *(f"--bootstrap-{name}={value}" for name, value in options.items())],
        layout.logs,
        layout.state,
        {"OS_BOOTSTRAP_PASSWORD": password},
    )


def _configuration_file(layout: Layout) -> Path:
    return layout.configuration / "keystone" / "keystone.conf"


def _gunicorn_file(layout: Layout) -> Path:
    return layout.configuration / "keystone" / "gunicorn.conf.py"


def _database(layout: Layout) -> Path:
    return layout.data / "keystone.sqlite"


def _keys(layout: Layout, purpose: str) -> Path:
    return layout.configuration / "keystone" / f"{purpose}-keys"
