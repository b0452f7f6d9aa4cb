"""Settings of clouds.yaml that openstacksdk follows: Tempest follows them too, or it is said."""

import configparser
import socket
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from defcheck.cloud.clouds_files import list_cloud_names
from defcheck.cloud.connection import Cloud, connect_cloud, with_endpoint_filter
from defcheck.cloud.discovery.cloud_discovery import discover_cloud
from defcheck.cloud.discovery.model import Unavailable
from defcheck.cloud.endpoint_filter import EndpointFilter, parse_endpoint_filter
from defcheck.cloud.tempest_conf import list_account_credentials
from tests.keystone import keystone, services
from tests.unit.cloud.clouds import AUTH, Defcheck, defcheck, entry, folder
from tests.webserver import write_certificate

__all__ = ["defcheck", "folder"]

pytestmark = [
    pytest.mark.filterwarnings("ignore:Support for InfluxDB"),
    pytest.mark.filterwarnings("ignore:Unverified HTTPS request"),
]

SECTIONS = ("compute", "image", "network", "volume", "object-storage")
OF_A_USER = ("username", "password", "user_domain_name")
TYPES = ("compute", "image", "network", "volumev3", "object_store")


@pytest.fixture
def dead() -> str:
    """Return an address at which nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@contextmanager
def cloud_of(public: str, certificate: Path | None = None) -> Iterator[str]:
    """Serve a cloud whose public endpoints are at `public`, the others at itself."""
    addresses = {"public": public, "internal": "{here}/json/", "admin": "{here}/list/"}
    identity = {**addresses, "public": "{here}/good/v3", "internal": "{here}/good/v3"}
    listed = services(identity=identity, **dict.fromkeys(TYPES, addresses))
    with keystone(certificate, listed) as address:
        yield f"{address}/good/v3"


def conf_of(defcheck: Defcheck, cloud: Any, name: str = "c") -> tuple[Any, str]:
    """Return the tempest.conf for a cloud, and what was said beside it."""
    said = defcheck(cloud=cloud, name=name)
    assert said.code == 0, said.stderr
    parser = configparser.RawConfigParser()
    parser.read_string(said.stdout)
    return parser, said.stderr


@pytest.mark.parametrize(
    "setting",
    [
        {"insecure": True},
        {"insecure": "true"},
        {"insecure": 1},
        {"verify": False},
        {"verify": "False"},
        {"verify": "no"},
        {"verify": 0},
        {"insecure": True, "verify": True},
    ],
    ids=str,
)
def test_a_certificate_that_is_not_verified_is_not_by_tempest(
    defcheck: Defcheck, tmp_path: Path, setting: dict[str, Any]
) -> None:
    with cloud_of("{here}/json/", write_certificate(tmp_path / "own.pem")) as url:
        conf, said = conf_of(defcheck, entry(url, **setting))
    assert conf["identity"]["disable_ssl_certificate_validation"] == "true"
    assert "certificate" not in said


@pytest.mark.parametrize(
    "setting", [{"insecure": False}, {"verify": "True"}, {"insecure": "false", "verify": True}]
)
def test_a_certificate_is_verified_by_the_authority_of_clouds_yaml(
    defcheck: Defcheck, tmp_path: Path, setting: dict[str, Any]
) -> None:
    own = write_certificate(tmp_path / "own.pem")
    with cloud_of("{here}/json/", own) as url:
        conf, _ = conf_of(defcheck, entry(url, cacert=str(own), **setting))
    assert conf["identity"]["ca_certificates_file"] == str(own)
    assert "disable_ssl_certificate_validation" not in conf["identity"]


def test_verify_may_name_the_file_of_authorities(defcheck: Defcheck, tmp_path: Path) -> None:
    own = write_certificate(tmp_path / "own.pem")
    with cloud_of("{here}/json/", own) as url:
        conf, _ = conf_of(defcheck, entry(url, verify=str(own)))
    assert conf["identity"]["ca_certificates_file"] == str(own)


def test_the_authorities_of_the_environment_are_tempest_s_too(
    defcheck: Defcheck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = write_certificate(tmp_path / "own.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(own))
    with cloud_of("{here}/json/", own) as url:
        conf, _ = conf_of(defcheck, entry(url))
    assert conf["identity"]["ca_certificates_file"] == str(own)


def test_a_file_of_authorities_may_lie_in_the_home(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    own = write_certificate(tmp_path / "own.pem")
    with cloud_of("{here}/json/", own) as url:
        found = discover_cloud(connected(folder, entry(url, cacert="~/own.pem"))).find_endpoint(
            "compute"
        )
    assert found is not None
    assert found.reached == 200


def test_the_option_cacert_wins_over_insecure(folder: Path, tmp_path: Path) -> None:
    own = write_certificate(tmp_path / "own.pem")
    with cloud_of("{here}/json/", own) as url:
        found = connected(folder, entry(url, insecure=True), own)
    assert found.verify
    assert found.cacert == str(own)
    assert found.connection.session.verify == str(own)


@pytest.mark.parametrize(
    ("setting", "used"),
    [
        ({"interface": "internal"}, "internal"),
        ({"interface": "internalURL"}, "internal"),
        ({"endpoint_type": "internalURL"}, "internal"),
        ({"interface": "admin"}, "admin"),
        ({"interface": ["internal", "public"]}, "internal"),
        ({"interface": "public"}, ""),
        ({}, ""),
    ],
    ids=str,
)
def test_tempest_uses_the_interface_of_clouds_yaml(
    defcheck: Defcheck, setting: dict[str, Any], used: str
) -> None:
    with cloud_of("{here}/json/") as url:
        conf, said = conf_of(defcheck, entry(url, **setting))
    assert conf["identity"]["v3_endpoint_type"] == (used or "public")
    for section in SECTIONS:
        assert conf[section].get("endpoint_type", "") == used
    assert ("users of the cloud use the public ones" in said) is bool(used)


def test_the_variables_of_an_openrc_file_choose_the_interface(
    defcheck: Defcheck, monkeypatch: pytest.MonkeyPatch, dead: str
) -> None:
    """As kolla's admin-openrc.sh sets them."""
    monkeypatch.setenv("OS_INTERFACE", "internal")
    monkeypatch.setenv("OS_ENDPOINT_TYPE", "internalURL")
    monkeypatch.setenv("OS_VERIFY", "False")
    for name, value in AUTH.items():
        monkeypatch.setenv(f"OS_{name.upper()}", value)
    with cloud_of(dead) as url:
        monkeypatch.setenv("OS_AUTH_URL", url)
        conf, said = conf_of(defcheck, None, "envvars")
    assert conf["compute"]["endpoint_type"] == "internal"
    assert conf["identity"]["disable_ssl_certificate_validation"] == "true"
    assert "does not answer" not in said


def test_the_endpoints_of_the_interface_are_looked_at(folder: Path, dead: str) -> None:
    with cloud_of(dead) as url:
        reached = {
            interface: discover_cloud(connected(folder, entry(url, interface=interface)))
            for interface in ("public", "internal")
        }
    compute = {name: found.find_endpoint("compute") for name, found in reached.items()}
    assert isinstance(compute["public"].reached, Unavailable)  # type: ignore[union-attr]
    assert compute["internal"].reached == 200  # type: ignore[union-attr]
    assert compute["internal"].entry.interface == "internal"  # type: ignore[union-attr]


def test_an_interface_that_the_catalogue_lacks_is_said(folder: Path, defcheck: Defcheck) -> None:
    listed = services(identity={"internal": "{here}/good/v3"}, compute={"internal": "{here}/json"})
    with keystone(catalogue=listed) as address:
        _, said = conf_of(defcheck, entry(f"{address}/good/v3"))
    assert "The compute service has no public endpoint in region RegionOne" in said


def test_a_service_may_have_an_interface_and_a_region_of_its_own(defcheck: Defcheck) -> None:
    here = {"public": "{here}/json/", "internal": "{here}/json/"}
    listed = services(identity=here, compute=here, image=here)
    listed[2]["endpoints"][1]["region"] = listed[2]["endpoints"][1]["region_id"] = "Two"
    own: dict[str, Any] = {
        "region_name": "RegionOne",
        "image_interface": "internal",
        "image_region_name": "Two",
    }
    with keystone(catalogue=listed) as address:
        conf, _ = conf_of(defcheck, entry(f"{address}/good/v3", **own))
    assert conf["image"]["endpoint_type"] == "internal"
    assert conf["image"]["region"] == "Two"
    assert "region" not in conf["compute"]
    assert "endpoint_type" not in conf["compute"]


@pytest.mark.parametrize("option", ["compute_endpoint_override", "compute_endpoint"])
def test_an_override_is_not_followed_and_said(
    folder: Path, defcheck: Defcheck, dead: str, option: str
) -> None:
    with cloud_of("{here}/json/") as url:
        override: dict[str, Any] = {option: dead}
        cloud = entry(url, **override)
        _, said = conf_of(defcheck, cloud)
        found = connected(folder, cloud)
        assert found.connection.config.get_endpoint("compute") is None
        used = discover_cloud(found).find_endpoint("compute")
    assert f"`{option}` is ignored: Tempest has no such option" in said
    assert used is not None
    assert used.reached == 200
    assert f"uses {used.entry.url} from the catalogue" in said


def test_an_override_with_the_address_of_the_catalogue_is_not_worth_a_word(
    defcheck: Defcheck,
) -> None:
    with cloud_of("http://127.0.0.1:9/json/") as url:
        _, said = conf_of(defcheck, entry(url, volume_endpoint_override="http://127.0.0.1:9/json"))
    assert "not followed" not in said


def test_a_client_certificate_is_not_tempest_s_and_said(defcheck: Defcheck, tmp_path: Path) -> None:
    own = write_certificate(tmp_path / "own.pem")
    with cloud_of("{here}/json/") as url:
        _, said = conf_of(defcheck, entry(url, cert=str(own), key=str(own)))
    assert "`cert` is a client certificate, which Tempest cannot present" in said


def test_variables_of_another_cloud_are_not_followed_and_said(
    defcheck: Defcheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_INTERFACE", "internal")
    with cloud_of("{here}/json/") as url:
        conf, said = conf_of(defcheck, entry(url))
    assert "endpoint_type" not in conf["compute"]
    assert "the variable OS_INTERFACE is ignored" in said


def test_retries_of_clouds_yaml_do_not_lengthen_a_request(folder: Path) -> None:
    """keystoneauth sleeps for as long as Retry-After says, each time."""
    own: dict[str, Any] = {
        "image_status_code_retries": 5,
        "connect_retries": 9,
        "compute_connect_retries": 9,
    }
    with cloud_of("{here}/json/") as url:
        config = connected(folder, entry(url, **own)).connection.config
    for service in ("compute", "image", "baremetal"):
        assert not config.get_status_code_retries(service)
        assert not config.get_connect_retries(service)


def test_users_of_an_accounts_file_are_asked_at_the_same_endpoints() -> None:
    chosen = EndpointFilter(("internal",), "R", {"image": EndpointFilter(("admin",), "Two")})
    user = {"username": "u", "password": "p", "project_name": "p"}
    ((_, log_in),) = list_account_credentials(
        [user], {"uri_v3": "http://x/v3"}, endpoint_filter=chosen
    )
    config = log_in().config
    assert config.get_interface("compute") == ["internal"]
    assert config.get_interface("image") == ["admin"]
    assert (config.get_region_name("compute"), config.get_region_name("image")) == ("R", "Two")


def test_a_tempest_conf_chooses_endpoints_too() -> None:
    sections = {
        "identity": {"region": "R", "v3_endpoint_type": "internal"},
        "compute": {"endpoint_type": "internalURL"},
        "volume": {"endpoint_type": "internal", "region": "Two"},
    }
    found = parse_endpoint_filter(sections)
    assert found.select_service("identity") == found
    assert found.interfaces == ("internal",)
    assert found.select_service("compute") == found
    assert found.select_service("block-storage") == EndpointFilter(("internal",), "Two")
    assert found.select_service("image") == EndpointFilter(("public",), "R")


def test_a_cloud_is_asked_where_the_user_s_tempest_conf_says(folder: Path) -> None:
    with cloud_of("{here}/list/") as url:
        found = connected(folder, entry(url))
        assert (
            with_endpoint_filter(
                found, parse_endpoint_filter({"identity": {"region": "RegionOne"}})
            )
            is found
        )
        internal = {name: {"endpoint_type": "internal"} for name in SECTIONS}
        asked = with_endpoint_filter(found, parse_endpoint_filter(internal))
        looked = discover_cloud(asked).find_endpoint("image")
    assert looked is not None
    assert looked.entry.interface == "internal"
    assert asked.connection.config.get_interface("image") == ["internal"]
    assert asked.connection.session is found.connection.session


def connected(folder: Path, cloud: Any, cacert: Path | None = None) -> Cloud:
    """Return a cloud after its login."""
    file = folder / "own.yaml"
    file.write_text(yaml.safe_dump({"clouds": {"c": cloud}}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return connect_cloud("c", [file], cacert)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"auth": {"trust_id": "t"}, "without": ["project_name"]}, "is scoped by a trust"),
        (
            {"auth_type": "v3multifactor", "auth_methods": ["v3password"]},
            "needs several authentication factors",
        ),
        ({"auth_type": "v3token", "auth": {"token": "t"}, "without": OF_A_USER}, "uses a token"),
    ],
    ids=lambda one: str(one)[:24],
)
def test_a_login_that_tempest_cannot_use_is_refused(
    defcheck: Defcheck, changes: dict[str, Any], words: str
) -> None:
    without = changes.pop("without", ())
    with cloud_of("{here}/json/") as url:
        said = defcheck(cloud=entry(url, *without, **changes))
    said.refuse(4, f"The login to cloud c {words}, but Tempest can only log in with user name")


@pytest.mark.parametrize("configuration", ["relative", "", "/nowhere"])
def test_clouds_are_listed_from_where_openstacksdk_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configuration: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", configuration)
    monkeypatch.delenv("OS_CLIENT_CONFIG_FILE", raising=False)
    for place in ("relative", ".config"):
        (tmp_path / place / "openstack").mkdir(parents=True)
        text = f"clouds:\n  {place.strip('.')}: {{}}\n"
        (tmp_path / place / "openstack" / "clouds.yaml").write_text(text)
    assert list_cloud_names() == ["config"]
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "relative"))
    assert list_cloud_names() == ["relative"]
