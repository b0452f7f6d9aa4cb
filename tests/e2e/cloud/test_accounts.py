"""Accounts in a real Keystone and Swift: made, checked as Tempest uses them, removed."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    # openstacksdk warns of itself.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning"),
]

SCHEMA = Path(__file__).resolve().parents[3] / "reports/schemas/accounts-check-1.json"


@pytest.fixture
def admin(lab: Any) -> Iterator[Any]:
    with lab.connect() as connection:
        yield connection


def names(admin: Any) -> set[tuple[str, str]]:
    """Return kind and name of all projects and users."""
    return {("project", one.name) for one in admin.identity.projects()} | {
        ("user", one.name) for one in admin.identity.users()
    }


def create(lab: Any, name: str, *more: str) -> Path:
    done = lab.defcheck("cloud", "accounts", "create", "defcheck-lab", "-n", "2", "-o", name, *more)
    assert done.returncode == 0, done.stderr
    path: Path = lab.folder / name
    for entry in yaml.safe_load(path.read_text()):
        assert entry["password"] not in done.stdout + done.stderr
    return path


def check(lab: Any, path: Path, *more: str, code: int = 0) -> dict[str, Any]:
    done = lab.defcheck(
        *("cloud", "accounts", "check", path, "--cloud", "defcheck-lab-member"),
        *("--format", "json", *more),
    )
    assert done.returncode == code, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(document, json.loads(SCHEMA.read_bytes()))
    return document


def problems(document: dict[str, Any]) -> list[str]:
    return [one["text"] for one in document["findings"] if one["level"] == "problem"]


def test_what_is_made_is_good_and_goes_without_a_trace(lab: Any, admin: Any) -> None:
    before = names(admin)
    path = create(lab, "made.yaml", "--with-admin")
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(names(admin) - before) == 6 + 4 + 4 + 4
    document = check(lab, path, "-j", "2")
    assert document["findings"] == []
    assert (document["capacity"], document["logins_tried"]) == (2, True)

    done = lab.defcheck("cloud", "accounts", "delete", "made.yaml")
    assert done.returncode == 0, done.stderr
    assert "18 of 18 deleted" in done.stdout
    assert names(admin) == before
    assert not path.exists(), "nobody has a use for its passwords"
    again = lab.defcheck("cloud", "accounts", "delete", "made.yaml")
    assert again.returncode == 0, again.stderr
    assert "0 of 18 deleted" in again.stdout


def test_nothing_is_overwritten(lab: Any, admin: Any) -> None:
    path = create(lab, "kept.yaml")
    there = names(admin)
    for _ in range(2):
        done = lab.defcheck(
            "cloud", "accounts", "create", "defcheck-lab", "-n", "1", "-o", "kept.yaml"
        )
        assert done.returncode == 2, done.stderr
        assert names(admin) == there
        path.unlink(missing_ok=True)  # its record still stands in the way
    assert lab.defcheck("cloud", "accounts", "delete", "kept.yaml").returncode == 0


def test_a_plain_login_cannot_make_accounts_and_is_told(lab: Any) -> None:
    done = lab.defcheck(
        "cloud", "accounts", "create", "defcheck-lab-member", "-n", "1", "-o", "no.yaml"
    )
    assert done.returncode == 4
    assert "is not an administrator: its roles are" in done.stderr
    assert not list(lab.folder.glob("no.yaml*"))


def test_a_kill_in_the_middle_leaves_nothing_that_cannot_be_removed(lab: Any, admin: Any) -> None:
    before = names(admin)
    record = lab.folder / "killed.yaml.made"
    with lab.begin(
        "cloud", "accounts", "create", "defcheck-lab", "-n", "24", "-o", "killed.yaml"
    ) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if record.exists() and record.read_text().count('"made"') >= 5:
                break
            time.sleep(0.01)
        process.kill()
    assert not (lab.folder / "killed.yaml").exists()
    assert len(names(admin) - before) >= 5
    # As if the last of them had been made, and the kill came before its line.
    lines = record.read_text().splitlines(keepends=True)
    record.write_text("".join(lines[:-2]) + lines[-2][:10])

    done = lab.defcheck("cloud", "accounts", "delete", "killed.yaml")
    assert done.returncode == 0, done.stderr
    assert names(admin) == before


def test_what_was_renamed_is_not_ours_and_stays(lab: Any, admin: Any) -> None:
    path = create(lab, "renamed.yaml")
    name = yaml.safe_load(path.read_text())[0]["project_name"]
    project = next(one for one in admin.identity.projects() if one.name == name)
    admin.identity.update_project(project, name="somebody-s-own")
    done = lab.defcheck("cloud", "accounts", "delete", "renamed.yaml")
    assert done.returncode == 4, done.stdout
    assert f"project {project.id} is named somebody-s-own, not {name}" in done.stdout
    assert ("project", "somebody-s-own") in names(admin)

    admin.identity.update_project(project, name=name)
    done = lab.defcheck("cloud", "accounts", "delete", "renamed.yaml")
    assert done.returncode == 0, done.stdout
    assert ("project", name) not in names(admin)


@pytest.mark.parametrize("with_file", [True, False])
def test_what_tests_left_in_a_project_is_told_and_kept(
    lab: Any, admin: Any, *, with_file: bool
) -> None:
    from openstack.connection import Connection

    path = create(lab, f"left-{with_file}.yaml")
    entry = yaml.safe_load(path.read_text())[1]
    with Connection(
        auth={
            "auth_url": admin.config.auth["auth_url"],
            **{
                key: entry[key]
                for key in (
                    "username",
                    "password",
                    "project_name",
                    "user_domain_name",
                    "project_domain_name",
                )
            },
        },
        region_name="RegionOne",
    ) as user:
        user.object_store.create_container("left-by-a-test")
        if not with_file:
            path.unlink()
        done = lab.defcheck("cloud", "accounts", "delete", path.name)
        assert done.returncode == 4, done.stderr
        assert (
            f"Kept: project {entry['project_name']} contains 1 container: left-by-a-test"
        ) in done.stdout
        assert "9 of 12 deleted" in done.stdout
        assert ("user", entry["username"]) in names(admin)
        if with_file:
            assert user.object_store.get_container_metadata("left-by-a-test")
            user.object_store.delete_container("left-by-a-test")
        else:
            admin.object_store.delete(container_url(user, admin))
    done = lab.defcheck("cloud", "accounts", "delete", path.name)
    assert done.returncode == 0, done.stdout
    assert ("project", entry["project_name"]) not in names(admin)


def container_url(user: Any, admin: Any) -> str:
    """Return the container's address for the administrator, a ResellerAdmin."""
    project = next(one for one in admin.identity.projects() if one.id == user.current_project_id)
    base = admin.object_store.get_endpoint().rsplit("/", 1)[0]
    return f"{base}/AUTH_{project.id}/left-by-a-test"


def test_the_record_of_another_cloud_touches_nothing(lab: Any) -> None:
    record = lab.folder / "other.yaml.made"
    record.write_text(
        json.dumps(
            {
                "format": "defcheck accounts 1",
                "prefix": "defcheck-1",
                "cloud": "defcheck-lab",
                "auth_url": "http://127.0.0.1:9/v3",
                "planned": [["project", "admin"]],
            }
        )
        + "\n"
    )
    done = lab.defcheck("cloud", "accounts", "delete", "other.yaml")
    assert done.returncode == 2
    assert "belongs to a cloud at http://127.0.0.1:9/v3" in done.stderr


def written(lab: Any, entries: list[dict[str, Any]]) -> Path:
    path: Path = lab.folder / "checked.yaml"
    path.write_text(yaml.safe_dump(entries))
    return path


def test_the_lab_s_own_accounts_are_good(lab: Any) -> None:
    document = check(lab, written(lab, lab.entries()), "-j", "2")
    assert problems(document) == []
    assert len(document["accounts"]) == 8


def test_wrong_passwords_are_named_without_them(lab: Any) -> None:
    entries = lab.entries()
    entries[2]["password"] = "canary-wrong"
    path = written(lab, entries)
    (text,) = problems(check(lab, path, code=1))
    assert text.startswith("Entry 3 (defcheck-test-3 in defcheck-test-3): the cloud refused")
    shown = lab.defcheck("cloud", "accounts", "check", path, "--cloud", "defcheck-lab-member")
    assert "7 of 8 can log in" in shown.stdout
    assert "canary" not in shown.stdout + shown.stderr


def test_roles_that_a_user_does_not_hold(lab: Any) -> None:
    entries = lab.entries()
    entries[0]["roles"] = ["member", "swiftoperator", "heat_stack_owner"]
    (text,) = problems(check(lab, written(lab, entries), code=1))
    assert "lists heat_stack_owner, but the user has member, reader, swiftoperator" in text


def test_a_member_that_is_listed_as_a_reader(lab: Any) -> None:
    entries = lab.entries()
    entries[4] = {**entries[1], "roles": ["reader"], "project_name": "defcheck-test-2"}
    document = check(lab, written(lab, entries), code=1)
    assert any("is listed 2 times" in text for text in problems(document))
    assert any("its roles include member" in one["text"] for one in document["findings"])


def test_an_administrator_in_disguise(lab: Any) -> None:
    clouds = yaml.safe_load((lab.state / "clouds.yaml").read_text())["clouds"]
    auth = clouds["defcheck-lab"]["auth"]
    entries = [
        {
            key: auth[key]
            for key in (
                "username",
                "password",
                "project_name",
                "user_domain_name",
                "project_domain_name",
            )
        }
        | {"roles": ["member", "swiftoperator"]},
        *lab.entries(),
    ]
    found = problems(check(lab, written(lab, entries), code=1))
    assert any("has the role admin, which the file does not list" in text for text in found)
