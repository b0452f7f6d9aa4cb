"""The full lab's configuration files, as their own parsers see them."""

import re
import runpy
import subprocess
import sys
from configparser import ConfigParser
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from defcheck.lab.deployment import Site
from defcheck.lab.environment import LabEnvironment
from defcheck.lab.full import full_size as full
from defcheck.lab.full import infrastructure, openstack_services
from defcheck.lab.full.full_size import FullSize
from defcheck.lab.full.infrastructure import FullPorts
from defcheck.lab.processes import LabPorts, LabService

SERVICES = {"nova", "neutron", "cinder", "glance", "placement"}


@pytest.fixture
def site(full_site: Site, tmp_path: Path) -> Site:
    """A full lab whose packages brought what the services copy."""
    environment = LabEnvironment(tmp_path / "packages")
    paste = environment.folder / "etc/nova/api-paste.ini"
    paste.parent.mkdir(parents=True)
    paste.write_text("[composite:osapi_compute]\n")
    return replace(full_site, environment=environment)


@pytest.fixture
def written(site: Site) -> Path:
    """The folder of all configuration files."""
    full.configure_services(site)
    return site.layout.configuration


def read(path: Path) -> ConfigParser:
    # Strict: a section or an option that stands twice is an error.
    parser = ConfigParser(interpolation=None, allow_no_value=True)
    assert parser.read(path) == [str(path)]
    return parser


def all_services(site: Site) -> list[LabService]:
    return [service for layer in FullSize().list_layers(site) for service in layer]


def test_all_files_are_private_and_complete(written: Path) -> None:
    files = [path for path in written.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} >= SERVICES
    for path in files:
        if path.name != openstack_services.NOVA_PASTE_FILE:
            assert path.stat().st_mode & 0o777 == 0o600
        assert not re.search(r"\{[{%]", path.read_text())


@pytest.mark.parametrize(
    ("name", "database"),
    [
        ("keystone/keystone.conf", "keystone"),
        ("placement/placement.conf", "placement"),
        ("glance/glance-api.conf", "glance"),
        ("nova/nova.conf", "nova"),
        ("nova/cell0.conf", "nova_cell0"),
        ("neutron/neutron.conf", "neutron"),
        ("cinder/cinder.conf", "cinder"),
    ],
)
def test_each_service_has_a_database_of_its_own(
    written: Path, site: Site, name: str, database: str
) -> None:
    config = read(written / name)
    section = "placement_database" if database == "placement" else "database"
    url = config[section]["connection"]
    assert url == infrastructure.make_database_url(site, database)
    assert site.passwords[infrastructure.MARIADB_SECRET] in url


def test_the_compute_service_is_told_of_no_database(written: Path) -> None:
    compute, api = read(written / "nova/compute.conf"), read(written / "nova/nova.conf")
    assert {"database", "api_database"} <= set(api.sections())
    assert set(api.sections()) - set(compute.sections()) == {"database", "api_database"}
    assert "mysql" not in (written / "nova/compute.conf").read_text()


@pytest.mark.parametrize("name", ["nova/nova.conf", "neutron/neutron.conf", "cinder/cinder.conf"])
def test_services_that_talk_to_each_other_share_the_queue(
    written: Path, site: Site, name: str
) -> None:
    config = read(written / name)
    assert config["DEFAULT"]["transport_url"] == infrastructure.make_transport_url(site)
    assert config["keystone_authtoken"]["password"] == site.passwords[name.partition("/")[0]]
    assert config["keystone_authtoken"]["auth_url"] == "http://127.0.0.1:17000/v3"


def test_everything_stays_in_the_labs_folders(written: Path, site: Site) -> None:
    allowed = (str(site.layout.state), str(site.environment.folder))
    for path in written.rglob("*.conf"):
        text = path.read_text()
        for found in re.findall(r"^[a-z_]+ = (?:file://)?(/\S+)", text, re.MULTILINE):
            assert found.startswith(allowed), f"{path.name}: {found}"


def test_gunicorn_shows_cinder_its_own_command_line(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = runpy.run_path(str(written / "cinder-api" / "gunicorn.conf.py"))
    assert values["bind"] == f"127.0.0.1:{FullPorts().cinder}"
    monkeypatch.setattr(sys, "argv", ["pytest"])
    values["post_fork"](None, None)
    assert sys.argv == ["cinder-api", "--config-file", str(written / "cinder" / "cinder.conf")]


def test_services_are_given_files_that_were_written(written: Path, site: Site) -> None:
    named = {
        Path(argument)
        for service in all_services(site)
        for argument in service.command
        if argument.endswith((".conf", ".ini"))
    }
    assert len(named) >= 8
    assert [path for path in named if not path.is_file()] == []


def test_paste_comes_first_of_novas_files(written: Path, site: Site) -> None:
    api = next(one for one in openstack_services.list_nova_services(site) if one.name == "nova-api")
    files = api.variables["OS_NOVA_CONFIG_FILES"].split(";")
    assert files == ["api-paste.ini", "nova.conf"]
    assert all((written / "nova" / name).is_file() for name in files)


def test_no_command_line_holds_a_secret(site: Site) -> None:
    words = " ".join(word for service in all_services(site) for word in service.command)
    assert not [name for name, secret in site.passwords.items() if secret in words]


def test_every_port_belongs_to_a_service_and_none_to_two(site: Site) -> None:
    listening = [
        port
        for service in all_services(site)
        for port in (service.port, *service.other_ports)
        if port
    ]
    chosen = asdict(infrastructure.require_full_ports(site))
    assert sorted(listening) == sorted(chosen.values())
    assert len(set(chosen.values())) == len(chosen)


def test_the_small_labs_ports_are_others() -> None:
    assert not set(asdict(LabPorts()).values()) & set(asdict(FullPorts()).values())


def test_ports_of_a_small_lab_are_refused(site: Site) -> None:
    small = replace(site, settings=replace(site.settings, ports=LabPorts()))
    with pytest.raises(TypeError, match="not a full lab"):
        infrastructure.require_full_ports(small)


def test_the_stand_in_for_sudo_runs_what_rootwrap_would(site: Site, written: Path) -> None:
    variables = infrastructure.make_stand_in_environment(site)

    def run(*command: str) -> str:
        return subprocess.run(
            command, env=variables, check=True, capture_output=True, text=True, timeout=30
        ).stdout

    sudo = str(site.layout.programs / "sudo")
    rootwrap = ("cinder-rootwrap", str(written / "rootwrap.conf"))
    assert run(sudo, *rootwrap, "echo", "one  two") == "one  two\n"
    # Nothing is mounted: it says so by succeeding.
    share = ("127.0.0.1:/lab", str(site.layout.data / "cinder" / "shares"))
    assert run(sudo, *rootwrap, "mount", "-t", "nfs", *share) == ""
    assert share[1] not in Path("/proc/mounts").read_text()


def test_the_volume_type_is_the_backend(written: Path) -> None:
    config = read(written / "cinder" / "cinder.conf")
    assert config["DEFAULT"]["enabled_backends"] == openstack_services.CINDER_BACKEND
    assert (
        config[openstack_services.CINDER_BACKEND]["volume_backend_name"]
        == openstack_services.CINDER_BACKEND
    )
    assert (
        Path(config[openstack_services.CINDER_BACKEND]["nfs_shares_config"]).read_text()
        == "127.0.0.1:/lab\n"
    )
