"""The services' configuration files, as their own parsers see them."""

import runpy
from configparser import ConfigParser
from pathlib import Path

import jinja2
import pytest

from defcheck.lab import deployment, keystone, swift
from defcheck.lab.deployment import Site
from defcheck.lab.paths import LabLayout


@pytest.fixture
def written(site: Site) -> Path:
    """The folder of all configuration files."""
    keystone.configure_keystone(site, "sqlite:////nowhere", threads=1)
    swift.configure_swift(site)
    return site.layout.configuration


def read(path: Path) -> ConfigParser:
    parser = ConfigParser()
    assert parser.read(path) == [str(path)]
    return parser


def test_all_files_are_private_and_complete(written: Path) -> None:
    files = [path for path in written.rglob("*") if path.is_file()]
    assert {path.name for path in files} == {
        "keystone.conf",
        "gunicorn.conf.py",
        "swift.conf",
        "proxy-server.conf",
        "account-server.conf",
        "container-server.conf",
        "object-server.conf",
    }
    for path in files:
        assert path.stat().st_mode & 0o777 == 0o600
        assert "{{" not in path.read_text()
        assert "{%" not in path.read_text()


def test_keystone_stays_in_the_labs_folder(written: Path, layout: LabLayout) -> None:
    config = read(written / "keystone" / "keystone.conf")
    for section in ("fernet_tokens", "fernet_receipts", "credential"):
        assert config[section]["key_repository"].startswith(str(layout.state))
    assert config["database"]["connection"] == "sqlite:////nowhere"


def test_gunicorn_is_one_process_on_the_port(written: Path) -> None:
    values = runpy.run_path(str(written / "keystone" / "gunicorn.conf.py"))
    assert values["bind"] == "127.0.0.1:1001"
    assert (values["workers"], values["threads"]) == (1, 1)
    assert values["control_socket_disable"] is True


def test_every_part_of_the_proxys_pipeline_is_defined_and_used(written: Path) -> None:
    config = read(written / "swift" / "proxy-server.conf")
    pipeline = config["pipeline:main"]["pipeline"].split()
    defined = {name.partition(":")[2] for name in config if name.startswith(("filter:", "app:"))}
    assert set(pipeline) == defined
    assert pipeline[-1] == "proxy-server"


def test_the_proxy_knows_keystone(written: Path, site: Site) -> None:
    token = read(written / "swift" / "proxy-server.conf")["filter:authtoken"]
    assert token["auth_url"] == "http://127.0.0.1:1001/v3"
    assert (token["username"], token["project_name"]) == ("swift", "service")
    assert token["password"] == site.passwords["swift"]


@pytest.mark.parametrize(
    ("kind", "port"), [("proxy", 1002), ("object", 1003), ("container", 1004), ("account", 1005)]
)
def test_swift_listens_on_the_loopback_only(written: Path, kind: str, port: int) -> None:
    config = read(written / "swift" / f"{kind}-server.conf")["DEFAULT"]
    assert (config["bind_ip"], config["bind_port"]) == ("127.0.0.1", str(port))


def test_services_are_given_the_files_that_were_written(written: Path, site: Site) -> None:
    for service in swift.list_swift_services(site):
        assert Path(service.command[1]).is_relative_to(written)
        assert Path(service.command[1]).exists()
    variables = keystone.define_keystone_service(site).variables
    assert Path(variables["OS_KEYSTONE_CONFIG_FILES"]).exists()
    # The folder has a space in its name, which gunicorn splits at.
    assert f"'{written}/keystone/gunicorn.conf.py'" in variables["GUNICORN_CMD_ARGS"]


def test_a_value_that_is_not_given_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(jinja2.UndefinedError, match="hash_suffix"):
        deployment.write_template("swift.conf", tmp_path / "swift.conf", hash_prefix="x")
    assert not (tmp_path / "swift.conf").exists()
