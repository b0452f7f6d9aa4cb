"""Ports and secrets, kept for the life of a lab."""

from pathlib import Path

import pytest

from defcheck.lab import deployment
from defcheck.lab.deployment import LabSettings
from defcheck.lab.full.full_size import FullSize
from defcheck.lab.full.infrastructure import FullPorts
from defcheck.lab.lab_sizes import LabSize, SmallSize
from defcheck.lab.processes import LabPorts


def new(ports: LabPorts) -> LabSettings:
    return LabSettings.generate_settings(ports, ("admin", "swift"), "digest")


@pytest.mark.parametrize("ports", [LabPorts(keystone=1234), FullPorts(nova=1234)])
def test_settings_survive_being_saved(tmp_path: Path, ports: LabPorts) -> None:
    chosen = new(ports)
    chosen.save_settings(tmp_path / "settings.json")
    assert LabSettings.load_settings(tmp_path / "settings.json", type(ports)) == chosen
    assert (tmp_path / "settings.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("size", [SmallSize(), FullSize()], ids=lambda size: size.name)
def test_everything_has_a_password_of_its_own(size: LabSize) -> None:
    passwords = LabSettings.generate_settings(size.ports, size.secrets, "digest").passwords
    assert {user.name for user in size.users} <= set(passwords)
    assert len(set(passwords.values())) == len(passwords)
    assert min(map(len, passwords.values())) >= 24
    assert passwords != LabSettings.generate_settings(size.ports, size.secrets, "digest").passwords


def test_secrets_are_not_shown() -> None:
    chosen = new(LabPorts())
    for secret in (*chosen.passwords.values(), chosen.hash_prefix, chosen.hash_suffix):
        assert secret not in repr(chosen)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"ports": {}', '{"ports": {"x": 1}}'])
def test_broken_files_are_no_settings(tmp_path: Path, text: str) -> None:
    (tmp_path / "broken.json").write_text(text)
    assert LabSettings.load_settings(tmp_path / "broken.json", LabPorts) is None
    assert LabSettings.load_settings(tmp_path / "absent.json", LabPorts) is None


def test_the_ports_with_which_the_lab_was_ready(tmp_path: Path) -> None:
    path = tmp_path / "done.json"
    assert deployment.load_ports(path, LabPorts) is None
    deployment.save_ports(path, LabPorts(swift_proxy=4321))
    assert deployment.load_ports(path, LabPorts) == LabPorts(swift_proxy=4321)
    path.write_text('{"keystone": ')
    assert deployment.load_ports(path, LabPorts) is None
