"""Ports and secrets, kept for the life of a lab."""

from pathlib import Path

import pytest

from defcheck.lab import settings
from defcheck.lab.full.ports import FullPorts
from defcheck.lab.full.size import FullSize
from defcheck.lab.ports import Ports
from defcheck.lab.settings import Settings
from defcheck.lab.size import Size
from defcheck.lab.small import SmallSize


def new(ports: Ports) -> Settings:
    return Settings.new(ports, ("admin", "swift"), "digest")


@pytest.mark.parametrize("ports", [Ports(keystone=1234), FullPorts(nova=1234)])
def test_settings_survive_being_saved(tmp_path: Path, ports: Ports) -> None:
    chosen = new(ports)
    chosen.save(tmp_path / "settings.json")
    assert Settings.load(tmp_path / "settings.json", type(ports)) == chosen
    assert (tmp_path / "settings.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("size", [SmallSize(), FullSize()], ids=lambda size: size.name)
def test_everything_has_a_password_of_its_own(size: Size) -> None:
    passwords = Settings.new(size.ports, size.secrets, "digest").passwords
    assert {user.name for user in size.users} <= set(passwords)
    assert len(set(passwords.values())) == len(passwords)
    assert min(map(len, passwords.values())) >= 24
    assert passwords != Settings.new(size.ports, size.secrets, "digest").passwords


def test_secrets_are_not_shown() -> None:
    chosen = new(Ports())
    for secret in (*chosen.passwords.values(), chosen.hash_prefix, chosen.hash_suffix):
        assert secret not in repr(chosen)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"ports": {}', '{"ports": {"x": 1}}'])
def test_broken_files_are_no_settings(tmp_path: Path, text: str) -> None:
    (tmp_path / "broken.json").write_text(text)
    assert Settings.load(tmp_path / "broken.json", Ports) is None
    assert Settings.load(tmp_path / "absent.json", Ports) is None


def test_the_ports_with_which_the_lab_was_ready(tmp_path: Path) -> None:
    path = tmp_path / "done.json"
    assert settings.load_ports(path, Ports) is None
    settings.save_ports(path, Ports(swift_proxy=4321))
    assert settings.load_ports(path, Ports) == Ports(swift_proxy=4321)
    path.write_text('{"keystone": ')
    assert settings.load_ports(path, Ports) is None
