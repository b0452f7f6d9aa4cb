"""A real MariaDB of a test's own, where the system has one."""

import gzip
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from defcheck.errors import UnusableError
from defcheck.lab import lab_sizes, processes
from defcheck.lab.deployment import LabSettings, Site
from defcheck.lab.full import full_size, infrastructure
from defcheck.lab.full.full_size import FullSize
from defcheck.lab.paths import create_private_folder
from defcheck.lab.processes import choose_ports, is_listening

pytestmark = pytest.mark.skipif(
    "mariadb-server" in infrastructure.list_missing_packages(), reason="MariaDB is not installed"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A path that is too long for the name of a socket.
    return tmp_path_factory.mktemp("x" * 100)


@pytest.fixture(scope="module")
def settings() -> LabSettings:
    size = FullSize()
    return LabSettings.generate_settings(choose_ports(size.ports), size.secrets, "")


@pytest.fixture
def site(full_site: Site, folder: Path, settings: LabSettings) -> Iterator[Site]:
    """A lab whose database runs."""
    layout = replace(full_site.layout, state=folder / "state")
    site = replace(full_site, settings=settings, layout=layout)
    create_private_folder(layout.state)
    infrastructure.configure_mariadb(site)
    if not (layout.data / "mariadb").exists():
        infrastructure.create_mariadb_folder(site)
    service = infrastructure.define_mariadb_service(site)
    service.start_process()
    try:
        lab_sizes.wait_until_listening([service])
        yield site
    finally:
        processes.stop_services([service])


def ask(site: Site, statement: str, login: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [infrastructure.find_program("mariadb"), *login, "-N", "-e", statement],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def login(site: Site) -> tuple[str, ...]:
    return (f"--defaults-file={site.layout.configuration / 'mariadb' / 'client.cnf'}",)


def test_the_services_log_in_and_nobody_else(site: Site) -> None:
    assert ask(site, "SELECT 1", login(site)).stdout == "1\n"
    port = str(site.settings.ports.mariadb)  # type: ignore[attr-defined]
    over_tcp = ("--no-defaults", "--protocol=tcp", "-h", "127.0.0.1", "-P", port)
    for user in ("root", "", infrastructure.MARIADB_USER, "mariadb.sys"):
        refused = ask(site, "SELECT 1", (*over_tcp, f"--user={user}"))
        assert refused.returncode != 0, user
        assert "Access denied" in refused.stderr


def test_what_is_dumped_can_be_loaded_and_is_kept_over_a_kill(site: Site, tmp_path: Path) -> None:
    infrastructure.execute_sql(
        site,
        "CREATE DATABASE one; CREATE TABLE one.t (name TEXT); INSERT INTO one.t VALUES ('kept');",
    )
    dump = tmp_path / "dump.sql.gz"
    infrastructure.dump_databases(site, ("one",), dump)
    assert b"CREATE TABLE" in gzip.decompress(dump.read_bytes())
    assert site.passwords[infrastructure.MARIADB_SECRET].encode() not in gzip.decompress(
        dump.read_bytes()
    )
    assert list(tmp_path.iterdir()) == [dump]

    infrastructure.execute_sql(site, "DROP DATABASE one")
    infrastructure.load_dump(site, dump)
    service = infrastructure.define_mariadb_service(site)
    leader = service.leader
    assert leader
    os.kill(leader.pid, 9)
    while is_listening(service.port or 0):  # a killed process gives its port back at its very end
        time.sleep(0.01)
    processes.stop_services([service])
    service.start_process()
    lab_sizes.wait_until_listening([service])
    kept = ask(site, "SELECT name FROM one.t", login(site))
    assert kept.stdout == "kept\n", kept.stderr


def test_a_wrong_statement_is_told(site: Site) -> None:
    with pytest.raises(UnusableError, match="You have an error in your SQL syntax"):
        infrastructure.execute_sql(site, "SELEKT 1")


def test_the_databases_are_made_from_a_dump_where_there_is_one(site: Site, tmp_path: Path) -> None:
    environment = replace(site.environment, folder=tmp_path)
    dump = tmp_path / full_size.DUMP_FILE
    statements = "CREATE DATABASE IF NOT EXISTS keystone; CREATE TABLE keystone.t (name TEXT);"
    dump.write_bytes(gzip.compress(statements.encode()))
    said: list[str] = []
    full_size.create_databases(replace(site, environment=environment), said.append)
    assert said == ["Creating the databases from a dump"]
    found = ask(site, "SHOW DATABASES; SHOW TABLES FROM keystone", login(site)).stdout.split()
    assert set(full_size.DATABASES) <= set(found)
    assert found[-1] == "t"


def test_a_failed_migration_leaves_no_dump(site: Site, tmp_path: Path) -> None:
    infrastructure.execute_sql(
        site, "".join(f"DROP DATABASE IF EXISTS {name};" for name in full_size.DATABASES)
    )
    programs = tmp_path / "bin"
    programs.mkdir()
    for service in ("nova", "neutron-db", "cinder", "keystone", "glance", "placement"):
        program = programs / f"{service.removesuffix('-db')}-{'db-' * ('-' in service)}manage"
        program.write_text(f"#!/bin/sh\necho {service} speaks\nexit {int(service == 'cinder')}\n")
        program.chmod(0o700)
    environment = replace(site.environment, folder=tmp_path)
    with pytest.raises(UnusableError, match="cinder speaks") as told:
        full_size.create_databases(replace(site, environment=environment), lambda _: None)
    assert "setup-cinder.log" in told.value.advice
    assert not (tmp_path / full_size.DUMP_FILE).exists()
