"""Which logins a run's users are reached by."""

from pathlib import Path
from typing import Any

import pytest

from defcheck.cloud.logins import of_configuration
from defcheck.cloud.tempestconf import Configuration
from defcheck.errors import InputError

IDENTITY = {
    "uri_v3": "http://127.0.0.1:1/v3",
    "region": "R",
    "disable_ssl_certificate_validation": "true",
}


def logins(auth: dict[str, str], accounts: tuple[dict[str, Any], ...] = ()) -> list[str]:
    configuration = Configuration({"identity": IDENTITY, "auth": auth}, "x", accounts)
    return [name for name, _ in of_configuration(configuration)]


def test_the_admin_of_dynamic_credentials() -> None:
    auth = {"admin_username": "root", "admin_password": "canary", "admin_project_name": "p"}
    assert logins(auth) == ["root in p"]


def test_each_user_of_an_accounts_file_once(tmp_path: Path) -> None:
    file = tmp_path / "accounts.yaml"
    entry = "- {username: u, password: p, project_name: n}\n"
    file.write_text(entry + entry + "- {username: u, password: p, tenant_name: m}\n")
    assert logins({"test_accounts_file": str(file)}) == ["u in n", "u in m"]


def test_the_one_login_that_defcheck_wrote() -> None:
    entry = {"username": "u", "password": "canary", "project_name": "n"}
    assert logins({}, (entry,)) == ["u in n"]


def test_a_configuration_without_users() -> None:
    with pytest.raises(InputError, match="no admin"):
        logins({})


@pytest.mark.filterwarnings("ignore:Support for InfluxDB")
def test_a_connection_has_what_tempest_has_and_shows_no_password() -> None:
    entry = {"username": "u", "password": "canary", "project_name": "n", "domain_name": "D"}
    configuration = Configuration({"identity": IDENTITY}, "x", (entry,))
    ((_, connect),) = of_configuration(configuration)
    connection = connect()
    elements = connection.session.auth.get_cache_id_elements()
    assert elements["user_domain_name"] == "D"
    assert connection.session.auth.auth_url == IDENTITY["uri_v3"]
    assert connection.config.region_name == "R"
    assert connection.session.verify is False
    assert "canary" not in repr(connect)
