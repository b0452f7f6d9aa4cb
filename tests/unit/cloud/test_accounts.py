"""Who the tests run as.

The cloud is a plain value here: no connection is made for these choices. The
real ones are in tests/e2e.
"""

from pathlib import Path

import pytest

from defcheck.cloud import accounts
from defcheck.cloud.connection import Cloud, PasswordLogin, cloud_provider_id
from defcheck.errors import InputError, UnusableError

LOGIN = PasswordLogin("u", "canary", "n", "D", "D")


def cloud(*roles: str, login: PasswordLogin = LOGIN) -> Cloud:
    return Cloud(
        name="c",
        auth_url="http://127.0.0.1/v3",
        region="R",
        login=login,
        roles=roles,
        services=frozenset({"identity"}),
        cpid="",
        cacert="",
        verify=True,
        connection=None,
    )


def test_a_plain_login_is_the_single_account() -> None:
    chosen = accounts.choose_credentials(cloud("member"), None)
    assert chosen.kind == "single account"
    assert chosen.options["use_dynamic_credentials"] == "false"
    assert chosen.entries[0]["roles"] == ["member"]
    assert chosen.entries[0]["user_domain_name"] == "D"


def test_an_accounts_file_is_taken_even_by_an_admin(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("- {username: u, password: p, project_name: n, roles: [swiftoperator]}\n")
    chosen = accounts.choose_credentials(cloud("admin"), path)
    assert (chosen.kind, chosen.operator_role) == ("accounts", "swiftoperator")
    assert chosen.options["test_accounts_file"] == str(path)


def test_a_login_that_tempest_cannot_use_is_refused() -> None:
    with pytest.raises(UnusableError, match="lacks password and project"):
        accounts.choose_credentials(
            cloud("member", login=PasswordLogin("u", "", "", "D", "D")), None
        )


def test_a_cloud_can_be_printed_without_its_password() -> None:
    assert "canary" not in repr(cloud("member"))


def test_cpid_is_the_first_identity_service_of_the_catalogue() -> None:
    catalogue = [{"type": "compute", "id": "a"}, {"type": "identity", "id": "b"}]
    assert cloud_provider_id(catalogue, "http://x/v3") == "b"


def test_cpid_without_one_is_a_hash_of_the_host_name_in_lower_case() -> None:
    # printf cloud.example.org | md5sum
    expected = "6eb0baf1326f34f60127b089401f5135"
    assert cloud_provider_id([], "https://Cloud.Example.org:5000/v3") == expected
    assert cloud_provider_id([{"type": "identity"}], "http://cloud.example.org/") == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- {username: u, password: p}\n", "entry 1 lacks project_name"),
        ("- {username: u, password: p, project_name: n, roles: }\n", "roles must be a list"),
        ('- {username: u, password: "canary\n', "syntax error at line"),
    ],
)
def test_a_wrong_accounts_file_is_refused_without_its_secrets(
    tmp_path: Path, text: str, words: str
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=words) as caught:
        accounts.load_account_entries(path)
    assert "canary" not in str(caught.value)
