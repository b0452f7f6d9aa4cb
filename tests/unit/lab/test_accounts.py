"""The files in which a person and Tempest find the lab's users."""

from pathlib import Path

import pytest
import yaml
from openstack.config import OpenStackConfig

from defcheck.lab import keystone
from defcheck.lab.deployment import LabSettings
from defcheck.lab.full.full_size import FullSize
from defcheck.lab.lab_sizes import SmallSize

SIZE = SmallSize()
FULL = FullSize()
PASSWORDS = LabSettings.generate_settings(FULL.ports, {*SIZE.secrets, *FULL.secrets}, "").passwords


# openstacksdk warns of its own optional parts.
@pytest.mark.filterwarnings("ignore:Support for InfluxDB")
@pytest.mark.parametrize(
    ("cloud", "user"),
    [
        ("defcheck-lab", keystone.ADMIN),
        ("defcheck-lab-member", keystone.MEMBER),
        ("defcheck-lab-plain-admin", keystone.PLAIN_ADMIN),
    ],
)
def test_openstacksdk_reads_clouds_yaml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cloud: str, user: keystone.LabUser
) -> None:
    monkeypatch.delenv("OS_CLOUD", raising=False)
    path = tmp_path / "clouds.yaml"
    keystone.write_clouds_yaml(path, "http://127.0.0.1:1/v3", SIZE.clouds, PASSWORDS)

    config = OpenStackConfig(config_files=[str(path)], secure_files=[], vendor_files=[])
    region = config.get_one(cloud)
    assert region.get_auth_args() == {
        "auth_url": "http://127.0.0.1:1/v3",
        "username": user.name,
        "password": PASSWORDS[user.name],
        "project_name": user.project,
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }
    assert region.region_name == "RegionOne"
    assert region.config["identity_api_version"] == "3"
    assert path.stat().st_mode & 0o777 == 0o600


def test_members_of_distinct_projects_come_first_and_their_readers_after(tmp_path: Path) -> None:
    path = tmp_path / "accounts.yaml"
    keystone.write_accounts_yaml(path, SIZE.test_users, PASSWORDS)
    entries = yaml.safe_load(path.read_text())
    members, readers = entries[:4], entries[4:]

    assert [entry["roles"] for entry in members] == [["member", "swiftoperator"]] * 4
    assert [entry["roles"] for entry in readers] == [["reader"]] * 4
    projects = [entry["project_name"] for entry in members]
    assert len(set(projects)) == 4
    assert [entry["project_name"] for entry in readers] == projects
    assert len({entry["username"] for entry in entries}) == 8
    assert len({entry["password"] for entry in entries}) == 8
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_full_lab_has_accounts_for_eight_workers_and_its_others_last(tmp_path: Path) -> None:
    path = tmp_path / "accounts.yaml"
    keystone.write_accounts_yaml(path, FULL.test_users, PASSWORDS, "private")
    entries = yaml.safe_load(path.read_text())

    kinds = [entry["roles"] for entry in entries]
    members, readers, others = kinds[:16], kinds[16:32], kinds[32:]
    assert members == [["member", "swiftoperator"]] * 16
    assert readers == [["reader"]] * 16
    # A ResellerAdmin that is listed as an operator too would be taken for a plain one.
    assert others == [["ResellerAdmin"]] * 2 + [["admin"]] * 2
    projects = [entry["project_name"] for entry in entries]
    assert len(set(projects[:16])) == 16
    assert projects[16:32] == projects[:16]
    assert [entry["username"] for entry in entries if entry.get("types") == ["admin"]] == [
        "defcheck-test-admin-1",
        "defcheck-test-admin-2",
    ]
    assert all(entry["resources"] == {"network": "private"} for entry in entries)


def test_the_admin_may_do_what_dynamic_credentials_need() -> None:
    assert set(keystone.ADMIN.roles) == {"admin", "ResellerAdmin"}


def test_the_plain_admin_may_not_use_other_accounts_of_swift() -> None:
    assert keystone.PLAIN_ADMIN.roles == ("admin",)


def test_a_lab_that_was_made_before_a_user_was_added_lacks_only_its_cloud(tmp_path: Path) -> None:
    path = tmp_path / "clouds.yaml"
    older = {name: word for name, word in PASSWORDS.items() if name != "plain-admin"}
    keystone.write_clouds_yaml(path, "http://127.0.0.1:1/v3", SIZE.clouds, older)
    assert list(yaml.safe_load(path.read_text())["clouds"]) == [
        "defcheck-lab",
        "defcheck-lab-member",
    ]
