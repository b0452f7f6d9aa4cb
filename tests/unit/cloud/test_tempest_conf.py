"""A user's tempest.conf: taken as Tempest uses it, and kept without secrets."""

from collections.abc import Callable
from pathlib import Path

import pytest

from defcheck.cloud.tempest_conf import (
    find_accounts_file,
    load_configuration,
    read_conf,
    redact_secrets,
)
from defcheck.errors import InputError
from defcheck.redaction.redactor import PROCESS_SECRETS
from defcheck.tempest.conf_file import Sections, render_conf
from tests.unit.shared import shared_files

Write = Callable[..., Path]

CONF = """[DEFAULT]
debug = true

[identity]
uri_v3 = http://127.0.0.1/v3
[auth]
use_dynamic_credentials = false
test_accounts_file = /etc/accounts.yaml
admin_password = canary%secret
[compute]
image_ref = a
image_ref = b
MixedCase = c
"""

IDENTITY = "[identity]\nuri_v3 = http://127.0.0.1/v3\n"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a tempest.conf into a folder that is not the working directory."""
    (tmp_path / "working").mkdir()
    monkeypatch.chdir(tmp_path / "working")

    def write(text: str, name: str = "tempest.conf") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write


def test_a_file_is_taken_as_it_stands(write: Write) -> None:
    found = load_configuration(write(CONF), None)
    assert found.sections["compute"] == {"image_ref": "b", "MixedCase": "c"}
    assert found.sections["DEFAULT"] == {"debug": "true"}
    assert found.sections["auth"]["admin_password"] == "canary%secret"
    assert found.credentials == "accounts"


@pytest.mark.parametrize("quote", ["", '"', "'"])
@pytest.mark.parametrize("path", shared_files("cases/conf-quoted-values/quoted.conf"))
def test_quotes_make_no_difference(path: Path, quote: str, write: Write) -> None:
    text = path.read_text().replace("'", '"').replace('"', quote)
    assert load_configuration(write(text), None).sections == {
        "identity": {"uri_v3": "http://127.0.0.1:17000/v3", "region": "RegionOne"},
        "auth": {
            "use_dynamic_credentials": "true",
            "admin_username": "admin",
            "admin_password": "PASSWORD",
            "admin_project_name": "admin",
            "admin_domain_name": "Default",
        },
        "compute": {"image_ref": "IMAGE"},
    }


@pytest.mark.parametrize("written", ['"canary$$2026"', "canary\\$2026", "'canary$$2026'"])
def test_a_password_is_learnt_as_tempest_knows_it(written: str, write: Write) -> None:
    read_conf(write(f"[auth]\nadmin_password = {written}\n"))
    assert "canary$2026" in PROCESS_SECRETS.values
    assert written not in PROCESS_SECRETS.values
    assert (
        PROCESS_SECRETS.redact_text("it is canary$2026, said the log") == "it is ***, said the log"
    )


def test_accounts_on_the_command_line_win(write: Write, tmp_path: Path) -> None:
    accounts = tmp_path / "mine.yaml"
    accounts.write_text("- {username: u, password: p, project_name: n}\n")
    found = load_configuration(
        write(f"{IDENTITY}[auth]\nuse_dynamic_credentials = true\n"), accounts
    )
    assert found.sections["auth"]["use_dynamic_credentials"] == "false"
    assert find_accounts_file(found.sections) == accounts


def test_settings_on_the_command_line_win(write: Write) -> None:
    settings = {"identity": {"uri_v3": "http://other/v3"}, "new": {"x": "$y"}}
    found = load_configuration(write("[identity]\nregion = a\n"), None, settings)
    assert found.sections["identity"] == {"region": "a", "uri_v3": "http://other/v3"}
    assert found.sections["new"] == {"x": "$y"}


@pytest.mark.parametrize(
    ("auth", "kind"),
    [
        ("test_accounts_file = /a.yaml", "as configured"),
        ("test_accounts_file = /a.yaml\nuse_dynamic_credentials = yes", "as configured"),
        ("test_accounts_file = /a.yaml\nuse_dynamic_credentials = False", "accounts"),
        ("test_accounts_file = /a.yaml\nuse_dynamic_credentials = 0", "accounts"),
        ("test_accounts_file = /a.yaml\nuse_dynamic_credentials = 'no'", "accounts"),
        ("test_accounts_file =\nuse_dynamic_credentials = false", "as configured"),
        ("", "as configured"),
    ],
)
def test_users_come_from_where_tempest_takes_them(auth: str, kind: str, write: Write) -> None:
    """Tempest creates them unless use_dynamic_credentials, true by default, is false."""
    found = load_configuration(write(f"{IDENTITY}[auth]\n{auth}\n"), None)
    assert found.credentials == kind
    assert (find_accounts_file(found.sections) == Path("/a.yaml")) is (kind == "accounts")


@pytest.mark.parametrize("text", ["", "uri_v3 =", "uri_v3 = ''", "uri = http://127.0.0.1/v2.0"])
def test_an_address_that_is_missing_is_called_so(text: str, write: Write) -> None:
    with pytest.raises(InputError, match=r"\.conf: \[identity\] uri_v3 is missing.*Add it"):
        load_configuration(write(f"[identity]\n{text}\n"), None)


@pytest.mark.parametrize("path", shared_files("cases/conf-other-shapes/x.conf"))
def test_an_address_of_version_2_is_not_enough(path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.conf: \[identity\] uri_v3 is missing"):
        load_configuration(path, None)


def accounts(name: str) -> str:
    return f"{IDENTITY}[auth]\nuse_dynamic_credentials = false\ntest_accounts_file = {name}\n"


@pytest.mark.parametrize(
    ("conf", "name", "lies_at"),
    [
        ("tempest.conf", "mine.yaml", "working/mine.yaml"),
        ("ws/tempest.conf", "mine.yaml", "ws/mine.yaml"),
        ("etc/tempest.conf", "etc/mine.yaml", "etc/mine.yaml"),
        ("etc/tempest.conf", "mine.yaml", "mine.yaml"),
        ("etc/tempest.conf", "mine.yaml", "etc/mine.yaml"),
    ],
    ids=["working directory", "beside", "workspace's etc", "workspace", "beside in etc"],
)
@pytest.mark.parametrize("option", ["test_accounts_file", "ca_certificates_file"])
def test_a_relative_name_is_found_where_tempest_would_be_started(
    conf: str, name: str, lies_at: str, option: str, write: Write, tmp_path: Path
) -> None:
    text = accounts(name) if option == "test_accounts_file" else f"{IDENTITY}{option} = {name}\n"
    path = write(text, conf)
    (tmp_path / lies_at).write_text("x")
    sections = load_configuration(path, None).sections
    section = "auth" if option == "test_accounts_file" else "identity"
    assert sections[section][option] == str(tmp_path / lies_at)


def test_a_relative_name_of_no_file_or_of_several_is_refused(write: Write, tmp_path: Path) -> None:
    path = write(accounts("mine.yaml"))
    places = [tmp_path / "working/mine.yaml", tmp_path / "mine.yaml"]
    with pytest.raises(InputError, match=r"\[auth\] test_accounts_file = mine\.yaml is not found"):
        load_configuration(path, None)
    for place in places:
        place.write_text("x")
    with pytest.raises(InputError, match=r"is ambiguous: .*Write its absolute path") as caught:
        load_configuration(path, None)
    assert all(str(place) in str(caught.value) for place in places)


def test_a_file_that_tempest_does_not_use_need_not_be_there(write: Write) -> None:
    text = accounts("gone.yaml").replace("= false", "= true") + "[scenario]\nimg_file = gone\n"
    assert load_configuration(write(text), None).sections["scenario"] == {"img_file": "gone"}


@pytest.mark.parametrize(
    "option",
    ["admin_password", "image_ssh_password", "vnc_pass", "api_key", "secret", "auth_token", "key"],
)
def test_secrets_are_taken_out_of_what_is_kept(option: str) -> None:
    kept = render_conf(redact_secrets({"auth": {option: "canary", "user": "u"}}))
    assert "canary" not in kept
    assert "user = u" in kept


@pytest.mark.parametrize("option", ["keypair_name", "flavor_ref", "monkey"])
def test_other_options_stay(option: str) -> None:
    assert redact_secrets({"x": {option: "v"}}) == {"x": {option: "v"}}


def test_text_that_is_no_conf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tempest.conf"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"is not a tempest\.conf"):
        load_configuration(path, None)


@pytest.mark.parametrize("option", ["uri_v3", "proxy_url"])
def test_a_login_in_an_address_is_taken_out(option: str) -> None:
    kept = redact_secrets({"identity": {option: "http://u:canary@127.0.0.1:5000/v3"}})
    assert kept == {"identity": {option: "http://***@127.0.0.1:5000/v3"}}


def test_boolean_options_are_not_redacted() -> None:
    sections: Sections = {"auth": {"use_dynamic_credentials": "true"}}
    assert redact_secrets(sections) == sections


def test_a_mistake_is_told_without_the_line_that_may_hold_a_password(write: Write) -> None:
    path = write("[auth]\nadmin_password canary\n")
    with pytest.raises(InputError, match="line 2 cannot be read") as caught:
        load_configuration(path, None)
    assert "canary" not in str(caught.value)
