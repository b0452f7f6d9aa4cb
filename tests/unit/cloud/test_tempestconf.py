"""tempest.conf: read, written, without secrets."""

from pathlib import Path

import pytest

from defcheck.cloud import tempestconf
from defcheck.errors import InputError

CONF = """[DEFAULT]
debug = true

[identity]
uri_v3 = http://127.0.0.1/v3
[auth]
test_accounts_file = accounts.yaml
admin_password = canary%secret
[compute]
image_ref = a
image_ref = b
MixedCase = c
"""


def test_a_file_is_taken_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "tempest.conf"
    path.write_text(CONF)
    found = tempestconf.from_file(path, None)
    assert found.sections["compute"] == {"image_ref": "b", "MixedCase": "c"}
    assert found.sections["DEFAULT"] == {"debug": "true"}
    assert found.sections["auth"]["admin_password"] == "canary%secret"
    assert found.credentials == "accounts"


def test_a_relative_accounts_file_lies_beside_the_conf(tmp_path: Path) -> None:
    path = tmp_path / "tempest.conf"
    path.write_text(CONF)
    found = tempestconf.from_file(path, None)
    assert found.sections["auth"]["test_accounts_file"] == str(tmp_path / "accounts.yaml")


def test_accounts_on_the_command_line_win(tmp_path: Path) -> None:
    path, accounts = tmp_path / "tempest.conf", tmp_path / "mine.yaml"
    path.write_text(
        CONF.replace("test_accounts_file = accounts.yaml", "use_dynamic_credentials = true")
    )
    accounts.write_text("- {username: u, password: p, project_name: n}\n")
    auth = tempestconf.from_file(path, accounts).sections["auth"]
    assert auth["use_dynamic_credentials"] == "false"
    assert auth["test_accounts_file"] == str(accounts)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "tempest.conf"
    path.write_text(CONF)
    sections = tempestconf.from_file(path, None).sections
    again = tmp_path / "again.conf"
    again.write_text(tempestconf.render(sections))
    assert tempestconf.from_file(again, None).sections == sections


@pytest.mark.parametrize(
    "option",
    ["admin_password", "image_ssh_password", "vnc_pass", "api_key", "secret", "auth_token", "key"],
)
def test_secrets_are_taken_out_of_what_is_kept(option: str) -> None:
    kept = tempestconf.render(tempestconf.redact({"auth": {option: "canary", "user": "u"}}))
    assert "canary" not in kept
    assert "user = u" in kept


@pytest.mark.parametrize("option", ["keypair_name", "flavor_ref", "monkey"])
def test_other_options_stay(option: str) -> None:
    assert tempestconf.redact({"x": {option: "v"}}) == {"x": {option: "v"}}


def test_text_that_is_no_conf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tempest.conf"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"is not a tempest\.conf"):
        tempestconf.from_file(path, None)


@pytest.mark.parametrize("option", ["uri_v3", "proxy_url"])
def test_a_login_in_an_address_is_taken_out(option: str) -> None:
    kept = tempestconf.redact({"identity": {option: "http://u:canary@127.0.0.1:5000/v3"}})
    assert kept == {"identity": {option: "http://***@127.0.0.1:5000/v3"}}


def test_switches_stay_readable() -> None:
    sections = {"auth": {"use_dynamic_credentials": "true"}}
    assert tempestconf.redact(sections) == sections


def test_a_mistake_is_told_without_the_line_that_may_hold_a_password(tmp_path: Path) -> None:
    path = tmp_path / "tempest.conf"
    path.write_text("[auth]\nadmin_password canary\n")
    with pytest.raises(InputError, match="line 2 cannot be read") as caught:
        tempestconf.from_file(path, None)
    assert "canary" not in str(caught.value)


def test_a_relative_certificate_lies_beside_the_conf(tmp_path: Path) -> None:
    path = tmp_path / "tempest.conf"
    path.write_text("[identity]\nca_certificates_file = ca.pem\n")
    identity = tempestconf.from_file(path, None).sections["identity"]
    assert identity["ca_certificates_file"] == str(tmp_path / "ca.pem")
