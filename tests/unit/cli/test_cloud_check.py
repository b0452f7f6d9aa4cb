"""What `defcheck cloud check` refuses, as `run` does, in words and without a trace."""

import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]

CLOUDS = (
    "clouds:\n  mine:\n    auth:\n      auth_url: {auth_url}\n      username: u\n"
    "      password: canary-secret\n      project_name: p\n"
    "      user_domain_name: Default\n      project_domain_name: Default\n"
)


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


@pytest.fixture
def nowhere() -> str:
    """Return an address at which nobody answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/v3"


def test_the_help_has_an_example(defcheck: Run) -> None:
    done = defcheck("cloud", "check", "--help")
    assert done.returncode == 0
    assert "defcheck cloud check mycloud --guideline 2020.06 --target platform" in done.stdout
    assert "check" in defcheck("cloud", "--help").stdout


def test_a_cloud_that_clouds_yaml_lacks(defcheck: Run, refused: Refused, work: Path) -> None:
    refused(defcheck("cloud", "check", "other"), 2, "no cloud other")
    (work / "clouds.yaml").write_text(CLOUDS.format(auth_url="http://127.0.0.1:9/v3"))
    refused(defcheck("cloud", "check", "other"), 2, "no cloud other", "Available: mine")


def test_clouds_yaml_that_is_broken(defcheck: Run, refused: Refused, work: Path) -> None:
    (work / "clouds.yaml").write_text("clouds: {mine: {auth: {password: canary-secret: x}}}\n")
    done = defcheck("cloud", "check", "mine")
    refused(done, 2, "is not valid YAML: syntax error at line 1")
    assert "canary-secret" not in done.stderr


def test_a_cloud_that_does_not_answer(
    defcheck: Run, refused: Refused, work: Path, nowhere: str
) -> None:
    (work / "clouds.yaml").write_text(CLOUDS.format(auth_url=nowhere))
    done = defcheck("cloud", "check", "mine")
    refused(done, 4, "does not answer at", nowhere)
    assert "canary-secret" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "cannot be read"), ("no certificate", "contains no certificate")],
)
@pytest.mark.parametrize("command", [("cloud", "check", "mine"), ("run", "--cloud", "mine")])
def test_invalid_ca_file_is_refused(
    defcheck: Run,
    refused: Refused,
    work: Path,
    nowhere: str,
    command: tuple[str, ...],
    content: str | None,
    words: str,
) -> None:
    (work / "clouds.yaml").write_text(CLOUDS.format(auth_url=nowhere))
    if content is not None:
        (work / "ca.pem").write_text(content)
    done = defcheck(*command, "--cacert", "ca.pem", "-g", "2020.06", "-t", "storage")
    refused(done, 2, "certificate authorities", "ca.pem", words)


def test_missing_cacert_of_clouds_yaml_is_refused(
    defcheck: Run, refused: Refused, work: Path, nowhere: str
) -> None:
    entry = CLOUDS.format(auth_url=nowhere) + "    cacert: gone.pem\n"
    (work / "clouds.yaml").write_text(entry)
    refused(defcheck("cloud", "check", "mine"), 2, "gone.pem cannot be read")


def test_a_guideline_and_target_are_checked_before_the_cloud(
    defcheck: Run, refused: Refused
) -> None:
    refused(defcheck("cloud", "check", "c", "-g", "1999.01"), 2, "no guideline 1999.01")
    refused(defcheck("cloud", "check", "c", "-t", "x"), 2, "no target x")


def test_check_refuses_a_missing_accounts_file(
    defcheck: Run, refused: Refused, work: Path, nowhere: str
) -> None:
    (work / "clouds.yaml").write_text(CLOUDS.format(auth_url=nowhere))
    done = defcheck("cloud", "check", "mine", "--accounts", "a.yaml")
    refused(done, 2, "accounts file a.yaml", "cannot be read")


def test_check_refuses_an_invalid_tempest_conf(
    defcheck: Run, refused: Refused, work: Path, nowhere: str
) -> None:
    (work / "clouds.yaml").write_text(CLOUDS.format(auth_url=nowhere))
    (work / "tempest.conf").write_text("nonsense")
    done = defcheck("cloud", "check", "mine", "--tempest-conf", "tempest.conf")
    refused(done, 2, "is not a tempest.conf")
