"""A login that is federated: it sees the cloud; Tempest needs users that have passwords."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.e2e.cloud.oidc_front import ISSUER, front_of

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings(
        "ignore:Support for InfluxDB", "ignore::openstack.warnings.RemovedInSDK50Warning"
    ),
]

ACCESS_TOKEN = "canary-of-the-bearer"
STORAGE = ("-g", "2020.06", "-t", "storage")


@pytest.fixture(scope="module")
def cloud(lab: Any) -> Iterator[str]:
    """Let Keystone trust an issuer; return a cloud whose login is a token of it."""
    with lab.connect() as admin:
        group = admin.identity.create_group(name="federated")
        project = next(one for one in admin.identity.projects() if one.name == "defcheck-member")
        for role in ("member", "swiftoperator"):
            found = admin.identity.find_role(role, ignore_missing=False)
            admin.identity.assign_project_role_to_group(project, group, found)
        rules = [
            {
                "local": [{"user": {"name": "{0}"}}, {"group": {"id": group.id}}],
                "remote": [{"type": "HTTP_OIDC_EMAIL"}],
            }
        ]
        admin.identity.create_mapping(id="everybody", rules=rules)
        admin.identity.create_identity_provider(id="example", remote_ids=[ISSUER], is_enabled=True)
        admin.identity.put(
            "/OS-FEDERATION/identity_providers/example/protocols/mapped",
            json={"protocol": {"mapping_id": "everybody", "remote_id_attribute": "HTTP_OIDC_ISS"}},
        ).raise_for_status()
    port = json.loads((lab.state / "settings.json").read_bytes())["ports"]["keystone"]
    with front_of(port, ACCESS_TOKEN, "somebody@example.org") as address:
        entry = {
            "auth_type": "v3oidcaccesstoken",
            "auth": {
                "auth_url": f"{address}/v3",
                "identity_provider": "example",
                "protocol": "mapped",
                "access_token": ACCESS_TOKEN,
                "project_id": project.id,
            },
        }
        text = yaml.safe_dump({"clouds": {"federated": entry}})
        (lab.folder / "clouds.yaml").write_text(text)
        yield "federated"


def test_it_needs_users_for_tempest(lab: Any, cloud: str) -> None:
    done = lab.defcheck("run", "--cloud", cloud, *STORAGE, "-o", "none")
    assert done.returncode == 4, done.stderr
    assert "is federated (OpenID Connect)" in done.stderr
    assert "--accounts" in done.stderr
    assert not (lab.folder / "none").exists()
    assert ACCESS_TOKEN not in done.stderr


def test_it_runs_with_users_that_have_passwords(lab: Any, cloud: str) -> None:
    accounts = ("--accounts", lab.state / "accounts.yaml")
    done = lab.defcheck("run", "--cloud", cloud, *STORAGE, *accounts, "-o", "federated")
    assert done.returncode == 3, done.stderr
    folder = lab.folder / "federated"
    document = json.loads((folder / "verdict.json").read_bytes())
    assert document["counts"]["counted"]["failed"] == 0
    assert document["counts"]["counted"]["passed"] == 55
    kept = [path for path in folder.iterdir() if ACCESS_TOKEN in path.read_text(errors="replace")]
    assert kept == []
