"""Which logins a run's users are reached by."""

from pathlib import Path
from typing import Any

import pytest

from defcheck.cloud.tempest_conf import TempestConfiguration, list_conf_credentials
from defcheck.errors import InputError

IDENTITY = {
    "uri_v3": "http://127.0.0.1:1/v3",
    "region": "R",
    "disable_ssl_certificate_validation": "true",
}


def logins(auth: dict[str, str], accounts: tuple[dict[str, Any], ...] = ()) -> list[str]:
    configuration = TempestConfiguration({"identity": IDENTITY, "auth": auth}, "x", accounts)
    return [name for name, _ in list_conf_credentials(configuration)]


def test_the_admin_of_dynamic_credentials() -> None:
    auth = {"admin_username": "root", "admin_password": "canary", "admin_project_name": "p"}
    assert logins(auth) == ["root in p"]


def test_each_user_of_an_accounts_file_once(tmp_path: Path) -> None:
    file = tmp_path / "accounts.yaml"
    entry = "- {username: u, password: p, project_name: n}\n"
    file.write_text(entry + entry + "- {username: u, password: p, tenant_name: m}\n")
    auth = {"use_dynamic_credentials": "false", "test_accounts_file": str(file)}
    assert logins(auth) == ["u in n", "u in m"]


def test_an_accounts_file_that_tempest_passes_over_is_passed_over(tmp_path: Path) -> None:
    admin = {"admin_username": "root", "admin_password": "canary", "admin_project_name": "p"}
    assert logins({"test_accounts_file": str(tmp_path / "gone.yaml"), **admin}) == ["root in p"]


@pytest.mark.parametrize(
    ("auth", "domains"),
    [
        ({}, ("Default", "Default")),
        ({"admin_domain_name": "A"}, ("A", "A")),
        ({"admin_user_domain_name": "U"}, ("U", "Default")),
        ({"admin_project_domain_name": "P"}, ("Default", "P")),
        ({"admin_domain_name": "A", "admin_project_domain_name": "P"}, ("A", "P")),
    ],
)
def test_the_domains_of_the_admin_are_those_that_tempest_takes(
    auth: dict[str, str], domains: tuple[str, str]
) -> None:
    admin = {"admin_username": "root", "admin_password": "canary", "admin_project_name": "p"}
    assert domains_of({**admin, **auth}) == domains


@pytest.mark.parametrize(
    ("entry", "domains"),
    [
        ({}, ("Conf", "Conf")),
        ({"domain_name": "B"}, ("B", "B")),
        ({"user_domain_name": "U"}, ("U", "U")),
        ({"project_domain_name": "P"}, ("P", "P")),
        ({"domain_name": "B", "user_domain_name": "U"}, ("U", "B")),
    ],
)
def test_the_domains_of_an_account_are_those_that_tempest_takes(
    entry: dict[str, str], domains: tuple[str, str]
) -> None:
    account = {"username": "u", "password": "canary", "project_name": "n", **entry}
    assert domains_of({"default_credentials_domain_name": "Conf"}, (account,)) == domains


def domains_of(auth: dict[str, str], accounts: tuple[dict[str, Any], ...] = ()) -> tuple[str, str]:
    configuration = TempestConfiguration({"identity": IDENTITY, "auth": auth}, "x", accounts)
    ((_, connect),) = list_conf_credentials(configuration)
    login = connect.__self__.auth  # type: ignore[attr-defined]
    return login["user_domain_name"], login["project_domain_name"]


def test_the_one_login_that_defcheck_wrote() -> None:
    entry = {"username": "u", "password": "canary", "project_name": "n"}
    assert logins({}, (entry,)) == ["u in n"]


def test_a_configuration_without_users() -> None:
    with pytest.raises(InputError, match="no admin"):
        logins({})


@pytest.mark.filterwarnings("ignore:Support for InfluxDB")
def test_a_connection_has_what_tempest_has_and_shows_no_password() -> None:
    entry = {"username": "u", "password": "canary", "project_name": "n", "domain_name": "D"}
    configuration = TempestConfiguration({"identity": IDENTITY}, "x", (entry,))
    ((_, connect),) = list_conf_credentials(configuration)
    connection = connect()
    elements = connection.session.auth.get_cache_id_elements()
    assert elements["user_domain_name"] == "D"
    assert connection.session.auth.auth_url == IDENTITY["uri_v3"]
    assert connection.config.region_name == "R"
    assert connection.session.verify is False
    assert "canary" not in repr(connect)
