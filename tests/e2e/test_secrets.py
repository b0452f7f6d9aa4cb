"""A real run tells no secret: not in a file, a bundle, a package, an upload or on a terminal."""

import json
import re
import signal
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e import canaries
from tests.e2e.test_faults import Running, few
from tests.e2e.test_run import Place as RunPlace

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

TOLD = re.compile(rb"\*\*\*")
WRONG = "Wr0ng-C4nary-7Kq9/xZ"


@dataclass(frozen=True)
class Place(RunPlace):
    """A lab, a plugin that tells secrets, and all that a terminal was shown."""

    shown: list[str] = field(default_factory=list)

    @property
    def plugin(self) -> Path:
        return self.folder / "plugin"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **super().environment,
            "PYTHONPATH": str(self.plugin),
            "DEFCHECK_KEY_PASSPHRASE": WRONG,
            "OS_CLIENT_CONFIG_FILE": str(self.folder / "given/clouds.yaml"),
        }

    def defcheck(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        done = super().defcheck(*arguments)
        self.shown.append(done.stdout + done.stderr)
        return done

    def every_secret(self) -> set[str]:
        return {*canaries.CANARIES.values(), canaries.FERNET, WRONG, *self.secrets()}


def guideline(**tests: dict[str, str]) -> dict[str, Any]:
    """Return a few of the storage tests, and capabilities with the plugin's."""
    document = few()
    document["metadata"]["id"] = "canary"
    storage = document["components"]["os_powered_storage"]["capabilities"]
    storage["required"] = ["identity-v3-tokens-create", *tests]
    pattern = document["capabilities"]["identity-v3-tokens-create"]
    for name, ids in tests.items():
        entries = {test: {"idempotent_id": uuid} for test, uuid in ids.items()}
        document["capabilities"][name] = {**pattern, "tests": entries}
    return document


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Return a place in which a run failed, and one was interrupted."""
    place = Place(tmp_path_factory.mktemp("secrets"))
    canaries.make_plugin(place.plugin)
    given = place.folder / "given"
    given.mkdir()
    (given / "loud.json").write_text(json.dumps(guideline(loud=canaries.IDS)))
    (given / "slow.json").write_text(json.dumps(guideline(slow=canaries.SLEEPER)))
    (given / "clouds.yaml").write_text("clouds: {}\n")
    try:
        done = place.defcheck("lab", "up")
        assert done.returncode == 0, done.stderr
        auth = yaml.safe_load((place.state / "clouds.yaml").read_text())["clouds"]["defcheck-lab"]
        auth["auth"]["password"] = WRONG
        (given / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"wrong": auth}}))
        yield place
    finally:
        place.defcheck("lab", "clean")


@pytest.fixture(scope="module")
def failed(place: Place) -> Path:
    """Return a run that failed, as users that were made for it."""
    outputs = [
        word for form in FORMATS for word in ("-f", f"{form}:failed.{form}") if form != "text"
    ]
    what = ("--cloud", "defcheck-lab", "-g", "given/loud.json", "-t", "storage", "-o", "failed")
    done = place.defcheck(
        "run", *what, "-v", "-j", "2", "--rerun", "failed", "-f", "text", *outputs
    )
    assert done.returncode == 1, done.stderr
    return place.folder / "failed"


@pytest.fixture(scope="module")
def interrupted(place: Place) -> Path:
    """Return a run as users of an accounts file that was interrupted while a test slept."""
    what = ("--cloud", "defcheck-lab-member", "-g", "given/slow.json", "-t", "storage")
    accounts = ("--accounts", place.state / "accounts.yaml")
    running = Running(place, "interrupted", "run", *what, "-o", "interrupted", "-v", *accounts)
    results = place.folder / "interrupted/results.subunit"
    log = place.folder / "interrupted/runner.log"
    journal = place.folder / "interrupted/journal.jsonl"
    running.wait_for(lambda: results.exists() and log.exists() and b"***" in log.read_bytes())
    running.wait_for(lambda: '"passed"' in journal.read_text())
    code, stdout, stderr = running.end(signal.SIGINT)
    place.shown.append(stdout + stderr)
    assert code == 130, stderr
    return place.folder / "interrupted"


FORMATS = ("text", "json", "html", "markdown", "rst", "junit", "csv", "refstack")


def refuse_secrets(place: Place) -> int:
    """Search everything that was written or shown; return how many files were."""
    sought = {form for secret in place.every_secret() for form in canaries.forms(secret)}
    assert all(len(form) >= 8 for form in sought)
    files = [
        path
        for path in place.folder.rglob("*")
        if path.is_file()
        and path.relative_to(place.folder).parts[0] not in ("lab", "plugin", "given")
    ]
    for path in files:
        data = path.read_bytes()
        found = [form for form in sought if form in data]
        assert not found, f"{path}: {found}"
    shown = "\n".join(place.shown).encode()
    found = [form for form in sought if form in shown]
    assert not found, f"on a terminal: {found}"
    return len(files)


def test_the_tests_told_their_secrets(place: Place, failed: Path) -> None:
    """What would show nothing proves nothing: each secret left its mark."""
    document = json.loads((failed / "verdict.json").read_bytes())
    tests = {one["name"]: one for item in document["capabilities"] for one in item["tests"]}
    outcomes = {name.rpartition(".")[2]: tests[name]["outcome"] for name in canaries.IDS}
    assert outcomes == {
        "test_fails": "failed",
        "test_skips": "skipped",
        "test_passes": "passed",
        "test_never": "fixture error",
    }
    results = (failed / "results.subunit").read_bytes()
    assert len(TOLD.findall(results)) > 100
    assert b"has the token ***" in results
    assert b"'X-Account-Meta-Temp-URL-Key': '***'" in results
    log = (failed / "runner.log").read_text()
    for line in ("adminPass: ***", "token=***", "password=***", "the login is ***"):
        assert line in log, log
    assert "X-Auth-Token: ***" in json.dumps(document)


def test_no_file_and_no_terminal_tells_one(place: Place, failed: Path, interrupted: Path) -> None:
    assert refuse_secrets(place) > 25
    for run in (failed, interrupted):
        assert stat.S_IMODE(run.stat().st_mode) == 0o700
        for name in ("results.subunit", "runner.log", "journal.jsonl", "made.jsonl"):
            assert stat.S_IMODE((run / name).stat().st_mode) == 0o600, name
    assert list((place.folder / "tmp-interrupted").iterdir()) == []


def test_nothing_that_is_made_of_them_tells_one(
    place: Place, failed: Path, interrupted: Path
) -> None:
    made = place.folder / "made"
    made.mkdir()
    for form in FORMATS:
        done = place.defcheck(
            "report", failed, "-v", "-f", form, "-f", f"{form}:made/report.{form}"
        )
        assert done.returncode == 0, done.stderr
    place.defcheck("score", failed, "--all", "-f", "json")
    place.defcheck("compare", failed, interrupted, "-g", "given/loud.json", "-t", "storage")
    place.defcheck("gate", failed)
    place.defcheck("explain", "test_fails", "--results", failed)
    place.defcheck("cleanup", failed)
    for name in ("failed", "interrupted"):
        done = place.defcheck("bundle", name, "-o", f"made/{name}.tar")
        assert done.returncode == 0, done.stderr
        done = place.defcheck("verify", f"made/{name}.tar", "-f", "json")
        assert done.returncode == 0, done.stdout
        checks = [one["check"] for one in json.loads(done.stdout)["not_proved"]]
        assert ("redaction" in checks) is (name == "failed")
    done = place.defcheck("bundle", "failed", "-o", "made/n.tar", "--redact", "addresses,names")
    assert done.returncode == 0, done.stderr
    assert b"defcheck-lab" not in (made / "n.tar").read_bytes()
    assert place.defcheck("verify", "made/n.tar").returncode == 0
    done = place.defcheck("package", "failed", "-o", "made/package")
    assert done.returncode == 0, done.stderr
    place.defcheck("package", "--check", "made/package")
    done = place.defcheck("upload", "failed", "--dry-run", "--partial")
    assert done.returncode == 0, done.stderr
    place.defcheck(
        "upload", "failed", "--partial", "--format", "refstack", "-o", "made/passed.json"
    )
    assert refuse_secrets(place) > 40


def test_no_error_tells_one(place: Place) -> None:
    conf = place.folder / "given/tempest.conf"
    conf.write_text(f"[auth]\nadmin_password = {WRONG}\nno option\n")
    key = place.folder / "given/key"
    key.write_text(f"-----BEGIN RSA PRIVATE KEY-----\n{WRONG}\n-----END RSA PRIVATE KEY-----\n")
    key.chmod(0o600)
    what = ("-g", "2020.06", "-t", "storage")
    refused = [
        place.defcheck(*debug, *command)
        for debug in ((), ("--debug",))
        for command in (
            ("cloud", "check", "wrong", *what),
            ("run", "--cloud", "wrong", *what, "-o", "none"),
            ("run", "--tempest-conf", conf, *what, "-o", "none"),
            ("run", "--cloud", "wrong", "--set", f"auth.admin_password={WRONG}", *what),
            ("run", "--cloud", "defcheck-lab", "--set", f"admin_password={WRONG}", *what),
            ("run", "--cloud", f"password={WRONG}", *what),
            ("score", f"http://u:{WRONG}@h/", *what),
            ("run", f"--password={WRONG}"),
            ("upload", "none", "--url", f"https://u:{WRONG}@127.0.0.1:1/"),
            ("key", "sign", key),
            ("cloud", "accounts", "create", "wrong", "-o", "accounts.yaml"),
        )
    ]
    assert all(done.returncode in (2, 4) for done in refused), refused
    done = place.defcheck("cloud", "check", "defcheck-lab", *what, "-v")
    assert done.returncode in (0, 3), done.stderr
    refuse_secrets(place)
    assert not (place.folder / "none").exists()


def test_only_files_of_the_lab_hold_any(place: Place) -> None:
    """They are their owner's alone."""
    held = [place.state / name for name in ("clouds.yaml", "accounts.yaml", "settings.json")]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in held)
