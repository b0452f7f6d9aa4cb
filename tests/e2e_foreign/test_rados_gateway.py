"""Ceph's RADOS Gateway: an object store that is not Swift, told as it is.

Each setting has its truth, which was found out by trying all tests against it.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e_foreign.ceph import Gateway
from tests.e2e_foreign.conftest import ACCOUNTS, Foreign

pytestmark = [
    pytest.mark.e2e_foreign,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings(
        "ignore:Support for InfluxDB", "ignore::openstack.warnings.RemovedInSDK50Warning"
    ),
]

STORAGE = ("-g", "2020.06", "-t", "storage")
COUNTED = 58
"""Tests of storage, each counted once; RefStack counts 60 pairs of a capability and a test."""


@dataclass(frozen=True)
class Good:
    """A setting with which all counted tests pass without an option of the user's."""

    gateway: Gateway
    path: str
    reseller_role: str = "ResellerAdmin"


GOOD = {
    "defaults": Good(Gateway(), f"/swift/v1/{ACCOUNTS}"),
    "at the root": Good(Gateway(prefix="/"), f"/v1/{ACCOUNTS}"),
    "admin alone sets quotas": Good(
        Gateway(admin_roles="admin"), f"/swift/v1/{ACCOUNTS}", reseller_role="admin"
    ),
}


def check(foreign: Foreign, *options: str | Path) -> dict[str, Any]:
    """Return what is not fine, by its subject."""
    done = foreign.defcheck("cloud", "check", "defcheck-lab", *STORAGE, "-f", "json", *options)
    assert done.returncode in (0, 3), done.stderr
    found = json.loads(done.stdout)["findings"]
    return {one["subject"]: one for one in found if one["state"] != "fine"}


def run(foreign: Foreign, output: Path, *more: str, code: int) -> dict[str, Any]:
    """Return the verdict of a run."""
    done = foreign.defcheck("run", "--cloud", "defcheck-lab", *STORAGE, "-o", output, *more)
    assert done.returncode == code, done.stderr
    assert "Leftovers: none" in done.stderr
    verdict: dict[str, Any] = json.loads((output / "verdict.json").read_bytes())
    return verdict


def failed(verdict: dict[str, Any]) -> set[str]:
    """Return class and method of the counted tests that did not pass."""
    return {
        short(test["name"])
        for capability in verdict["capabilities"]
        for test in capability["tests"]
        if test["outcome"] != "passed"
    }


def short(name: str) -> str:
    return ".".join(name.split(".")[-2:])


def refused(foreign: Foreign, output: Path) -> str:
    """Return why a run is refused before its first test; nothing of it stays in the cloud."""
    users = names_of_users(foreign)
    done = foreign.defcheck("run", "--cloud", "defcheck-lab", *STORAGE, "-o", output)
    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert not output.exists()
    assert names_of_users(foreign) == users
    return done.stderr[done.stderr.index("Error: ") :]


def names_of_users(foreign: Foreign) -> set[str]:
    with foreign.connect() as admin:
        return {one.name for one in admin.identity.users()}


def probes_left(foreign: Foreign) -> list[str]:
    """Return what a probe left in the administrator's account and user."""
    with foreign.connect() as admin:
        user = admin.current_user_id
        credentials = admin.identity.application_credentials(user)
        keys = admin.object_store.head("").headers.get("X-Account-Meta-Temp-Url-Key-2")
        containers = [one.name for one in admin.object_store.containers()]
        return [*(one.name for one in credentials), *containers, *([keys] if keys else [])]


@pytest.mark.parametrize("name", GOOD)
def test_a_run_passes_without_any_option(name: str, foreign: Foreign, tmp_path: Path) -> None:
    case = GOOD[name]
    foreign.use(case.gateway, case.path)
    found = check(foreign)
    assert set(found) == {"capability versioned_writes", "digest of temporary URLs"}
    assert {one["state"] for one in found.values()} == {"not seen"}
    verdict = run(foreign, tmp_path / "run", code=0)
    assert verdict["counts"]["counted"]["passed"] == COUNTED
    conf = (tmp_path / "run/tempest.conf").read_text()
    assert re.search(r"# probed: .*\ntempurl_digest_hashlib = sha1\n", conf)
    assert re.search(rf"# probed: .*\nreseller_admin_role = {case.reseller_role}\n", conf)
    assert re.search(r"# default: .*\nobject_versioning = true\n", conf)
    assert probes_left(foreign) == []


def test_what_users_of_an_accounts_file_may_do_is_tried_as_one_of_them(
    foreign: Foreign, tmp_path: Path
) -> None:
    foreign.use(Gateway(), f"/swift/v1/{ACCOUNTS}")
    done = foreign.defcheck(
        *("cloud", "configure", "defcheck-lab", "--probe", "-o", tmp_path / "tempest.conf"),
        *("--accounts", foreign.state / "accounts.yaml"),
    )
    assert done.returncode == 0, done.stderr
    conf = (tmp_path / "tempest.conf").read_text()
    assert re.search(r"# probed: .*\ntempurl_digest_hashlib = sha1\n", conf)
    assert probes_left(foreign) == []


def test_versioning_that_is_off_fails_its_test_alone(foreign: Foreign, tmp_path: Path) -> None:
    foreign.use(Gateway(versioning=False), f"/swift/v1/{ACCOUNTS}")
    verdict = run(foreign, tmp_path / "run", code=1)
    assert failed(verdict) == {"ContainerTest.test_versioned_container"}
    assert "412" in verdict["causes"][0]["title"]


def test_an_address_without_a_project_fails_the_tests_that_were_predicted(
    foreign: Foreign, tmp_path: Path
) -> None:
    foreign.use(Gateway(account_in_url=False), "/swift/v1")
    finding = check(foreign)["address of accounts"]
    assert finding["state"] == "harms tests"
    verdict = run(foreign, tmp_path / "run", code=1)
    assert failed(verdict) == {short(name) for name in finding["tests"]}
    assert len(finding["tests"]) == 4


def test_a_role_that_is_not_accepted_is_refused_before_the_first_test(
    foreign: Foreign, tmp_path: Path
) -> None:
    foreign.use(Gateway(roles="admin"), f"/swift/v1/{ACCOUNTS}")
    words = refused(foreign, tmp_path / "run")
    assert re.search(r"no access to the account of .*: HTTP 40", words)
    assert "56 of 58 tests cannot pass" in words
    accounts = foreign.state / "accounts.yaml"
    found = check(foreign, "--accounts", accounts)["account"]
    assert found["state"] == "harms tests"
    assert len(found["tests"]) == 56


@pytest.mark.parametrize(
    "path", [f"/object/v1/{ACCOUNTS}", f"/v1/{ACCOUNTS}", "/swift/v1", "/swift", "/nothing"]
)
def test_a_wrong_path_is_refused_before_the_first_test(
    path: str, foreign: Foreign, tmp_path: Path
) -> None:
    foreign.use(Gateway(), path)
    found = check(foreign)["account"]
    assert found["state"] == "harms tests"
    assert len(found["tests"]) == 56
    assert "56 of 58 tests cannot pass" in refused(foreign, tmp_path / "run")
