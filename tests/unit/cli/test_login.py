"""Mistakes on the way to a cloud, as a real process: words, exit code, and never for ever."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.keystone import keystone

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]

STORAGE = ("-g", "2020.06", "-t", "storage")
AUTH = (
    "username: u, password: canary-secret, project_name: p, "
    "user_domain_name: Default, project_domain_name: Default"
)
COMMANDS = (
    ("cloud", "check", "{name}", *STORAGE),
    ("cloud", "configure", "{name}", "--stdout"),
    ("cloud", "accounts", "create", "{name}", "-n", "1"),
    ("run", "--cloud", "{name}", *STORAGE),
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with keystone() as found:
        yield found


def write(folder: Path, auth_url: str, more: str = "", *, name: str = "mine") -> None:
    entry = f"{{auth: {{auth_url: '{auth_url}', {AUTH}}}{more}}}"
    (folder / "work/clouds.yaml").write_text(f"clouds: {{{name}: {entry}}}\n")


def words(command: tuple[str, ...], name: str = "mine") -> list[str]:
    return [word.format(name=name) for word in command]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_server_that_wants_a_token_for_everything_is_left_at_once(
    defcheck: Run, refused: Refused, tmp_path: Path, address: str, command: tuple[str, ...]
) -> None:
    write(tmp_path, f"{address}/unauthorized/v3")
    began = time.monotonic()
    refused(defcheck(*words(command)), 4, "does not lead to Keystone: HTTP 401")
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("mode", ["silent", "dripheaders"])
def test_a_server_that_never_answers_is_left(
    defcheck: Run, refused: Refused, tmp_path: Path, address: str, mode: str
) -> None:
    write(tmp_path, f"{address}/{mode}/v3", ", api_timeout: 0.5")
    refused(defcheck(*words(COMMANDS[0])), 4, "does not answer at", ": no response in time")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_password_that_is_missing_is_wrong_use(
    defcheck: Run, refused: Refused, tmp_path: Path, address: str, command: tuple[str, ...]
) -> None:
    write(tmp_path, f"{address}/good/v3")
    file = tmp_path / "work/clouds.yaml"
    file.write_text(file.read_text().replace("password: canary-secret, ", ""))
    refused(defcheck(*words(command)), 2, "cloud mine in", "has no password", "Add password")


def test_library_warnings_are_not_shown(
    defcheck: Run, refused: Refused, tmp_path: Path, address: str
) -> None:
    write(tmp_path, f"{address}/good/v3", ", profile: nobody")
    done = defcheck(*words(COMMANDS[0]))
    refused(done, 2, "the profile nobody, which openstacksdk does not know")
    assert "warnings.warn" not in done.stderr
    write(tmp_path, f"{address}/refuses/v3", ", region_name: 'a,b', verify: false")
    done = defcheck(*words(COMMANDS[0]))
    refused(done, 4, "refused the login (HTTP 401)")
    assert "Warning" not in done.stderr


@pytest.mark.parametrize("name", ["token", "password", "my-secret"])
def test_a_cloud_that_is_called_like_a_secret_is_named(
    defcheck: Run, refused: Refused, tmp_path: Path, address: str, name: str
) -> None:
    write(tmp_path, f"{address}/refuses/v3", name=name)
    done = defcheck(*words(COMMANDS[0], name))
    refused(done, 4, f"Cloud {name} at", f"openstack --os-cloud {name} token issue")
    assert f"Logging in to cloud {name}\n" in done.stderr
    assert "***" not in done.stderr


def test_debug_shows_where_it_happened(defcheck: Run, tmp_path: Path, address: str) -> None:
    write(tmp_path, f"{address}/html/v3")
    done = defcheck("--debug", *words(COMMANDS[0]))
    assert done.returncode == 4
    assert "Traceback" in done.stderr
    assert "canary-secret" not in done.stderr


def test_a_clouds_json_is_completed_and_read(
    defcheck: Run, refused: Refused, tmp_path: Path, address: str
) -> None:
    text = (
        '{\n\t"clouds": {\n\t\t"tabbed": {"auth": {"auth_url": "%s/refuses/v3", "username": "u", '
        '"password": "canary-secret", "project_name": "p", "user_domain_name": "D", '
        '"project_domain_name": "D"}}\n\t}\n}\n'
    )
    (tmp_path / "work/clouds.json").write_text(text % address)
    refused(defcheck(*words(COMMANDS[0], "tabbed")), 4, "Cloud tabbed at", "refused the login")
