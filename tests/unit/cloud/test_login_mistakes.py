"""Mistakes in clouds.yaml: each is one sentence of what is wrong and one of what to do."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.keystone import keystone
from tests.unit.cloud.clouds import SECRET, Defcheck, defcheck, entry, folder
from tests.unit.shared import SHARED

URL = "http://127.0.0.1:9/v3"
"""Nobody listens there; none of these mistakes needs a cloud to be seen."""

USAGE, UNUSABLE = 2, 4

__all__ = ["defcheck", "folder"]

pytestmark = pytest.mark.filterwarnings("ignore:Support for InfluxDB")


def login(auth_type: str, **auth: Any) -> dict[str, Any]:
    return {"auth_type": auth_type, "auth": {"auth_url": URL, **auth}}


APPLICATION = {"application_credential_secret": SECRET}

MISTAKES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "no password": (entry(URL, "password"), ("has no password", "Add password", "OS_PASSWORD")),
    "an empty password": (entry(URL, auth={"password": ""}), ("has no password",)),
    "no user": (entry(URL, "username"), ("has no username", "secure.yaml")),
    "no user and no password": (
        entry(URL, "username", "password"),
        ("has no username or password", "OS_USERNAME and OS_PASSWORD"),
    ),
    "no domain of the user": (entry(URL, "user_domain_name"), ("has no user_domain_name",)),
    "no domain of the project": (
        entry(URL, "project_domain_name"),
        ("has no project_domain_name", "often Default"),
    ),
    "no domain, of v3password": (
        login("v3password", username="u", password=SECRET, project_name="p"),
        ("has no user_domain_name",),
    ),
    "no auth_url": (entry("", "auth_url"), ("has no auth_url", "OS_AUTH_URL")),
    "no auth": ({"region_name": "R"}, ("has no auth_url, username or password",)),
    "an empty entry": ({}, ("has no auth_url",)),
    "auth is a text": ({"auth": "x"}, ("`auth` in the entry", "is not a mapping")),
    "the entry is a text": ("x", ("is not a mapping", "auth_url, username, password")),
    "regions is a text": (entry(URL, regions="R"), ("`regions`", "is not a list")),
    "a password that YAML takes for a boolean": (
        entry(URL, auth={"password": True}),
        ("The password in", "is not a string", "quotes"),
    ),
    "a project and the system": (
        entry(URL, auth={"system_scope": "all"}),
        ("has both project_name and system_scope", "Remove all but one"),
    ),
    "an unknown auth_type": (login("v3nosuch"), ("auth_type v3nosuch", "Use password")),
    "an auth_type whose package is not installed": (
        login("v3kerberos"),
        ("auth_type v3kerberos", "keystoneauth1[kerberos]"),
    ),
    "none": (
        {"auth_type": "none", "endpoint": "http://127.0.0.1:6385"},
        ("the auth_type none, which is not a login at Keystone", "Use password"),
    ),
    "none with an auth_url": (login("none"), ("auth_type none", "not a login at Keystone")),
    "no auth_type at all": ({**entry(URL), "auth_type": None}, ("auth_type none",)),
    "admin_token": (
        {"auth_type": "admin_token", "auth": {"endpoint": URL, "token": SECRET}},
        ("auth_type admin_token", "not a login at Keystone"),
    ),
    "token_endpoint": (login("token_endpoint"), ("not a login at Keystone",)),
    "http_basic": (
        {"auth_type": "http_basic", "auth": {"endpoint": URL, "username": "u", "password": SECRET}},
        ("auth_type http_basic", "not a login at Keystone"),
    ),
    "v2password": (login("v2password", username="u"), ("Identity API v2", "use password")),
    "a setting of another auth_type": (
        login("v3token", token="t", username="u"),
        ("has username, which the auth_type v3token does not support", "Remove username"),
    ),
    "a token that is missing": (login("token"), ("has no token",)),
    "an application credential without its id": (
        login("v3applicationcredential", application_credential_id="", **APPLICATION),
        ("has no application_credential_id", "OS_APPLICATION_CREDENTIAL_ID"),
    ),
    "a named application credential without its user": (
        login("v3applicationcredential", application_credential_name="mine", **APPLICATION),
        ("has no username",),
    ),
    "a one-time password that is missing": (login("v3totp", user_id="u"), ("has no passcode",)),
    "several factors and none named": (login("v3multifactor"), ("has no auth_methods",)),
    "auth_url without a scheme": (entry("127.0.0.1:9/v3"), ("does not begin with https://",)),
    "auth_url with another scheme": (entry("ftp://x/v3"), ("does not begin with https://",)),
    "auth_url with a port that is a word": (entry("http://x:port/v3"), ("not a valid URL",)),
    "auth_url without a host": (entry("http:///v3"), ("The auth_url in", "not a valid URL")),
    "auth_url with a blank": (entry("http://x/ v3"), ("not a valid URL",)),
    "auth_url with a label that is too long": (entry(f"http://{'a' * 70}/"), ("not a valid URL",)),
    "auth_url with braces": (entry("http://{host}/v3"), ("a setting with { or }",)),
    "verify that is neither": (
        entry(URL, verify="maybe"),
        ("`verify` in the entry", "neither true nor false", "cacert"),
    ),
    "verify that is a file and does not exist": (
        entry(URL, verify="/no/such/file.pem"),
        ("`verify` in the entry", "neither true nor false"),
    ),
    "insecure that is neither": (entry(URL, insecure="maybe"), ("`insecure` in the entry",)),
    "a client certificate that does not exist": (
        entry(URL, cert="/no/cert.pem", key="/no/key.pem"),
        ("`cert` or `key` in the entry", "cannot be read: No such file"),
    ),
    "an interface that Keystone does not know": (
        entry(URL, interface="intern"),
        ("the interface intern", "Set `interface` to public, internal or admin"),
    ),
    "an interface of a service that Keystone does not know": (
        entry(URL, block_storage_interface="intern"),
        ("the interface intern", "`block_storage_interface`"),
    ),
    "an interface that is a number": (entry(URL, interface=5), ("the interface 5",)),
    "no interface at all": (entry(URL, interface=[]), ("an empty list of interfaces",)),
    "api_timeout that is a word": (entry(URL, api_timeout="long"), ("`api_timeout`", "seconds")),
    "api_timeout below zero": (entry(URL, api_timeout=-1), ("`api_timeout` in the entry",)),
    "an unknown profile": (
        entry(URL, profile="nobody"),
        ("the profile nobody, which openstacksdk does not know", "Correct `profile`"),
    ),
}


@pytest.mark.parametrize(("cloud", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_an_entry_is_explained(
    defcheck: Defcheck, cloud: Any, words: tuple[str, ...]
) -> None:
    defcheck(cloud=cloud).refuse(USAGE, *words, "cloud c in ", "clouds.yaml")


def test_a_file_of_authorities_that_does_not_exist_is_named(defcheck: Defcheck) -> None:
    defcheck(cloud=entry(URL, cacert="/no/ca.pem")).refuse(USAGE, "/no/ca.pem cannot be read")


@pytest.mark.parametrize("name", ["token", "password", "my-secret", "api_key", "cookie"])
@pytest.mark.parametrize("without", ["password", ""])
def test_a_cloud_that_is_called_like_a_secret_is_named(
    defcheck: Defcheck, name: str, without: str
) -> None:
    words = ("has no password",) if without else ("the connection was refused",)
    code = USAGE if without else UNUSABLE
    defcheck(cloud=entry(URL, without), name=name).refuse(code, f"loud {name} ", *words)


FILES: dict[str, tuple[str, tuple[str, ...]]] = {
    "a list": ("- a\n", ("has no mapping `clouds`", "Write `clouds:`")),
    "clouds is a list": ("clouds: [c]\n", ("has no mapping `clouds`",)),
    "no clouds": ("client: {}\n", ("There is no cloud c in", "The file has no clouds")),
    "clouds is empty": ("clouds:\n", ("has no mapping `clouds`",)),
    "empty": ("# nothing\n", ("There is no cloud c in", "The file has no clouds")),
    "not YAML": (f"a: b: {SECRET}\n", ("is not valid YAML: syntax error at line 1",)),
    "a tab": ("clouds:\n\tc: {}\n", ("is not valid YAML: syntax error at line 2",)),
    "the empty entry itself": ("clouds: {c: , b: {}}\n", ("cloud c in", "is empty")),
    "other clouds": ("clouds: {a: , 7: {}}\n", ("There is no cloud c in", "Available: 7, a.")),
}


@pytest.mark.parametrize(("text", "words"), FILES.values(), ids=FILES)
def test_a_mistake_in_a_file_is_explained(
    defcheck: Defcheck, text: str, words: tuple[str, ...]
) -> None:
    defcheck(text=text).refuse(USAGE, *words, "clouds.yaml")


def test_a_name_that_yaml_takes_for_a_number_is_explained(defcheck: Defcheck) -> None:
    defcheck(text="clouds: {2024: {}}\n", name="2024").refuse(USAGE, "cloud 2024", '"2024"')


def test_no_file_at_all_is_explained(defcheck: Defcheck) -> None:
    defcheck().refuse(
        USAGE, "There is no cloud c", "There is no clouds.yaml here", "defcheck lab up"
    )


@pytest.mark.parametrize("variable", ["OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE"])
def test_a_variable_that_names_no_file_is_explained(
    defcheck: Defcheck, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "/no/such.yaml")
    defcheck().refuse(USAGE, variable, "/no/such.yaml, which does not exist", "unset the variable")


SECURE: dict[str, tuple[str, tuple[str, ...]]] = {
    "not YAML": (
        f"clouds: {{c: {{auth: {{password: {SECRET}: x\n",
        ("is not valid YAML: syntax error",),
    ),
    "an empty entry": ("clouds: {c: }\n", ("cloud c in", "is empty")),
    "an entry that is a list": ("clouds: {c: [a]}\n", ("is not a mapping",)),
    "a list": ("[a]\n", ("has no mapping `clouds`",)),
}


@pytest.mark.parametrize(("text", "words"), SECURE.values(), ids=SECURE)
def test_a_mistake_in_secure_yaml_is_explained(
    defcheck: Defcheck,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    words: tuple[str, ...],
) -> None:
    (folder / "secure.yaml").write_text(text)
    monkeypatch.setenv("OS_CLIENT_SECURE_FILE", str(folder / "secure.yaml"))
    defcheck(cloud=entry(URL, "password")).refuse(USAGE, "secure.yaml", *words)


def test_the_password_may_stand_in_secure_yaml(
    defcheck: Defcheck, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "secure.yaml").write_text(f"clouds: {{c: {{auth: {{password: {SECRET}}}}}}}\n")
    monkeypatch.setenv("OS_CLIENT_SECURE_FILE", str(folder / "secure.yaml"))
    defcheck(cloud=entry(URL, "password")).refuse(UNUSABLE, "the connection was refused")


def test_an_entry_that_does_not_go_with_secure_yaml_is_explained(
    defcheck: Defcheck, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "secure.yaml").write_text("clouds: {other: {auth: {password: x}}}\n")
    monkeypatch.setenv("OS_CLIENT_SECURE_FILE", str(folder / "secure.yaml"))
    text = yaml.safe_dump({"clouds": {"c": entry(URL), "other": None}})
    defcheck(text=text).refuse(USAGE, "openstacksdk cannot use", "secure.yaml", "a mapping")


def test_an_empty_entry_does_not_hide_the_others(defcheck: Defcheck) -> None:
    text = yaml.safe_dump({"clouds": {"a": None, "c": entry(URL)}})
    defcheck(text=text).refuse(UNUSABLE, "Cloud c does not answer at", "the connection was refused")


def test_json_may_be_indented_by_tabs(
    defcheck: Defcheck, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "clouds.json"
    file.write_text(json.dumps({"clouds": {"c": entry(URL)}}, indent="\t"))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
    defcheck().refuse(UNUSABLE, "Cloud c does not answer at", "the connection was refused")
    file.write_text('{"clouds": {"c": }')
    defcheck().refuse(USAGE, "clouds.json is not valid JSON: syntax error at line 1")


VARIABLES = {
    f"OS_{name.upper()}": value for name, value in {"auth_url": URL, **entry(URL)["auth"]}.items()
}


@pytest.mark.parametrize("missing", ["OS_PASSWORD", "OS_USERNAME", "OS_AUTH_URL"])
def test_a_variable_that_is_missing_is_named(
    defcheck: Defcheck, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name, value in VARIABLES.items():
        if name != missing:
            monkeypatch.setenv(name, value)
    option = missing.removeprefix("OS_").lower()
    defcheck(name="envvars").refuse(USAGE, "OS_ variables", f"has no {option}", missing)


def test_a_name_for_the_variables_that_a_file_has_too_is_explained(
    defcheck: Defcheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLOUD_NAME", "c")
    defcheck(cloud=entry(URL)).refuse(USAGE, "OS_CLOUD_NAME", "clouds.yaml")


def test_a_profile_that_its_vendor_serves_may_be_out_of_reach(defcheck: Defcheck) -> None:
    cloud = entry(URL, profile="http://127.0.0.1:9/profile")
    words = ("could not be downloaded: the connection was refused",)
    defcheck(cloud=cloud).refuse(UNUSABLE, "the profile http://127.0.0.1:9/profile", *words)


def test_a_profile_that_is_not_served_is_explained(defcheck: Defcheck) -> None:
    with keystone(mode="notfound") as address:
        cloud = entry(URL, profile=f"{address}/profile")
        defcheck(cloud=cloud).refuse(UNUSABLE, f"the profile {address}/profile", "404")


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not at hand")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nopw", "has no password"),
        ("nouser", "has no username"),
        ("nodomain", "has no user_domain_name"),
        ("badtype", "auth_type v3nosuch"),
        ("appcred", "has no application_credential_id"),
        ("appcredname", "has no username"),
        ("none", "not a login at Keystone"),
        ("admintoken", "not a login at Keystone"),
        ("http-basic", "not a login at Keystone"),
        ("kerberos", "auth_type v3kerberos"),
        ("bothscopes", "has both project_name and system_scope"),
        ("port-bad", "is not a valid URL"),
        ("noscheme", "does not begin with https://"),
    ],
)
def test_the_recorded_mistakes_are_explained(defcheck: Defcheck, name: str, words: str) -> None:
    text = (SHARED / "cases/clouds-login-missing/clouds.yaml").read_text()
    defcheck(text=text, name=name).refuse(USAGE, words, f"cloud {name} in")
