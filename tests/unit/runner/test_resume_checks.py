"""Resume needs the inputs that the run started with; what differs is said."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from defcheck.cloud.tempest_conf import TempestConfiguration, redact_secrets
from defcheck.errors import InputError
from defcheck.runner.preparation import RunRequest
from defcheck.runner.resume_plan import (
    refuse_other_cloud,
    refuse_other_tempest,
    require_files,
    restore_configuration,
)
from defcheck.tempest.conf_file import render_conf
from defcheck.tempest.installed import InstalledTempest
from tests.unit.runner.cutting import cuttable

SECTIONS = {
    "DEFAULT": {"debug": "true"},
    "identity": {"uri_v3": "http://user:canary@127.0.0.1/v3", "region": "R"},
    "auth": {"admin_username": "admin", "admin_password": "canary"},
    "compute": {"image_ref": "small", "flavor_ref": "1"},
}
KEPT = render_conf(redact_secrets(SECTIONS))


def request_of(**files: Any) -> RunRequest:
    return RunRequest("2020.06", "object", Path("run"), **files)


def changed(section: str, **values: str | None) -> TempestConfiguration:
    """Return the configuration with changed values, without those that are None."""
    both = {**SECTIONS[section], **values}
    kept = {key: value for key, value in both.items() if value is not None}
    return TempestConfiguration({**SECTIONS, section: kept}, "dynamic")


def test_the_secrets_come_from_now_and_the_rest_from_then() -> None:
    """An image that the cut run left behind must not be taken for the cloud's smallest."""
    fresh = changed("compute", image_ref="left-over", image_ref_alt="new")
    assert "canary" not in KEPT
    assert restore_configuration(KEPT, fresh, request_of()).sections == SECTIONS


def test_a_new_password_for_the_same_login_is_no_difference() -> None:
    found = restore_configuration(KEPT, changed("auth", admin_password="other"), request_of())
    assert found.sections["auth"]["admin_password"] == "other"


@pytest.mark.parametrize(
    "fresh",
    [
        changed("auth", admin_username="other"),
        changed("auth", admin_password=None),
        changed("auth", more="x"),
        changed("identity", region="elsewhere"),
        changed("identity", uri_v3="http://user:canary@127.0.0.2/v3"),
        # The login in the address that the run began with is not kept.
        changed("identity", uri_v3="http://user:canary@127.0.0.1/v3/"),
    ],
)
def test_another_login_is_refused(fresh: TempestConfiguration) -> None:
    with pytest.raises(
        InputError, match=r"has changed since the run started.*\[(auth|identity)\] \w+ differs"
    ):
        restore_configuration(KEPT, fresh, request_of())


def test_a_file_of_the_users_must_be_the_same_in_all() -> None:
    own = request_of(tempest_conf=Path("own.conf"))
    assert (
        restore_configuration(KEPT, TempestConfiguration(SECTIONS, "dynamic"), own).sections
        == SECTIONS
    )
    with pytest.raises(
        InputError, match=r"own\.conf has changed since the run started.*\[compute\] flavor_ref"
    ):
        restore_configuration(KEPT, changed("compute", flavor_ref="2"), own)


@pytest.mark.parametrize("text", ["a$b", "a$$b", "$region", "'q'", '"', " blank ", "ä", "a\nb", ""])
def test_what_was_kept_is_the_same_whatever_is_in_it(text: str) -> None:
    sections = {**SECTIONS, "identity": {"uri_v3": "u", "region": text}, "x": {"y": text}}
    sections["auth"] = {"admin_username": text, "admin_password": f"canary{text}"}
    kept = render_conf(redact_secrets(sections))
    assert "canary" not in kept
    fresh = TempestConfiguration(sections, "dynamic")
    own = request_of(tempest_conf=Path("own.conf"))
    assert restore_configuration(kept, fresh, own).sections == sections


@pytest.mark.parametrize("now", ["HTTP://127.0.0.1:80/v3/", "http://127.0.0.1"])
def test_tempest_gets_the_address_as_it_was_spelt_when_the_run_began(now: str) -> None:
    """It takes it as it stands: without /v3 every test would fail."""
    own = request_of(tempest_conf=Path("own.conf"))
    before = changed("identity", uri_v3="http://127.0.0.1/v3").sections
    found = restore_configuration(
        render_conf(redact_secrets(before)), changed("identity", uri_v3=now), own
    )
    assert found.sections == before


def test_another_spelling_of_the_address_is_the_same_cloud(tmp_path: Path) -> None:
    record = cuttable(tmp_path).record
    record.inputs.cloud["auth_url"] = "https://cloud.example.org/v3"
    now = {**record.inputs.cloud, "auth_url": "https://CLOUD.example.org:443"}
    refuse_other_cloud(record, now, "dynamic")


def test_an_accounts_file_may_have_been_moved() -> None:
    before = changed("auth", test_accounts_file="/then/accounts.yaml").sections
    fresh = changed("auth", test_accounts_file="/now/accounts.yaml")
    found = restore_configuration(
        render_conf(redact_secrets(before)), fresh, request_of(accounts=Path("accounts.yaml"))
    )
    assert found.sections["auth"]["test_accounts_file"] == "/now/accounts.yaml"


def test_files_with_passwords_are_to_be_named_again(tmp_path: Path) -> None:
    record = cuttable(tmp_path).record
    record.inputs = replace(record.inputs, files=["--tempest-conf", "--accounts"])
    with pytest.raises(InputError, match="Pass the same files again: --accounts FILE"):
        require_files(record, request_of(tempest_conf=Path("a")))
    require_files(record, request_of(tempest_conf=Path("a"), accounts=Path("b")))
    record.inputs = replace(record.inputs, files=[])
    with pytest.raises(InputError, match="started without --accounts"):
        require_files(record, request_of(accounts=Path("b")))


def test_another_tempest_is_refused(tmp_path: Path) -> None:
    record = cuttable(tmp_path).record
    record.inputs = replace(record.inputs, tempest_files="unmodified")
    refuse_other_tempest(record, InstalledTempest("47.0.0", tmp_path), "unmodified")
    with pytest.raises(InputError, match=r"Tempest 47\.0\.0, but 46\.0\.0 is installed"):
        refuse_other_tempest(record, InstalledTempest("46.0.0", tmp_path), "unmodified")
    with pytest.raises(InputError, match=r"were unmodified and are now changed \(edited a\.py\)"):
        refuse_other_tempest(record, InstalledTempest("47.0.0", tmp_path), ["edited a.py"])


@pytest.mark.parametrize(
    ("change", "credentials", "said"),
    [
        ({"auth_url": "http://other/v3"}, "dynamic", "used address u"),
        ({"region": ""}, "dynamic", r"used region r, but cloud c now has \(none\)"),
        ({}, "single account", "used other users: dynamic; now they would be single account"),
    ],
)
def test_another_cloud_is_refused(
    tmp_path: Path, change: dict[str, str], credentials: str, said: str
) -> None:
    record = cuttable(tmp_path).record
    refuse_other_cloud(record, record.inputs.cloud, "dynamic")
    with pytest.raises(InputError, match=said):
        refuse_other_cloud(record, {**record.inputs.cloud, **change}, credentials)
