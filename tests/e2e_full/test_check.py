"""The preflight on a whole platform: quotas of nothing, and skips that come true.

What the tests make there, they delete.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.e2e_full.conftest import FullLab

pytestmark = [
    pytest.mark.e2e_full,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings(
        "ignore:Support for InfluxDB", "ignore::openstack.warnings.RemovedInSDK50Warning"
    ),
]

CLOUD = "defcheck-lab-full"
SCHEMA = Path(__file__).resolve().parents[2] / "reports/schemas/preflight-1.json"


Check = Callable[..., dict[str, Any]]


@pytest.fixture
def check(full_lab: FullLab) -> Check:
    """Return a function that runs `cloud check` and expects an exit code."""

    def run(*arguments: str | Path, code: int) -> dict[str, Any]:
        done = full_lab.defcheck("cloud", "check", CLOUD, "-f", "json", *arguments)
        assert done.returncode == code, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        jsonschema.validate(document, json.loads(SCHEMA.read_bytes()))
        return document

    return run


def states(document: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(one["topic"], one["subject"]): one["state"] for one in document["findings"]}


@pytest.fixture(scope="module")
def accounts(full_lab: FullLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return an accounts file of two projects that are the tests' own."""
    path = tmp_path_factory.mktemp("accounts") / "accounts.yaml"
    done = full_lab.defcheck("cloud", "accounts", "create", CLOUD, "-n", "1", "-o", path)
    assert done.returncode == 0, done.stderr
    yield path
    full_lab.defcheck("cloud", "accounts", "delete", path)


def test_every_part_of_a_platform_is_seen(check: Check) -> None:
    found = states(check("-t", "platform", code=3))
    fine = {key for key, state in found.items() if state == "fine"}
    assert {topic for topic, _ in found} == {
        *("identity", "users", "endpoints", "image", "compute", "network", "volume"),
        *("object storage", "tests"),
    }
    assert fine >= {
        ("compute", "flavors"),
        ("compute", "quotas"),
        ("image", "images"),
        ("network", "external network"),
        ("network", "extensions"),
        ("network", "quotas"),
        ("volume", "volume types"),
        ("volume", "quotas"),
    }


def test_a_quota_of_nothing_in_a_project_of_an_accounts_file(
    full_lab: FullLab, check: Check, accounts: Path
) -> None:
    assert states(check("-t", "compute", "--accounts", accounts, code=3))["compute", "quotas"] == (
        "fine"
    )
    name = yaml.safe_load(accounts.read_text())[1]["project_name"]
    with full_lab.connect(CLOUD) as admin:
        identity: Any = admin.identity  # of version 2 or 3, by its type
        project = next(one for one in identity.projects() if one.name == name)
        path = f"/os-quota-sets/{project.id}"
        admin.compute.put(path, json={"quota_set": {"instances": 0}})
        try:
            document = check("-t", "compute", "--accounts", accounts, code=3)
            done = full_lab.defcheck(
                *("run", "--cloud", CLOUD, "-g", "2020.06", "-t", "compute"),
                *("--accounts", accounts, "-o", accounts.with_name("refused")),
            )
        finally:
            admin.compute.delete(path)
    assert states(document)["compute", "quota instances"] == "harms tests"
    assert done.returncode == 4
    assert f"Quota instances: project {name} has 0 of 0 free" in done.stderr
    assert not accounts.with_name("refused").exists()


def test_an_image_of_another_cloud(full_lab: FullLab, accounts: Path, tmp_path: Path) -> None:
    done = full_lab.defcheck(
        "cloud", "configure", CLOUD, "--accounts", accounts, "-o", tmp_path / "t.conf"
    )
    assert done.returncode == 0, done.stderr
    conf = (tmp_path / "t.conf").read_text()
    image = next(line for line in conf.splitlines() if line.startswith("image_ref ="))
    other = tmp_path / "other.conf"
    other.write_text(conf.replace(image, "image_ref = 00000000-0000-0000-0000-000000000000"))
    done = full_lab.defcheck(
        *("run", "--cloud", CLOUD, "-g", "2020.06", "-t", "compute", "--tempest-conf", other),
        *("--accounts", accounts, "-o", tmp_path / "refused"),
    )
    assert done.returncode == 2, done.stderr
    assert "image_ref of tempest.conf is 00000000-" in done.stderr
    assert not (tmp_path / "refused").exists()
