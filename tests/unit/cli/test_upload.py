"""The installed command hands results in, and says what became of it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.evidence import make_run
from tests.refstack import RefStack, refstack

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]

DATA = Path(__file__).resolve().parents[2] / "data"
STORAGE = DATA / "storage.subunit.gz"
SECRET = "a secret passphrase"


@pytest.fixture(autouse=True)
def no_proxy(environment: dict[str, str]) -> None:
    """Take away the proxies of whoever runs the tests."""
    for name in list(environment):
        if name.lower().endswith("_proxy") or name.endswith("CA_BUNDLE"):
            del environment[name]


@pytest.fixture
def server() -> Iterator[RefStack]:
    """Return a RefStack that knows nobody."""
    with refstack() as state:
        yield state


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Return an encrypted key in OpenSSH form."""
    path = tmp_path / "id_rsa"
    path.touch(0o600)
    key = rsa.generate_private_key(65537, 2048)
    path.write_bytes(
        key.private_bytes(
            Encoding.PEM, PrivateFormat.OpenSSH, BestAvailableEncryption(SECRET.encode())
        )
    )
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a RefStack file of two passed tests."""
    path = tmp_path / "passed.json"
    tests = [{"name": "a.C.test_x"}, {"name": "plugin.b.C.test_y"}]
    path.write_text(json.dumps({"cpid": "cloud", "duration_seconds": 7, "results": tests}))
    return path


def test_run_is_signed_uploaded_shared_and_deleted(
    defcheck: Run,
    refused: Refused,
    environment: dict[str, str],
    server: RefStack,
    key_file: Path,
    tmp_path: Path,
) -> None:
    to = ("--url", server.url)
    signed = ("upload", STORAGE, "--cpid", "my-cloud", *to, "--sign", key_file)
    refused(defcheck(*signed), 2, "is encrypted", "DEFCHECK_KEY_PASSPHRASE")
    environment["DEFCHECK_KEY_PASSPHRASE"] = "wrong"
    refused(defcheck(*signed), 2, "Wrong passphrase")
    environment["DEFCHECK_KEY_PASSPHRASE"] = SECRET
    assert server.seen == []
    done = defcheck(*signed)
    refused(done, 4, "401 Unauthorized", "User with specified key not found", "defcheck key sign")
    told = defcheck("key", "sign", key_file).stdout.split("\n")
    server.keys[told[1].split()[1]] = "owner"
    server.sessions["cookie"] = "owner"
    done = defcheck(*signed)
    assert (done.returncode, done.stderr) == (0, "")
    run = server.runs[0]
    assert done.stdout == (
        f"Uploaded 58 passed tests as {run['id']}.\n{server.url}/#/results/{run['id']}\n"
    )
    assert run["cpid"] == "my-cloud"
    assert len(run["results"]) == 58

    assert defcheck("results", "list", *to).stdout == ""
    refused(defcheck("results", "list", "--mine", *to), 2, "--mine needs a login", "--sign")
    environment["DEFCHECK_REFSTACK_SESSION"] = "refstack=cookie"
    mine = defcheck("results", "list", "--mine", *to).stdout
    assert run["id"] in mine
    refused(defcheck("results", "delete", run["id"], *to), 2, "--yes")
    shared = defcheck(
        "results", "share", run["id"], *to, "--guideline", "2020.06", "--target", "storage"
    )
    assert (shared.returncode, shared.stdout) == (
        0,
        f"{run['id']} is shared: everyone can see it, guideline=2020.06.json, target=object.\n",
    )
    del environment["DEFCHECK_REFSTACK_SESSION"]
    assert (
        "guideline=2020.06.json, shared=true, target=object"
        in defcheck("results", "list", *to).stdout
    )
    text = defcheck("results", "show", run["id"], *to).stdout
    assert "passed    58 tests\n" in text
    given = tmp_path / "given.json"
    given.write_text(defcheck("results", "show", run["id"], *to, "--format", "json").stdout)
    scored = defcheck("score", given, "-g", "2020.06", "-t", "storage", "-f", "json")
    before = defcheck("score", STORAGE, "-g", "2020.06", "-t", "storage", "-f", "json")
    answers = [json.loads(one.stdout)["refstack"] for one in (scored, before)]
    assert answers[0] == answers[1]

    environment["DEFCHECK_REFSTACK_SESSION"] = "cookie"
    assert defcheck("results", "share", run["id"], *to, "--undo").returncode == 0
    assert "shared" not in server.runs[0]["meta"]
    again = defcheck("results", "share", run["id"], *to, "--undo")
    assert (again.returncode, again.stdout) == (0, f"{run['id']} is not shared.\n")
    environment["DEFCHECK_REFSTACK_SESSION"] = "old"
    refused(defcheck("results", "list", *to), 4, "it expired", "with a browser")
    environment["DEFCHECK_REFSTACK_SESSION"] = "cookie"
    assert defcheck("results", "delete", run["id"], *to, "--yes").stdout.startswith("Deleted")
    assert server.runs == []
    refused(defcheck("results", "show", run["id"], *to), 4, "404 Not Found", "not found")


def test_what_would_be_sent_is_printed_or_written(
    defcheck: Run, refused: Refused, server: RefStack, file: Path, tmp_path: Path
) -> None:
    printed = defcheck("upload", file, "--dry-run", "--url", server.url)
    assert (printed.returncode, printed.stdout) == (0, file.read_text() + "\n")
    assert f"Not sent: POST {server.url}/v1/results/" in printed.stderr
    target = tmp_path / "new.json"
    done = defcheck("upload", file, "--cpid", "other", "--format", "refstack", "-o", target)
    assert (done.returncode, done.stdout) == (0, "")
    assert target.read_text() == file.read_text().replace("cloud", "other")
    before = target.read_bytes()
    refused(defcheck("upload", file, "-o", target), 2, "exists already")
    assert target.read_bytes() == before
    assert server.seen == []


def test_the_signature_of_what_would_be_sent(
    defcheck: Run, environment: dict[str, str], file: Path, key_file: Path
) -> None:
    environment["DEFCHECK_KEY_PASSPHRASE"] = SECRET
    key_file.chmod(0o644)
    done = defcheck("upload", file, "--dry-run", "--sign", key_file)
    assert "Warning: The key" in done.stderr
    assert "chmod 600" in done.stderr
    assert "\nX-Signature: " in done.stderr
    assert "\nX-Public-Key: ssh-rsa " in done.stderr
    assert SECRET not in done.stderr + done.stdout


def test_registering_a_key(defcheck: Run, environment: dict[str, str], key_file: Path) -> None:
    environment["DEFCHECK_KEY_PASSPHRASE"] = SECRET
    text = defcheck("key", "sign", key_file).stdout
    document = json.loads(defcheck("key", "sign", key_file, "--format", "json").stdout)
    assert text == (
        f"Public key:\n{document['raw_key']}\n\nSelf signature:\n{document['self_signature']}\n"
    )


def test_a_passphrase_is_asked_for_without_showing_it(
    environment: dict[str, str], key_file: Path, tmp_path: Path
) -> None:
    on_terminal = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
    command = [sys.executable, "-m", "defcheck", "key", "sign", str(key_file)]
    process = subprocess.Popen(
        [sys.executable, "-c", on_terminal, *command],
        env=environment,
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin
    assert process.stdout
    said = b""
    with process:
        for word in ("wrong-word", SECRET):
            while not said.endswith(b"id_rsa: "):
                piece = os.read(process.stdout.fileno(), 1024)
                assert piece, said
                said += piece
            process.stdin.write(word.encode() + b"\n")
            process.stdin.flush()
            said += b"|"
        said += process.stdout.read()
    assert process.returncode == 0
    assert b"Wrong passphrase" in said
    assert b"Self signature:" in said
    assert SECRET.encode() not in said
    assert b"wrong-word" not in said


def test_results_of_another_kind_are_refused_before_anything_is_sent(
    defcheck: Run, refused: Refused, server: RefStack, file: Path, tmp_path: Path
) -> None:
    to = ("--url", server.url)
    failed = DATA / "class-setup-fails.subunit.gz"
    cut = DATA / "killed-worker.subunit.gz"
    refused(defcheck("upload", failed, "--cpid", "c", *to), 2, "No test passed")
    refused(defcheck("upload", STORAGE, *to), 2, "do not name their cloud", "--cloud", "--cpid")
    refused(defcheck("upload", cut, "--cpid", "c", *to), 2, "are incomplete", "--partial")
    refused(defcheck("upload", tmp_path / "none", "--cpid", "c", *to), 2, "cannot be read")
    refused(defcheck("upload", file), 2, "No server given")
    refused(defcheck("upload", file, "--url", "refstack.example"), 2, "is not a valid URL")
    key = tmp_path / "id_ed25519"
    key.write_bytes(
        ed25519.Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()
        )
    )
    refused(defcheck("upload", file, *to, "--sign", key), 2, "Ed25519", "ssh-keygen -t rsa")
    assert server.seen == []


def test_a_run_directory(defcheck: Run, refused: Refused, tmp_path: Path) -> None:
    document = json.loads(defcheck("upload", make_run(tmp_path / "run"), "--dry-run").stdout)
    assert (document["cpid"], document["duration_seconds"]) == ("of-the-run", 65)
    assert len(document["results"]) == 58
    cut = make_run(tmp_path / "cut", state="interrupted")
    refused(defcheck("upload", cut, "--dry-run"), 2, "the run is interrupted", "--partial")
    assert defcheck("upload", cut, "--dry-run", "--partial").returncode == 0
    killed = make_run(tmp_path / "killed", state="running", finished="")
    shown = defcheck("upload", killed, "--dry-run", "--partial", "--cpid", "mine").stdout
    assert json.loads(shown)["cpid"] == "mine"
    assert 0 < json.loads(shown)["duration_seconds"] < 65
    forged = make_run(tmp_path / "forged", results_sha256="0" * 64)
    refused(defcheck("upload", forged, "--dry-run", "--partial"), 2, "edited after the run")


def test_what_passed_of_a_run_that_was_cut_off(defcheck: Run, server: RefStack) -> None:
    cut = DATA / "killed-worker.subunit.gz"
    done = defcheck("upload", cut, "--cpid", "c", "--url", server.url, "--partial")
    assert done.returncode == 0
    assert server.stored == 1


def test_a_lost_answer(defcheck: Run, server: RefStack, file: Path) -> None:
    server.faults.append("store_and_drop")
    done = defcheck("upload", file, "--url", server.url)
    assert done.returncode == 0
    assert "did not confirm the upload, but lists this run: stored at 20" in done.stderr
    assert f"Uploaded 2 passed tests as {server.runs[0]['id']}.\n" in done.stdout
    assert (server.stored, len(server.posts())) == (1, 1)


@pytest.mark.parametrize("signed", [False, True])
def test_interrupted_upload_says_where_to_look_for_the_run(
    environment: dict[str, str], server: RefStack, file: Path, key_file: Path, signed: bool
) -> None:
    environment["DEFCHECK_KEY_PASSPHRASE"] = SECRET
    server.faults.append("silent")
    sign: list[str | Path] = ["--sign", key_file] if signed else []
    process = subprocess.Popen(
        [sys.executable, "-m", "defcheck", "upload", file, "--url", server.url, *sign],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not server.seen and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (130, "")
    mine = " --mine" if signed else ""
    assert f"\n  defcheck results list --url {server.url} --cpid cloud{mine}\n" in stderr
    assert ("DEFCHECK_REFSTACK_SESSION" in stderr) is signed
    assert ("--sign KEY" in stderr) is signed
    assert stderr.endswith("Interrupted.\n")
    assert len(server.seen) == 1


def test_a_key_in_the_place_of_a_session(
    defcheck: Run,
    refused: Refused,
    environment: dict[str, str],
    server: RefStack,
    file: Path,
    key_file: Path,
) -> None:
    environment["DEFCHECK_KEY_PASSPHRASE"] = SECRET
    to = ("--url", server.url, "--sign", key_file)
    told = defcheck("key", "sign", key_file).stdout.split("\n")
    server.keys[told[1].split()[1]] = "https://id.example/me"
    refused(defcheck("results", "list", *to), 2, "--sign needs your OpenID")
    refused(defcheck("results", "list", *to, "--openid", "you"), 4, "does not accept the token")
    environment["DEFCHECK_REFSTACK_OPENID"] = "https://id.example/me"
    server.faults.append("store_and_drop")
    done = defcheck("upload", file, *to)
    run_id = server.runs[0]["id"]
    assert "lists this run: stored at 20" in done.stderr
    assert f"as {run_id}.\n" in done.stdout
    assert run_id in defcheck("results", "list", "--mine", *to).stdout
    assert defcheck("results", "share", run_id, *to).returncode == 0
    assert defcheck("results", "delete", run_id, *to, "--yes").returncode == 0
    assert (server.stored, len([one for one in server.posts() if "meta" not in one.path])) == (0, 1)


def test_what_is_wrong_with_options_is_told_before_anything_is_sent(
    defcheck: Run, refused: Refused, server: RefStack, file: Path, tmp_path: Path
) -> None:
    to = ("--url", server.url)
    period = ("--since", "2026-11-02", "--until", "2026-11-01")
    refused(defcheck("results", "list", *to, *period), 2, "is later than --until", "Swap")
    refused(
        defcheck("results", "share", "1", *to, "--guideline", "scs-0128"),
        2,
        "no guideline scs-0128",
    )
    refused(
        defcheck("results", "share", "1", *to, "--undo", "--target", "dns"), 2, "cannot be combined"
    )
    twins = tmp_path / "twins.json"
    twins.write_text(file.read_text().replace("plugin.b.C.test_y", "a.C.test_X"))
    refused(defcheck("upload", twins, *to), 2, "treats two tests as the same")
    assert server.seen == []


def test_an_address_with_the_api_below_it(defcheck: Run, file: Path) -> None:
    with refstack(prefix="/api") as state:
        done = defcheck("upload", file, "--url", state.url)
        assert (done.returncode, state.stored) == (0, 1)
        assert state.runs[0]["id"] in defcheck("results", "list", "--url", state.url).stdout


@pytest.mark.parametrize("fault", ["html", "nothing", "huge", "fail"])
def test_any_answer_but_the_right_one(
    defcheck: Run, refused: Refused, server: RefStack, file: Path, fault: str
) -> None:
    server.faults.append(fault)
    unknown = "It is unknown whether the server stored the run" if fault == "fail" else ""
    refused(defcheck("upload", file, "--url", server.url), 4, ", expected 201: ", unknown)
    assert server.stored == 0


def test_results_on_standard_input(defcheck: Run, file: Path) -> None:
    done = defcheck("upload", "-", "--dry-run", stdin=file.read_bytes())
    assert done.stdout == file.read_text() + "\n"


def test_the_list_as_json(defcheck: Run, server: RefStack) -> None:
    for number in range(25):
        server.store({"cpid": f"c{number}", "duration_seconds": number, "results": []})
    done = defcheck("results", "list", "--url", server.url, "--format", "json")
    assert [item["id"] for item in json.loads(done.stdout)] == [run["id"] for run in server.runs]
    last = defcheck(
        "results", "list", "--url", server.url, "--cpid", "c24", "--since", "2020-01-01"
    )
    assert len(last.stdout.splitlines()) == 2
    none = defcheck("results", "list", "--url", server.url, "--until", "2020-01-01")
    assert (none.stdout, none.stderr) == ("", "No results.\n")
