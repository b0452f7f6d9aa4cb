"""The main job for real: a real Tempest against a real Keystone and Swift."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import psutil
import pytest
import yaml

from tests.e2e import place as place_of_tests
from tests.e2e.place import DEFCHECK
from tests.packages import fill
from tests.refstack import refstack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

SCHEMA = Path(__file__).resolve().parents[2] / "reports/schemas/verdict-1.json"
STORAGE = ("--guideline", "2020.06", "--target", "storage")
KEPT = {
    "guideline.json",
    "inventory.txt",
    "journal.jsonl",
    "made.jsonl",
    "report.html",
    "results.subunit",
    "run.json",
    "runner.log",
    "tempest.conf",
    "verdict.json",
}

Run = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True)
class Place(place_of_tests.Place):
    """A lab of the tests' own and a folder to work in."""

    def secrets(self) -> set[str]:
        """Return every password that the lab has."""
        settings = json.loads((self.state / "settings.json").read_bytes())
        return set(texts(settings["passwords"])) | {
            entry["password"]
            for entry in yaml.safe_load((self.state / "accounts.yaml").read_text())
        }


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Return a place; its lab is ended at the end, whatever happened."""
    place = Place(tmp_path_factory.mktemp("run"))
    yield place
    place.defcheck("lab", "clean")


@pytest.fixture(scope="module")
def demo(place: Place) -> subprocess.CompletedProcess[str]:
    """Run the README's first command once."""
    return place.defcheck("demo", "-o", "demo")


@pytest.fixture(scope="module")
def lab(place: Place, demo: subprocess.CompletedProcess[str]) -> Place:
    """Start the lab again after the demo has ended it."""
    done = place.defcheck("lab", "up")
    assert done.returncode == 0, done.stderr
    return place


def verdict(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "verdict.json").read_bytes())
    jsonschema.validate(document, json.loads(SCHEMA.read_bytes()))
    return document


def outcomes(document: dict[str, Any], outcome: str) -> dict[str, str]:
    """Return the counted tests with an outcome, by method, and the reason of each."""
    return {
        test["name"].rsplit(".", 1)[-1]: test["reason"]
        for capability in document["capabilities"]
        for test in capability["tests"]
        if test["counted"] and test["outcome"] == outcome
    }


def test_the_demo_passes_and_says_where_the_report_lies(
    place: Place, demo: subprocess.CompletedProcess[str]
) -> None:
    assert demo.returncode == 0, demo.stderr
    assert demo.stdout.startswith("PASS  OpenStack Powered Storage, guideline 2020.06")
    assert "Report: demo/report.html" in demo.stdout
    document = verdict(place.folder / "demo")
    assert document["counts"]["counted"] == {
        "total": 58,
        "passed": 58,
        "allowed": 0,
        "failed": 0,
        "incomplete": 0,
    }
    assert document["refstack"]["answer"] == "YES"
    assert document["run"]["credentials"] == "pool"
    assert not list(place.folder.glob("demo.accounts*")), "its users are removed"
    left = document["run"]["leftovers"]
    assert (left["ours"], left["unproven"], left["unseen"]) == ([], [], [])
    assert len(document["run"]["cloud"]["cpid"]) == 32


def test_the_demo_shows_progress_line_by_line_without_a_terminal(
    demo: subprocess.CompletedProcess[str],
) -> None:
    assert re.search(r"^ *58/58 passed ", demo.stderr, re.MULTILINE)
    assert "\x1b" not in demo.stdout + demo.stderr


def test_the_demo_leaves_nothing_running(
    place: Place, demo: subprocess.CompletedProcess[str]
) -> None:
    marked = [
        process.pid
        for process in psutil.process_iter()
        if str(place.state) in " ".join(cmdline(process))
    ]
    assert marked == []


def cmdline(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def test_a_run_directory_is_whole_and_holds_no_secret(
    place: Place, demo: subprocess.CompletedProcess[str]
) -> None:
    folder = place.folder / "demo"
    assert {path.name for path in folder.iterdir()} == KEPT
    secrets = place.secrets()
    assert len(secrets) >= 6
    shown = [path.read_text(errors="replace") for path in folder.iterdir()]
    for secret in secrets:
        assert not any(secret in text for text in (*shown, demo.stdout, demo.stderr))


def test_no_workspace_with_secrets_is_left(
    place: Place, demo: subprocess.CompletedProcess[str], tmp_path: Path
) -> None:
    environment = {**place.environment, "TMPDIR": str(tmp_path)}
    subprocess.run(
        [*DEFCHECK, "guideline", "tests", "2020.06", "-t", "object", "--format", "load-list"],
        env=environment,
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert list(tmp_path.iterdir()) == []


def test_scoring_the_run_again_gives_the_same_document(
    place: Place, demo: subprocess.CompletedProcess[str]
) -> None:
    again = place.defcheck("score", "demo", "-f", "json")
    assert again.returncode == 0
    assert json.loads(again.stdout) == verdict(place.folder / "demo")


def test_scoring_the_run_against_another_guideline_changes_nothing_in_it(
    place: Place, demo: subprocess.CompletedProcess[str]
) -> None:
    before = (place.folder / "demo" / "verdict.json").read_bytes()
    other = place.defcheck("score", "demo", "-g", "2018.02", "-t", "compute")
    assert other.returncode == 3, other.stderr
    assert (place.folder / "demo" / "verdict.json").read_bytes() == before


def test_the_run_can_be_handed_in_with_the_cloud_s_own_id(
    lab: Place, demo: subprocess.CompletedProcess[str]
) -> None:
    with refstack() as server:
        done = lab.defcheck("upload", "demo", "--url", server.url)
        assert (done.returncode, done.stderr) == (0, "")
        run = server.runs[0]
    document = verdict(lab.folder / "demo")
    assert run["cpid"] == document["run"]["cloud"]["cpid"]
    assert len(run["results"]) == 58
    assert 0 < run["duration_seconds"] < 500
    written = lab.folder / "demo.json"
    done = lab.defcheck("upload", "demo", "--format", "refstack", "-o", written)
    assert done.returncode == 0
    again = json.loads(lab.defcheck("score", written, *STORAGE, "-f", "json").stdout)
    assert again["refstack"] == document["refstack"]
    # The lab was started anew, and its Keystone is the same.
    results = lab.folder / "demo" / "results.subunit"
    shown = lab.defcheck("upload", results, "--cloud", "defcheck-lab-member", "--dry-run")
    assert json.loads(shown.stdout)["cpid"] == run["cpid"]
    written.write_text(written.read_text().replace(run["cpid"], "of-another-cloud"))
    other = lab.defcheck("upload", written, "--cloud", "defcheck-lab", "--dry-run")
    assert other.returncode == 2
    assert "made on the cloud with the id of-another-cloud" in other.stderr


def test_the_run_is_evidence(place: Place, demo: subprocess.CompletedProcess[str]) -> None:
    packed = place.defcheck("bundle", "demo", "-o", "demo.tar")
    assert packed.returncode == 0, packed.stderr
    done = place.defcheck("verify", "demo.tar")
    assert done.returncode == 0, done.stdout
    assert "proved      All 58 results are of tests that the run planned" in done.stdout
    assert (
        "gives the same verdict: pass, OpenStack Powered Storage, guideline 2020.06." in done.stdout
    )
    data = (place.folder / "demo.tar").read_bytes()
    assert not any(secret.encode() in data for secret in place.secrets())


def test_the_run_can_be_made_into_a_package(
    place: Place, demo: subprocess.CompletedProcess[str]
) -> None:
    folder = place.folder / "package"
    assert place.defcheck("package", "demo", "-o", folder).returncode == 0
    assert place.defcheck("package", "--check", folder).returncode == 3
    fill(folder)
    done = place.defcheck("package", "--seal", folder, "-o", "package.tar")
    assert done.returncode == 0, done.stdout
    done = place.defcheck("package", "--check", "package.tar")
    assert done.returncode == 0, done.stdout
    assert "the verdict is pass" in done.stdout
    everything = b"".join(path.read_bytes() for path in folder.iterdir())
    for secret in place.secrets():
        assert secret.encode() not in everything


def test_plain_members_cannot_prove_everything_and_the_report_says_what(lab: Place) -> None:
    done = lab.defcheck(
        *("run", "--cloud", "defcheck-lab-member", *STORAGE, "-o", "members"),
        *("--accounts", lab.state / "accounts.yaml"),
    )
    assert done.returncode == 3, done.stderr
    document = verdict(lab.folder / "members")
    assert document["counts"]["counted"]["passed"] == 55
    skipped = outcomes(document, "skipped")
    assert set(skipped) == {
        "test_upload_valid_object",
        "test_user_modify_quota",
        "test_list_containers_with_marker",
    }
    assert "ResellerAdmin" in skipped["test_user_modify_quota"]
    assert "ResellerAdmin" in done.stdout


def test_one_plain_login_runs_what_it_can(lab: Place) -> None:
    done = lab.defcheck("run", "--cloud", "defcheck-lab-member", *STORAGE, "-o", "single")
    assert done.returncode == 3, done.stderr
    document = verdict(lab.folder / "single")
    assert document["run"]["credentials"] == "single account"
    assert document["run"]["workers"] == 1
    assert document["counts"]["counted"]["passed"] > 30
    assert document["counts"]["counted"]["failed"] == 0
    lacking = outcomes(document, "not run")
    assert lacking, "some tests need two users"
    assert set(lacking.values()) == {
        "It needs a second account in another project, which --accounts would give",
        "More accounts would not help: Skipped because of bug#2147232.",
    }
    assert "It needs a second account in another project" in done.stdout
    assert not any(
        secret in path.read_text(errors="replace")
        for secret in lab.secrets()
        for path in (lab.folder / "single").iterdir()
    )


def test_tempest_may_make_the_users_itself(lab: Place) -> None:
    done = lab.defcheck(
        *("run", "--cloud", "defcheck-lab", *STORAGE, "-o", "dynamic", "--users", "dynamic")
    )
    assert done.returncode == 0, done.stderr
    document = verdict(lab.folder / "dynamic")
    assert document["run"]["credentials"] == "dynamic"
    assert document["counts"]["counted"]["passed"] == 58


def test_a_tempest_conf_of_one_s_own(lab: Place) -> None:
    redacted = (lab.folder / "demo" / "tempest.conf").read_text()
    conf = redacted.replace("use_dynamic_credentials = true", "use_dynamic_credentials = false")
    conf = re.sub(r"http://127\.0\.0\.1:\d+", auth_url(lab).removesuffix("/v3"), conf)
    (lab.folder / "own.conf").write_text(conf)
    done = lab.defcheck(
        *("run", "--tempest-conf", "own.conf", "--accounts", lab.state / "accounts.yaml"),
        *(*STORAGE, "-o", "own", "-j", "1"),
    )
    assert done.returncode == 3, done.stderr
    assert verdict(lab.folder / "own")["counts"]["counted"]["passed"] == 55


def auth_url(lab: Place) -> str:
    clouds = yaml.safe_load((lab.state / "clouds.yaml").read_text())["clouds"]
    return str(clouds["defcheck-lab"]["auth"]["auth_url"])


def test_a_wrong_password_is_said_and_nothing_is_made(lab: Place) -> None:
    clouds = yaml.safe_load((lab.state / "clouds.yaml").read_text())
    wrong = clouds["clouds"]["defcheck-lab-member"]
    wrong["auth"]["password"] = "canary-wrong"
    (lab.folder / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"mistyped": wrong}}))
    done = lab.defcheck("run", "--cloud", "mistyped", *STORAGE, "-o", "wrong")
    assert done.returncode == 4
    assert "refused the login (HTTP 401)" in done.stderr
    assert "canary-wrong" not in done.stderr
    assert "Traceback" not in done.stderr
    assert not (lab.folder / "wrong").exists()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_keeps_what_was_done(
    lab: Place, sent: signal.Signals, tmp_path: Path
) -> None:
    name = f"cut-{sent.name}"
    process = subprocess.Popen(
        [*DEFCHECK, "run", "--cloud", "defcheck-lab", *STORAGE, "-o", name],
        cwd=lab.folder,
        env={**lab.environment, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    journal = lab.folder / name / "journal.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if journal.exists() and journal.read_text().count('"passed"') >= 5:
            break
        time.sleep(0.2)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(sent)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert f"planned tests ended; they are kept in {name}." in stderr
    assert f"Continue: defcheck resume {name}" in stderr
    assert "Leftovers: " in stdout
    assert children
    assert not any(alive(child) for child in children)
    assert list(tmp_path.iterdir()) == []
    # A test that was cut off may have left a container, with which its project stays.
    left = list(lab.folder.glob(f"{name}.accounts*"))
    assert bool(left) == ("Kept: project" in stderr)
    assert bool(left) == (f"`defcheck cloud accounts delete {name}.accounts.yaml`" in stderr)
    document = verdict(lab.folder / name)
    assert document["run"]["state"] == "interrupted"
    assert document["verdict"] in ("incomplete", "fail")
    assert document["counts"]["counted"]["passed"] >= 5
    assert outcomes(document, "not run")
    assert lab.defcheck("score", name).returncode in (1, 3)


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_cloud_that_dies_in_the_middle_fails_and_is_told(lab: Place) -> None:
    process = subprocess.Popen(
        [*DEFCHECK, "run", "--cloud", "defcheck-lab", *STORAGE, "-o", "died"],
        cwd=lab.folder,
        env=lab.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    journal = lab.folder / "died" / "journal.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if journal.exists() and journal.read_text().count('"passed"') >= 5:
            break
        time.sleep(0.2)
    assert lab.defcheck("lab", "down").returncode == 0
    stdout, stderr = process.communicate(timeout=400)
    assert process.returncode == 1, stderr
    assert stdout.startswith("FAIL")
    assert "refused" in stdout
    assert "`defcheck cloud accounts delete died.accounts.yaml` deletes them" in stderr
    document = verdict(lab.folder / "died")
    assert document["run"]["state"] == "finished"
    assert outcomes(document, "fixture error")
    assert "Could not scan the cloud" in document["run"]["leftovers"]["unseen"][0]
