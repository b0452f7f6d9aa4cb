"""What `defcheck run` refuses before the first test, in words and without a trace."""

import http.server
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]

STORAGE = ("-g", "2020.06", "-t", "storage")
CONF = "[identity]\nuri_v3 = http://127.0.0.1:9/v3\n[auth]\nuse_dynamic_credentials = false\n"


def write_clouds(folder: Path, auth_url: str) -> None:
    (folder / "clouds.yaml").write_text(
        "clouds:\n  mine:\n    auth:\n"
        f"      auth_url: {auth_url}\n"
        "      username: u\n      password: canary-secret\n      project_name: p\n"
        "      user_domain_name: Default\n      project_domain_name: Default\n"
    )


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


@pytest.fixture
def web_server() -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>not a cloud</html>")

        do_POST = do_GET  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v3"
    server.shutdown()
    thread.join()
    server.server_close()


def nothing_made(work: Path) -> bool:
    return not (work / "defcheck-runs").exists()


def test_no_clouds_yaml_at_all(defcheck: Run, refused: Refused, work: Path) -> None:
    refused(defcheck("run", "--cloud", "x", *STORAGE), 2, "no cloud x", "defcheck lab up")
    assert nothing_made(work)


def test_a_cloud_that_clouds_yaml_lacks(defcheck: Run, refused: Refused, work: Path) -> None:
    write_clouds(work, "http://127.0.0.1:9/v3")
    refused(defcheck("run", "--cloud", "other", *STORAGE), 2, "no cloud other", "Available: mine")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("clouds:\n  mine: [\n", "clouds.yaml is not valid YAML: syntax error at line"),
        ("clouds: {mine: {auth: {password: canary-secret: x}}}\n", "syntax error at line 1"),
        ("clouds: text\n", "no mapping `clouds`"),
        ("clouds: {mine: }\n", "cloud mine in"),
        ("- a\n", "no mapping `clouds`"),
    ],
)
def test_clouds_yaml_that_is_broken(
    defcheck: Run, refused: Refused, work: Path, content: str, words: str
) -> None:
    (work / "clouds.yaml").write_text(content)
    done = defcheck("run", "--cloud", "mine", *STORAGE)
    refused(done, 2, words)
    assert "canary-secret" not in done.stderr


def test_an_entry_without_an_address(defcheck: Run, refused: Refused, work: Path) -> None:
    (work / "clouds.yaml").write_text("clouds:\n  mine:\n    auth: {username: u, password: p}\n")
    done = defcheck("run", "--cloud", "mine", *STORAGE)
    refused(done, 2, "cloud mine in", "has no auth_url", "OS_AUTH_URL")


def test_an_endpoint_that_does_not_answer(defcheck: Run, refused: Refused, work: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/v3"
    write_clouds(work, address)
    done = defcheck("run", "--cloud", "mine", *STORAGE)
    refused(done, 4, "does not answer at", address)
    assert "canary-secret" not in done.stderr
    assert nothing_made(work)


def test_an_endpoint_that_takes_the_call_and_never_answers(
    defcheck: Run, refused: Refused, work: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        write_clouds(work, f"http://127.0.0.1:{silent.getsockname()[1]}/v3")
        text = (
            (work / "clouds.yaml").read_text().replace("  mine:\n", "  mine:\n    api_timeout: 2\n")
        )
        (work / "clouds.yaml").write_text(text)
        refused(defcheck("run", "--cloud", "mine", *STORAGE), 4, "does not answer")
    assert nothing_made(work)


def test_an_endpoint_that_is_no_keystone(
    defcheck: Run, refused: Refused, work: Path, web_server: str
) -> None:
    write_clouds(work, web_server)
    refused(defcheck("run", "--cloud", "mine", *STORAGE), 4, "mine", web_server)
    assert nothing_made(work)


def test_an_add_on_whose_plugin_is_not_installed(
    defcheck: Run, refused: Refused, work: Path
) -> None:
    (work / "tempest.conf").write_text(CONF)
    done = defcheck("run", "--tempest-conf", "tempest.conf", "-g", "dns.2020.06")
    refused(
        done,
        4,
        "10 required tests are in designate_tempest_plugin, which is not",
        "pip install designate-tempest-plugin",
    )
    assert nothing_made(work)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("nonsense", ["is not a tempest.conf"]),
        ("[auth]\nx = 1\n", ["no section [identity]"]),
        (None, ["cannot be read"]),
    ],
)
def test_run_refuses_an_invalid_tempest_conf(
    defcheck: Run, refused: Refused, work: Path, content: str | None, words: list[str]
) -> None:
    if content is not None:
        (work / "tempest.conf").write_text(content)
    done = defcheck("run", "--tempest-conf", "tempest.conf", *STORAGE)
    refused(done, 2, "tempest.conf", *words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("just text", ["does not contain a list of accounts"]),
        ("- username: a\n", ["entry 1 lacks password"]),
        ("- [", ["is not valid YAML"]),
        (None, ["cannot be read"]),
    ],
)
def test_run_refuses_an_invalid_accounts_file(
    defcheck: Run, refused: Refused, work: Path, content: str | None, words: list[str]
) -> None:
    (work / "tempest.conf").write_text(CONF)
    if content is not None:
        (work / "a.yaml").write_text(content)
    done = defcheck("run", "--tempest-conf", "tempest.conf", "--accounts", "a.yaml", *STORAGE)
    refused(done, 2, "accounts file a.yaml", *words)


def test_no_cloud_named(defcheck: Run, refused: Refused) -> None:
    refused(defcheck("run", *STORAGE), 2, "No cloud is named", "--cloud")


def test_a_run_directory_that_exists_stays_as_it_is(
    defcheck: Run, refused: Refused, work: Path
) -> None:
    (work / "mine").mkdir()
    (work / "mine" / "keep").write_text("x")
    refused(defcheck("run", "--cloud", "c", "-o", "mine", *STORAGE), 2, "mine exists already", "-o")
    assert [path.name for path in (work / "mine").iterdir()] == ["keep"]


def test_a_run_directory_that_cannot_be_made(defcheck: Run, refused: Refused, work: Path) -> None:
    (work / "file").write_text("x")
    done = defcheck("run", "--cloud", "c", "-o", "file/run", *STORAGE)
    refused(done, 2, "cannot be written to")


def test_a_report_that_cannot_be_written_is_told_before_the_run(
    defcheck: Run, refused: Refused
) -> None:
    asked = ("run", "--cloud", "c", "-o", "mine", *STORAGE, "-f")
    refused(defcheck(*asked, "junit:reports/junit.xml"), 2, "there is no folder reports")
    done = defcheck(*asked, "junit:mine/junit.xml")
    assert "no folder" not in done.stderr


def test_a_guideline_and_target_are_checked_before_the_cloud(
    defcheck: Run, refused: Refused
) -> None:
    refused(defcheck("run", "--cloud", "c", "-g", "1999.01"), 2, "no guideline 1999.01")
    refused(defcheck("run", "--cloud", "c", "-g", "2020.06", "-t", "x"), 2, "no target x")


def test_more_workers_than_the_accounts_allow(defcheck: Run, refused: Refused, work: Path) -> None:
    (work / "tempest.conf").write_text(CONF)
    entries = [f"- {{username: u{n}, password: p, project_name: p{n}}}\n" for n in range(4)]
    (work / "a.yaml").write_text("".join(entries))
    done = defcheck(
        *("run", "--tempest-conf", "tempest.conf", "--accounts", "a.yaml", "-j", "3", *STORAGE)
    )
    refused(done, 2, "are enough for 2 workers, not for 3")


def test_a_target_that_requires_nothing_is_found_before_the_run(
    defcheck: Run, refused: Refused, work: Path
) -> None:
    (work / "tempest.conf").write_text(CONF)
    done = defcheck("run", "--tempest-conf", "tempest.conf", "-g", "dns.next")
    refused(done, 2, "requires no test")
    assert nothing_made(work)


def test_a_name_that_no_file_can_have(defcheck: Run, refused: Refused) -> None:
    refused(defcheck("run", "--cloud", "c", "-o", "x" * 300, *STORAGE), 2, "cannot be accessed")
    refused(defcheck("score", "x" * 300, *STORAGE), 2, "cannot be")


def test_no_error_shows_a_traceback_but_with_debug(defcheck: Run) -> None:
    assert "Traceback" in defcheck("--debug", "guideline", "show", "x").stderr


def test_the_variables_of_an_openrc_file_are_a_cloud(
    defcheck: Run, refused: Refused, environment: dict[str, str]
) -> None:
    """Without any clouds.yaml, as for a buyer who was given such a file."""
    variables = {"AUTH_URL": "http://127.0.0.1:9/v3", "PASSWORD": "canary-secret"}
    for name in ("USERNAME", "PROJECT_NAME", "USER_DOMAIN_NAME", "PROJECT_DOMAIN_NAME"):
        variables[name] = "x"
    for name, value in variables.items():
        environment[f"OS_{name}"] = value
    refused(
        defcheck("run", "--cloud", "envvars", *STORAGE),
        4,
        "Cloud envvars does not answer at http://127.0.0.1:9/v3",
    )
    refused(defcheck("run", "--cloud", "other", *STORAGE), 2, "Available: envvars.")


def test_cloud_that_openstacksdk_invents_is_unknown(defcheck: Run, refused: Refused) -> None:
    refused(defcheck("run", "--cloud", "defaults", *STORAGE), 2, "no cloud defaults", "openrc")
