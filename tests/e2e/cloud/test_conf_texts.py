"""A login full of what oslo.config takes for something else, on a real Keystone and Swift."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.few import guideline

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    # openstacksdk warns of itself.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning"),
]

LOGINS = {
    "dollar": ("us$er {x}", "canary$$2026$x", "pro$$ject"),
    "quoted": ('"user"', "'canary $region 2026'", "'project'"),
    "blank": ("#user", "  canary = 2026 ; %(x)s ", "[project] ä"),
}
"""User, password and project by the name of a cloud."""


@pytest.fixture
def cloud(request: pytest.FixtureRequest, lab: Any) -> Iterator[str]:
    """Make an administrator in a domain of its own; yield the cloud with that login."""
    name = str(request.param)
    user, password, project = LOGINS[name]
    entry = yaml.safe_load((lab.state / "clouds.yaml").read_text())["clouds"]["defcheck-lab"]
    with lab.connect() as admin:
        identity = admin.identity
        domain = identity.create_domain(name=f"dom$ain '{name}'")
        made = identity.create_user(name=user, password=password, domain_id=domain.id)
        own = identity.create_project(name=project, domain_id=domain.id)
        for role in identity.roles():
            if role.name in ("admin", "swiftoperator", "ResellerAdmin"):
                identity.assign_project_role_to_user(own, made, role)
        entry["auth"] = {
            "auth_url": entry["auth"]["auth_url"],
            "username": user,
            "password": password,
            "project_name": project,
            "user_domain_name": domain.name,
            "project_domain_name": domain.name,
        }
        (lab.folder / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {name: entry}}))
        yield name
        identity.delete_user(made)
        identity.delete_project(own)
        identity.update_domain(domain, is_enabled=False)
        identity.delete_domain(domain)


@pytest.mark.parametrize(
    ("cloud", "users"),
    [("dollar", "pool"), ("quoted", "dynamic"), ("blank", "dynamic")],
    indirect=["cloud"],
)
def test_tempest_logs_in_with_it(lab: Any, cloud: str, users: str, tmp_path: Path) -> None:
    few, output = guideline(tmp_path / "few.json"), tmp_path / "run"
    done = lab.defcheck(
        *("run", "--cloud", cloud, "-g", few, "-t", "storage", "--users", users, "-o", output)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Leftovers: none" in done.stderr
    assert_no_canary(output)


@pytest.mark.parametrize("cloud", ["dollar", "quoted"], indirect=True)
def test_a_file_of_one_s_own_with_quotes(lab: Any, cloud: str, tmp_path: Path) -> None:
    """For the run, its look for what is left, and `cleanup`."""
    few, output, conf = guideline(tmp_path / "few.json"), tmp_path / "run", tmp_path / "own.conf"
    made = lab.defcheck("cloud", "configure", cloud, "-o", conf)
    assert made.returncode == 0, made.stderr
    lines = conf.read_text().replace("[identity]", "[Identity]").splitlines()
    quoted = [
        f'{key}: "{value}"' if (value := rest.strip()) and value[0] not in "\"'" else line
        for line in lines
        for key, _, rest in [line.partition(" = ")]
    ]
    conf.write_text("\n".join(quoted))
    check = lab.defcheck(
        *("cloud", "check", cloud, "--tempest-conf", conf, "-g", few, "-t", "storage")
    )
    assert check.returncode == 0, check.stdout + check.stderr
    done = lab.defcheck(
        *("run", "--cloud", cloud, "--tempest-conf", conf, "-g", few, "-t", "storage"),
        *("-o", output),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    cleaned = lab.defcheck("cleanup", output, "--tempest-conf", conf)
    assert cleaned.returncode == 0, cleaned.stdout + cleaned.stderr
    assert json.loads((output / "run.json").read_bytes())["credentials"] == "as configured"
    assert_no_canary(output)


def assert_no_canary(run: Path) -> None:
    assert not [
        path for path in run.rglob("*") if path.is_file() and b"canary" in path.read_bytes()
    ]
