"""The preflight for real: a real Keystone and Swift, a real Tempest, and real faults in them."""

import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.e2e.cloud.tls_proxy import tls_in_front_of
from tests.webserver import write_certificate

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    # openstacksdk warns of an option that nobody set.
    pytest.mark.filterwarnings(
        "ignore:Support for InfluxDB", "ignore::openstack.warnings.RemovedInSDK50Warning"
    ),
]

SCHEMAS = Path(__file__).resolve().parents[3] / "reports/schemas"
STORAGE = ("-g", "2020.06", "-t", "storage")


@pytest.fixture
def admin(lab: Any) -> Iterator[Any]:
    with lab.connect() as connection:
        yield connection


def check(lab: Any, cloud: str, *more: str | Path, code: int) -> dict[str, Any]:
    done = lab.defcheck("cloud", "check", cloud, *STORAGE, *more, "-f", "json")
    assert done.returncode == code, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(document, json.loads((SCHEMAS / "preflight-1.json").read_bytes()))
    return document


def harmful(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["subject"]: one for one in document["findings"] if one["state"] != "fine"}


def own_cloud(lab: Any, name: str, base: str = "defcheck-lab-member", **changes: Any) -> str:
    """Add a cloud of the tests' own to clouds.yaml, made of one of the lab's."""
    path = lab.folder / "clouds.yaml"
    known = yaml.safe_load(path.read_text()) if path.exists() else {"clouds": {}}
    entry = yaml.safe_load((lab.state / "clouds.yaml").read_text())["clouds"][base]
    auth = {**entry["auth"], **changes.pop("auth", {})}
    known["clouds"][name] = {**entry, **changes, "auth": auth}
    path.write_text(yaml.safe_dump(known))
    return name


def refused(lab: Any, code: int, *arguments: str | Path) -> str:
    """Run the tests, which must be refused before the first one; return the words."""
    done = lab.defcheck("run", *STORAGE, "-o", "refused", *arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert not (lab.folder / "refused").exists()
    words: str = done.stderr[done.stderr.index("Error: ") :]
    return words


def test_an_administrators_cloud_is_clear(lab: Any) -> None:
    document = check(lab, "defcheck-lab", code=0)
    assert document["clear"] is True
    assert harmful(document) == {}
    assert document["tests"]["foreseen"] == {}
    assert document["tests"]["demanded"] == 58
    done = lab.defcheck("cloud", "check", "defcheck-lab", *STORAGE)
    assert done.returncode == 0
    last = done.stdout.splitlines()[-1]
    assert last == "Next: defcheck run --cloud defcheck-lab -g 2020.06 -t storage"


@pytest.mark.parametrize("accounts", [True, False], ids=["accounts", "single"])
def test_what_is_predicted_comes_true(lab: Any, accounts: bool) -> None:
    given = ("--accounts", lab.state / "accounts.yaml") if accounts else ()
    document = check(lab, "defcheck-lab-member", *given, code=3)
    folder = lab.folder / f"foreseen-{accounts}"
    done = lab.defcheck("run", "--cloud", "defcheck-lab-member", *STORAGE, "-o", folder, *given)
    assert done.returncode == 3, done.stderr
    run = json.loads((folder / "verdict.json").read_bytes())["run"]
    skips = 3 if accounts else 2
    assert run["foresight"]["skips"] == {
        "foreseen": skips,
        "came_true": skips,
        "not_true": [],
        "not_foreseen": [],
    }
    assert run["foresight"]["fixture_errors"]["not_foreseen"] == []
    record = json.loads((folder / "run.json").read_bytes())
    assert record["foreseen"] == document["tests"]["foreseen"]
    assert len(run["second_account"]) == (0 if accounts else 13)
    if not accounts:
        assert harmful(document)["second account"]["tests"] == run["second_account"]
        assert "More accounts are needed for 13 tests" in done.stderr
        assert "Tempest would skip 1 test even with more accounts" in done.stderr
        assert "more accounts are needed for 13 tests" in " ".join(done.stdout.split())
        assert "13 not run: It needs a second account" in done.stdout
        verdict = json.loads((folder / "verdict.json").read_bytes())
        assert document["tests"]["will_not_pass"]["all"] == 16
        assert verdict["counts"]["counted"]["incomplete"] == 16


def test_a_region_that_the_cloud_does_not_have(lab: Any) -> None:
    words = refused(lab, 2, "--cloud", own_cloud(lab, "lost", region_name="Elsewhere"))
    assert "has no region Elsewhere in its catalogue" in words
    assert "Available: RegionOne" in words


@contextmanager
def a_user(lab: Any, admin: Any, name: str, role: str) -> Iterator[str]:
    """Make a user in the project of the lab's member; yield a cloud with that login."""
    password = f"canary-{name}"
    user = admin.identity.create_user(name=name, password=password, domain_id="default")
    project = next(one for one in admin.identity.projects() if one.name == "defcheck-member")
    granted = next(one for one in admin.identity.roles() if one.name == role)
    admin.identity.assign_project_role_to_user(project, user, granted)
    yield own_cloud(lab, name, auth={"username": name, "password": password})
    admin.identity.delete_user(user)


def test_a_password_that_has_expired(lab: Any, admin: Any) -> None:
    with a_user(lab, admin, "late", "member") as cloud:
        # Keystone has no call that lets a password expire now.
        database = sqlite3.connect(lab.state / "data/keystone.sqlite", timeout=30)
        with database:
            database.execute(
                "UPDATE password SET expires_at = '2020-01-01 00:00:00.000000', "
                "expires_at_int = 1577836800000000 "
                "WHERE local_user_id IN (SELECT id FROM local_user WHERE name = 'late')"
            )
        database.close()
        words = refused(lab, 4, "--cloud", cloud)
    assert "the password has expired" in words
    assert "canary-late" not in words


@pytest.fixture
def secure(lab: Any, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Return a cloud behind TLS with a certificate of its own, and the certificate."""
    certificate = write_certificate(tmp_path / "own.pem")
    port = json.loads((lab.state / "settings.json").read_bytes())["ports"]["keystone"]
    with tls_in_front_of(port, certificate) as address:
        yield own_cloud(lab, "secure", auth={"auth_url": f"{address}/v3"}), certificate


def test_a_certificate_of_its_own_without_its_file(lab: Any, secure: tuple[str, Path]) -> None:
    words = refused(lab, 4, "--cloud", secure[0])
    assert "is not trusted: self-signed certificate" in words
    assert "--cacert" in words


def test_a_certificate_of_its_own_with_its_file(lab: Any, secure: tuple[str, Path]) -> None:
    cloud, certificate = secure
    document = check(lab, cloud, "--cacert", certificate, code=3)
    assert set(harmful(document)) == {"second account", "will skip"}
    done = lab.defcheck(
        *("run", "--cloud", cloud, "--cacert", certificate, *STORAGE, "-o", "secure"),
        *("--accounts", lab.state / "accounts.yaml"),
    )
    assert done.returncode == 3, done.stderr
    document = json.loads((lab.folder / "secure/verdict.json").read_bytes())
    assert document["counts"]["counted"]["passed"] == 55
    assert f"--accounts accounts.yaml --cacert {certificate.name}" in document["reproduce"]
    cleanup = ("cleanup", "secure", "--accounts", lab.state / "accounts.yaml")
    assert "is not trusted" in lab.defcheck(*cleanup).stderr
    done = lab.defcheck(*cleanup, "--cacert", certificate)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_command_that_logs_in_takes_the_authorities(
    lab: Any, secure: tuple[str, Path]
) -> None:
    """An error that tells of --cacert tells of an option that there is."""
    _, certificate = secure
    address = yaml.safe_load((lab.folder / "clouds.yaml").read_text())["clouds"]["secure"]["auth"]
    cloud = own_cloud(lab, "secure-admin", "defcheck-lab", auth={"auth_url": address["auth_url"]})
    file, trusting = "secure-accounts.yaml", ("--cacert", certificate)
    for words in (
        ("cloud", "configure", cloud, "--stdout"),
        ("cloud", "accounts", "create", cloud, "-n", "1", "-o", file),
        ("cloud", "accounts", "check", file, "--cloud", cloud),
        ("cloud", "accounts", "delete", file),
    ):
        done = lab.defcheck(*words, *trusting)
        assert done.returncode == 0, done.stdout + done.stderr
    done = lab.defcheck("cloud", "configure", cloud, "--stdout")
    assert done.returncode == 4
    assert "Pass its CA certificate by --cacert" in done.stderr


@pytest.fixture
def dead_region(lab: Any, admin: Any) -> Iterator[str]:
    """Return a cloud in a region whose Swift is gone from its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/v1/AUTH_%(project_id)s"
    region = admin.identity.create_region(id="Dead")
    made = []
    for kind, url in (("object-store", closed), ("identity", admin.config.auth["auth_url"])):
        service = next(one for one in admin.identity.services() if one.type == kind)
        made.append(
            admin.identity.create_endpoint(
                service_id=service.id, interface="public", region_id="Dead", url=url
            )
        )
    yield own_cloud(lab, "dead", region_name="Dead")
    for endpoint in made:
        admin.identity.delete_endpoint(endpoint)
    admin.identity.delete_region(region)


def test_an_endpoint_in_the_catalogue_that_is_dead(lab: Any, dead_region: str) -> None:
    words = refused(lab, 4, "--cloud", dead_region)
    assert "Object-store: http://127.0.0.1:" in words
    assert "could not be reached: the connection was refused" in words
    assert "56 of 58 tests cannot pass" in words
    document = check(lab, dead_region, code=3)
    found = harmful(document)["object-store"]
    assert found["run_refused"] is True
    assert len(found["tests"]) == 56
    done = lab.defcheck("cloud", "check", dead_region, *STORAGE)
    assert done.stdout.splitlines()[-1].endswith("--regardless, or fix the cloud first")


def accounts_file(lab: Any, path: Path, **changes: str) -> Path:
    """Write the lab's accounts with the second one changed."""
    entries = lab.entries()
    entries[1].update(changes)
    path.write_text(yaml.safe_dump(entries))
    return path


def test_accounts_with_a_wrong_password(lab: Any, tmp_path: Path) -> None:
    path = accounts_file(lab, tmp_path / "wrong.yaml", password="canary-wrong")
    words = refused(lab, 2, "--cloud", "defcheck-lab-member", "--accounts", path)
    assert "defcheck-test-2" in words
    assert "the cloud refused the login (HTTP 401)" in words
    assert "canary-wrong" not in words


def test_accounts_that_share_a_project(lab: Any, tmp_path: Path) -> None:
    first = lab.entries()[0]
    path = accounts_file(lab, tmp_path / "shared.yaml", project_name=first["project_name"])
    words = refused(lab, 2, "--cloud", "defcheck-lab-member", "--accounts", path)
    assert "defcheck-test-2" in words


def test_a_tempest_conf_of_another_cloud_or_region(lab: Any, tmp_path: Path) -> None:
    conf = tmp_path / "other.conf"
    conf.write_text("[identity]\nuri_v3 = http://192.0.2.1:5000/v3\n")
    words = refused(lab, 2, "--cloud", "defcheck-lab-member", "--tempest-conf", conf)
    assert "is for http://192.0.2.1:5000/v3, but cloud defcheck-lab-member is at" in words
    with lab.connect() as admin:
        auth_url = admin.config.auth["auth_url"]
    conf.write_text(f"[identity]\nuri_v3 = {auth_url}\nregion = Other\n")
    words = refused(lab, 2, "--cloud", "defcheck-lab-member", "--tempest-conf", conf)
    assert "is for region Other" in words
    conf.write_text(f"[IDENTITY]\nuri_v3 = '{auth_url}/'\nregion: \"Other\"\n")
    words = refused(lab, 2, "--cloud", "defcheck-lab-member", "--tempest-conf", conf)
    assert "is for region Other" in words


def test_a_user_who_may_not_use_swift(lab: Any, admin: Any) -> None:
    with a_user(lab, admin, "poor", "reader") as cloud:
        words = refused(lab, 4, "--cloud", cloud)
    assert "no access to the account of this user" in words


def test_a_run_that_is_wanted_all_the_same(lab: Any, dead_region: str) -> None:
    more = ("--accounts", lab.state / "accounts.yaml", "--regardless", "--set", "auth.my_secret=s3")
    done = lab.defcheck("run", "--cloud", dead_region, *STORAGE, "-o", "all-same", *more)
    assert done.returncode == 1, done.stderr
    document = json.loads((lab.folder / "all-same/verdict.json").read_bytes())
    assert "--set 'auth.my_secret=***' --regardless" in document["reproduce"]
    assert '"auth.my_secret=***"' in (lab.folder / "all-same/run.json").read_text()
    assert done.stdout.startswith("FAIL")
