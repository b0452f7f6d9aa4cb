"""`cloud configure` on a real Keystone and Swift, and a real Tempest with what it wrote."""

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from defcheck.cloud import tempest_conf
from tests.e2e.few import guideline

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    # openstacksdk warns of itself.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning"),
]


def configure(lab: Any, cloud: str, *more: str | Path) -> subprocess.CompletedProcess[str]:
    done: subprocess.CompletedProcess[str] = lab.defcheck("cloud", "configure", cloud, *more)
    return done


def passwords(lab: Any) -> set[str]:
    clouds = yaml.safe_load((lab.state / "clouds.yaml").read_text())["clouds"]
    return {entry["auth"]["password"] for entry in clouds.values()}


def test_an_administrator_s_file_is_private_and_tells_where_values_come_from(lab: Any) -> None:
    done = configure(lab, "defcheck-lab", "-o", "admin.conf")
    assert done.returncode == 0, done.stderr
    path = lab.folder / "admin.conf"
    assert path.stat().st_mode & 0o777 == 0o600
    lines = path.read_text().splitlines()
    for before, line in itertools.pairwise(lines):
        if re.match(r"\w+ = ", line):
            assert re.match(r"# (announced|probed|default|guessed|user): .", before), line
    found = tempest_conf.read_conf(path)
    assert found["auth"]["use_dynamic_credentials"] == "true"
    assert found["object-storage"]["operator_role"] == "swiftoperator"
    assert found["service_available"]["swift"] == "true"
    assert found["service_available"]["nova"] == "false"
    # What /info does not list may be there all the same: no test is skipped for it.
    assert found["object-storage-feature-enabled"]["discoverable_apis"] == "all"
    assert found["object-storage-feature-enabled"]["object_versioning"] == "true"
    assert Path(found["oslo_concurrency"]["lock_path"]).is_absolute()
    assert not any(word in done.stdout + done.stderr for word in passwords(lab))


def test_nothing_is_overwritten(lab: Any) -> None:
    (lab.folder / "there.conf").write_text("mine")
    done = configure(lab, "defcheck-lab", "-o", "there.conf")
    assert done.returncode == 2
    assert "there.conf exists already" in done.stderr
    assert (lab.folder / "there.conf").read_text() == "mine"


def test_no_login_is_left_where_the_file_cannot_be_written(lab: Any) -> None:
    path = lab.folder / "nowhere.conf"
    path.symlink_to(lab.folder / "gone" / "nowhere.conf")
    done = configure(lab, "defcheck-lab-member", "-o", "nowhere.conf")
    assert done.returncode == 2
    assert "nowhere.conf cannot be written" in done.stderr
    assert not (lab.folder / "nowhere-accounts.yaml").exists()


def test_a_plain_login_becomes_an_accounts_file_that_tempest_uses(lab: Any) -> None:
    done = configure(lab, "defcheck-lab-member", "-o", "member.conf")
    assert done.returncode == 0, done.stderr
    accounts = lab.folder / "member-accounts.yaml"
    assert accounts.stat().st_mode & 0o777 == 0o600
    assert tempest_conf.read_conf(lab.folder / "member.conf")["auth"]["test_accounts_file"] == str(
        accounts
    )
    checked = lab.defcheck("cloud", "accounts", "check", accounts, "--cloud", "defcheck-lab")
    assert "1 of 1 can log in" in checked.stdout, checked.stdout
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("named", [(), ("--cloud", "defcheck-lab-member")])
def test_a_run_with_what_was_written_is_that_of_the_one_login(
    lab: Any, tmp_path: Path, named: tuple[str, ...]
) -> None:
    """What needs a second account is not run: its failure would not be the cloud's."""
    few = guideline(tmp_path / "few.json")
    conf, output = tmp_path / "one.conf", tmp_path / "run"
    assert configure(lab, "defcheck-lab-member", "-o", conf).returncode == 0
    done = lab.defcheck(
        *("run", *named, "--tempest-conf", conf, "-g", few, "-t", "storage", "-o", output)
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert "More accounts are needed for " in done.stderr
    run = json.loads((output / "run.json").read_text())
    assert run["withheld"]
    assert set(run["second_account"]) == set(run["withheld"])
    assert run["credentials"] == "accounts"
    assert "0 failed" in done.stdout


def test_the_lines_of_a_template_are_kept(lab: Any) -> None:
    (lab.folder / "mine.conf").write_text(
        "# Ours\n[object-storage]\nreseller_admin_role:'Boss$$'\nregion = Elsewhere\n"
        "\n[mine]\nx = 1\n  2\n"
    )
    done = configure(
        *(lab, "defcheck-lab-member", "--stdout", "--template", "mine.conf"),
        *("--accounts", lab.state / "accounts.yaml", "--set", "object-storage.region=There"),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        "# Ours\n[object-storage]\nreseller_admin_role:'Boss$$'\n# user: --set\nregion = There\n"
    )
    assert "\n[mine]\nx = 1\n  2\n" in done.stdout
    assert f"test_accounts_file = {lab.state / 'accounts.yaml'}\n" in done.stdout


def test_tempest_itself_runs_with_what_was_written(lab: Any) -> None:
    """No defcheck in between: `stestr run`, as with any tempest.conf."""
    done = configure(
        *(lab, "defcheck-lab-member", "-o", "plain.conf"),
        *("--accounts", lab.state / "accounts.yaml"),
    )
    assert done.returncode == 0, done.stderr
    import tempest

    package = Path(tempest.__file__).parent
    (lab.folder / ".stestr.conf").write_text(
        f"[DEFAULT]\ntest_path={package}/test_discover\ntop_dir={package}/..\n"
        "group_regex=([^\\.]*\\.)*\n"
    )
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "stestr", "run", "--concurrency", "2"),
            "object_storage.test_(container_services|object_slo|object_temp_url)",
        ],
        cwd=lab.folder,
        env={
            **lab.environment,
            "TEMPEST_CONFIG_DIR": str(lab.folder),
            "TEMPEST_CONFIG": "plain.conf",
            "PYTHONWARNINGS": "ignore",
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:]
    assert re.search(r"Passed: [1-9]\d", ran.stdout)
    assert " - Failed: 0" in ran.stdout
    assert " - Skipped: 0" in ran.stdout


def application_credential(lab: Any) -> dict[str, Any]:
    with lab.connect("defcheck-lab-member") as member:
        made = member.identity.create_application_credential(
            member.current_user_id, "for-a-test", description="of the tests"
        )
        return {
            "auth_type": "v3applicationcredential",
            "auth": {
                "auth_url": member.config.auth["auth_url"],
                "application_credential_id": made.id,
                "application_credential_secret": made.secret,
            },
        }


def test_an_application_credential_needs_users_for_tempest(lab: Any) -> None:
    entry = application_credential(lab)
    (lab.folder / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"appcred": entry}}))
    refused = configure(lab, "appcred", "--stdout")
    assert refused.returncode == 4
    assert "is an application credential" in refused.stderr
    assert "--accounts" in refused.stderr
    secret = entry["auth"]["application_credential_secret"]
    given = configure(lab, "appcred", "--stdout", "--accounts", lab.state / "accounts.yaml")
    assert given.returncode == 0, given.stderr
    assert "discoverability = true" in given.stdout
    assert secret not in given.stdout + given.stderr + refused.stderr


def test_a_token_is_told_to_be_one(lab: Any) -> None:
    with lab.connect("defcheck-lab-member") as member:
        token = member.auth_token
        entry = {
            "auth_type": "v3token",
            "auth": {
                "auth_url": member.config.auth["auth_url"],
                "token": token,
                "project_id": member.current_project_id,
            },
        }
    (lab.folder / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"token": entry}}))
    refused = configure(lab, "token", "--stdout")
    assert refused.returncode == 4, refused.stderr
    assert (
        "uses a token, but Tempest can only log in with user name, password and project"
        in refused.stderr
    )
    assert str(token) not in refused.stderr
