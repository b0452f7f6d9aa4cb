"""`defcheck guideline import | forget`, and every command with an imported guideline."""

import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.webserver import serving, write_certificate

Run = Callable[..., subprocess.CompletedProcess[str]]
Refused = Callable[..., None]


def own(name: str = "own") -> bytes:
    """Return a guideline that demands one test."""
    document = {
        "metadata": {"id": name, "schema": "2.0"},
        "platforms": {"Own Cloud": {"components": [{"name": "C"}]}},
        "components": {"c": {"capabilities": {"required": ["a"]}}},
        "capabilities": {
            "a": {
                "tests": {
                    "m.C.test_x": {"idempotent_id": "id-6c0a0990-43b6-4529-9b61-5fd8daf7c55c"}
                }
            }
        },
    }
    return json.dumps(document).encode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the path of a guideline."""
    path = tmp_path / "own.json"
    path.write_bytes(own())
    return path


@pytest.fixture
def place(environment: dict[str, str]) -> Path:
    """Return the user's folder, which is not there yet."""
    return Path(environment["HOME"]) / ".local" / "share" / "defcheck" / "guidelines"


@pytest.fixture(autouse=True)
def no_proxy(environment: dict[str, str]) -> None:
    """Take away the proxies of whoever runs the tests."""
    for name in list(environment):
        if name.lower().endswith("_proxy") or name.endswith("CA_BUNDLE"):
            del environment[name]


def test_an_imported_guideline_is_known_to_every_command(
    defcheck: Run, refused: Refused, file: Path, place: Path, tmp_path: Path
) -> None:
    done = defcheck("guideline", "import", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Imported own into {place}/own.json.\nFindings: ")
    record = json.loads((place / "own.json.origin").read_bytes())
    assert (record["source"], record["sha256"]) == (str(file), hashlib.sha256(own()).hexdigest())
    file.unlink()
    assert defcheck("guideline", "tests", "OWN").stdout == "m.C.test_x\n"
    assert "Guideline own" in defcheck("guideline", "show", "own").stdout
    assert defcheck("guideline", "check", "own").returncode == 0
    last = defcheck("guideline", "list").stdout.splitlines()[-1].split()
    assert last == ["own", "guideline", "user", "own-cloud"]
    entry = json.loads(defcheck("guideline", "list", "--format", "json").stdout)[-1]
    assert (entry["owner"], entry["imported"], entry["origin"]) == ("user", record, None)
    results = tmp_path / "passed.json"
    results.write_text(json.dumps({"results": [{"name": "m.C.test_x"}]}))
    scored = defcheck("score", results, "-g", "own")
    assert "Traceback" not in scored.stderr
    assert scored.returncode == 0, scored.stdout + scored.stderr
    forgotten = defcheck("guideline", "forget", "own")
    assert (forgotten.returncode, forgotten.stdout) == (0, f"Deleted {place}/own.json.\n")
    assert list(place.iterdir()) == []
    refused(defcheck("guideline", "show", "own"), 2, "There is no guideline own")


def test_what_is_there_is_never_replaced(
    defcheck: Run, refused: Refused, file: Path, place: Path
) -> None:
    defcheck("guideline", "import", file)
    assert "Nothing to do" in defcheck("guideline", "import", file).stdout
    file.write_bytes(own() + b" ")
    refused(defcheck("guideline", "import", file), 2, "already has a guideline own", "forget own")
    assert (place / "own.json").read_bytes() == own()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--as", "2020.06"], ["2020.06 is the id of a bundled guideline", "--as"]),
        (["--as", "../own"], ["../own is not a valid guideline id"]),
        (["--sha256", "0" * 64], ["is not the expected file", "Nothing was written"]),
        (["--sha256", "12"], ["64 hexadecimal digits"]),
    ],
)
def test_refusals_write_nothing(
    defcheck: Run,
    refused: Refused,
    file: Path,
    place: Path,
    arguments: list[str],
    words: list[str],
) -> None:
    refused(defcheck("guideline", "import", file, *arguments), 2, *words)
    assert not place.exists()


def test_a_file_with_errors_is_shown_and_refused(
    defcheck: Run, refused: Refused, file: Path, place: Path
) -> None:
    file.write_bytes(own().replace(b"test_x", b"NEED_TEST"))
    done = defcheck("guideline", "import", file)
    refused(done, 2, "has 1 error and was not imported", "--force")
    assert "m.C.NEED_TEST" in done.stdout
    assert not place.exists()
    assert defcheck("guideline", "import", file, "--force").returncode == 0


def test_a_broken_file_in_the_folder_is_a_warning_in_the_list_alone(
    defcheck: Run, file: Path, place: Path
) -> None:
    defcheck("guideline", "import", file)
    (place / "broken.json").write_text("{")
    done = defcheck("guideline", "list")
    assert done.returncode == 0
    assert done.stderr.startswith(f"Warning: {place}/broken.json is not JSON")
    assert done.stdout.splitlines()[-1].startswith("own ")
    assert defcheck("guideline", "show", "2020.06").stderr == ""


def test_the_folder_can_be_named(
    defcheck: Run, environment: dict[str, str], file: Path, tmp_path: Path
) -> None:
    environment["DEFCHECK_GUIDELINES"] = str(tmp_path / "here")
    defcheck("guideline", "import", file)
    assert (tmp_path / "here" / "own.json").read_bytes() == own()


def test_from_the_web(
    defcheck: Run, refused: Refused, environment: dict[str, str], place: Path, tmp_path: Path
) -> None:
    certificate = write_certificate(tmp_path / "server.pem")
    with serving(own(), certificate) as address:
        url = f"{address}/file/own.json"
        refused(defcheck("guideline", "import", url), 4, "is not trusted", "REQUESTS_CA_BUNDLE")
        assert not place.exists()
        environment["REQUESTS_CA_BUNDLE"] = str(certificate)
        assert defcheck("guideline", "import", url).stdout.startswith("Imported own")
        assert json.loads((place / "own.json.origin").read_bytes())["source"] == url


def test_from_the_web_without_protection(defcheck: Run, refused: Refused, place: Path) -> None:
    sha256 = hashlib.sha256(own()).hexdigest()
    with serving(own()) as address:
        url = f"{address}/file/own.json"
        refused(defcheck("guideline", "import", url), 2, "not encrypted", "--sha256")
        refused(defcheck("guideline", "import", url, "--sha256", "0" * 64), 2, "not the expected")
        page = hashlib.sha256(b"<!DOCTYPE html><html>Sign in</html>").hexdigest()
        done = defcheck("guideline", "import", f"{address}/html", "--sha256", page)
        refused(done, 2, "is a web page, not JSON", "Raw")
        done = defcheck("guideline", "import", f"{address}/gone.json", "--sha256", sha256)
        refused(done, 2, "404")
        done = defcheck("guideline", "import", f"{address}/loop", "--sha256", sha256)
        refused(done, 4, "redirects")
        done = defcheck("guideline", "import", f"{address}/huge", "--sha256", sha256)
        refused(done, 2, "larger than 32 MiB")
        assert not place.exists()
        assert defcheck("guideline", "import", url, "--sha256", sha256).returncode == 0
    assert (place / "own.json").read_bytes() == own()


def test_only_imported_guidelines_can_be_forgotten(defcheck: Run, refused: Refused) -> None:
    refused(defcheck("guideline", "forget", "2020.06"), 2, "2020.06 is bundled")
    refused(defcheck("guideline", "forget", "nothing"), 2, "imported no guideline nothing")
    refused(defcheck("guideline", "forget", "../../x"), 2, "imported no guideline ../../x")
