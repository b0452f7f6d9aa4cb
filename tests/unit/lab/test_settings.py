"""Ports and secrets, kept for the life of a lab."""

from pathlib import Path

import pytest

from defcheck.lab import settings
from defcheck.lab.accounts import ADMIN, MEMBER, SWIFT, TEST_USERS
from defcheck.lab.ports import Ports
from defcheck.lab.settings import Settings


def test_settings_survive_being_saved(tmp_path: Path) -> None:
    chosen = Settings(Ports(keystone=1234))
    chosen.save(tmp_path / "settings.json")
    assert Settings.load(tmp_path / "settings.json") == chosen
    assert (tmp_path / "settings.json").stat().st_mode & 0o777 == 0o600


def test_every_user_has_a_password_of_its_own() -> None:
    passwords = Settings(Ports()).passwords
    assert set(passwords) == {user.name for user in (ADMIN, SWIFT, MEMBER, *TEST_USERS)}
    assert len(set(passwords.values())) == len(passwords)
    assert min(map(len, passwords.values())) >= 24
    assert passwords != Settings(Ports()).passwords


def test_secrets_are_not_shown() -> None:
    chosen = Settings(Ports())
    for secret in (*chosen.passwords.values(), chosen.hash_prefix, chosen.hash_suffix):
        assert secret not in repr(chosen)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"ports": {}', '{"ports": {"x": 1}}'])
def test_broken_files_are_no_settings(tmp_path: Path, text: str) -> None:
    (tmp_path / "broken.json").write_text(text)
    assert Settings.load(tmp_path / "broken.json") is None
    assert Settings.load(tmp_path / "absent.json") is None


def test_the_ports_with_which_the_lab_was_ready(tmp_path: Path) -> None:
    path = tmp_path / "done.json"
    assert settings.load_ports(path) is None
    settings.save_ports(path, Ports(swift_proxy=4321))
    assert settings.load_ports(path) == Ports(swift_proxy=4321)
    path.write_text('{"keystone": ')
    assert settings.load_ports(path) is None
