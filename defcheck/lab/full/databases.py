"""The databases of all services: made by their own migrations once, later from a dump.

The migrations take most of the first start. What they make depends on nothing but the
packages, so that a dump of it is kept with those.
"""

from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from defcheck.lab import keystone, tools
from defcheck.lab.full import cinder, glance, mariadb, neutron, nova, placement, stand_ins
from defcheck.lab.site import Site
from defcheck.virtualenv import Say

DATABASES = (
    "keystone",
    "glance",
    "placement",
    nova.API,
    nova.CELL0,
    nova.MAIN,
    "neutron",
    "cinder",
)

DUMP = "databases.sql.gz"
"""In the folder of the environment; without secrets, as it is made before there are any."""

AT_A_TIME = 2
"""Migrations at a time: each keeps one core busy."""


def create(site: Site, say: Say) -> None:
    """Make the databases and their tables."""
    mariadb.execute(
        site, "".join(f"CREATE DATABASE {name} CHARACTER SET utf8mb3;\n" for name in DATABASES)
    )
    dump = _dump(site)
    if dump.exists():
        say("Making the databases from a dump")
        mariadb.load(site, dump)
        return
    say("Making the databases with the services' migrations (the first time only)")
    _migrate(site, say)
    mariadb.dump(site, DATABASES, dump)


def _migrate(site: Site, say: Say) -> None:
    migrations = {
        "nova": nova.migrations(site),
        "neutron": neutron.migrations(site),
        "cinder": cinder.migrations(site),
        "keystone": ((*keystone.manage(site), "db_sync"),),
        "glance": glance.migrations(site),
        "placement": placement.migrations(site),
    }

    def migrate(name: str) -> str:
        for command in migrations[name]:
            tools.run(site, command, stand_ins.variables(site), log=f"setup-{name}")
        return name

    executor = ThreadPoolExecutor(AT_A_TIME)
    try:
        for done in as_completed([executor.submit(migrate, name) for name in migrations]):
            say(f"  {done.result()} is done")
    finally:
        # Not waited for: after an error or an interruption the tools are ended with the rest.
        executor.shutdown(wait=False, cancel_futures=True)


def _dump(site: Site) -> Path:
    return site.environment.folder / DUMP
