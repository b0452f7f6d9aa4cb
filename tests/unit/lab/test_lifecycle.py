"""A lab that does not run: what is said of it, and what is deleted."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from defcheck.cli.main import cli
from defcheck.errors import UnusableError
from defcheck.lab import lifecycle, machine, paths
from defcheck.lab.deployment import LabSettings, save_ports
from defcheck.lab.full.full_size import FullSize
from defcheck.lab.lab_sizes import SmallSize
from defcheck.lab.paths import LabLayout
from defcheck.lab.processes import LabPorts

SIZE = SmallSize()
SERVICES = ["keystone", "swift-account", "swift-container", "swift-object", "swift-proxy"]


@pytest.fixture
def set_up(layout: LabLayout) -> LabSettings:
    """What a lab leaves that was set up and ended."""
    machine.claim_state_folder(layout, SIZE.name)
    settings = LabSettings.generate_settings(
        LabPorts(keystone=1234), SIZE.secrets, SIZE.packages.release
    )
    settings.save_settings(layout.settings)
    save_ports(layout.done, settings.ports)
    return settings


@pytest.mark.usefixtures("layout")
def test_there_is_no_lab_before_the_first_up() -> None:
    assert lifecycle.find_lab(SIZE) is None
    assert lifecycle.inspect_lab(SIZE).lab is None
    assert not lifecycle.inspect_lab(SIZE).ready


@pytest.mark.usefixtures("set_up")
def test_a_lab_that_was_set_up_is_known(layout: LabLayout) -> None:
    lab = lifecycle.find_lab(SIZE)
    assert lab == lifecycle.Lab(
        state=layout.state,
        auth_url="http://127.0.0.1:1234/v3",
        clouds_yaml=layout.state / "clouds.yaml",
        accounts_yaml=layout.state / "accounts.yaml",
        tempest_conf=None,
        cloud="defcheck-lab",
        member_cloud="defcheck-lab-member",
    )
    assert not lifecycle.inspect_lab(SIZE).ready


@pytest.mark.usefixtures("set_up")
@pytest.mark.parametrize("missing", ["done", "settings"])
def test_incomplete_lab_is_not_found(layout: LabLayout, missing: str) -> None:
    getattr(layout, missing).unlink()
    assert lifecycle.find_lab(SIZE) is None


@pytest.mark.usefixtures("set_up")
def test_clean_deletes_the_lab_and_says_so(layout: LabLayout) -> None:
    said: list[str] = []
    lifecycle.delete_lab(SIZE, said.append)
    assert not layout.state.exists()
    assert any(str(layout.state) in line for line in said)


def test_clean_and_down_leave_a_folder_that_is_not_a_lab(layout: LabLayout) -> None:
    layout.state.mkdir()
    (layout.state / "settings.json").write_text("somebody's")
    lifecycle.delete_lab(SIZE, lambda _: None)
    assert lifecycle.stop_lab(SIZE, lambda _: None) == []
    assert (layout.state / "settings.json").read_text() == "somebody's"


@pytest.mark.usefixtures("set_up")
def test_status_shows_every_service_and_ends_with_4() -> None:
    shown = CliRunner().invoke(cli, ["lab", "status"])
    assert shown.exit_code == 4
    assert [line.split()[0] for line in shown.stdout.splitlines()[1:6]] == SERVICES
    assert "not ready" in shown.stdout


@pytest.mark.usefixtures("set_up")
def test_status_for_programs() -> None:
    shown = CliRunner().invoke(cli, ["lab", "status", "--format", "json"])
    assert shown.exit_code == 4
    status = json.loads(shown.stdout)
    assert status["ready"] is False
    assert [service["name"] for service in status["services"]] == SERVICES
    assert all(service["pid"] is None for service in status["services"])
    assert status["lab"]["cloud"] == "defcheck-lab"


@pytest.mark.usefixtures("layout")
def test_status_of_the_full_lab_names_its_services_and_how_to_start_it() -> None:
    shown = CliRunner().invoke(cli, ["lab", "status", "--size", "full"])
    assert shown.exit_code == 4
    named = [line.split()[0] for line in shown.stdout.splitlines()[1:-2]]
    assert set(SERVICES) <= set(named)
    assert {"mariadb", "rabbitmq", "nova-compute", "neutron-agent", "cinder-volume"} <= set(named)
    assert len(named) == len(set(named)) == 20
    assert "`defcheck lab up --size full`" in shown.stdout


@pytest.mark.usefixtures("set_up")
def test_the_sizes_do_not_touch_each_other(layout: LabLayout) -> None:
    full = FullSize()
    assert lifecycle.find_lab(full) is None
    lifecycle.delete_lab(full, lambda _: None)
    assert lifecycle.find_lab(SIZE) is not None


@pytest.mark.usefixtures("set_up")
def test_a_lab_of_another_size_is_not_taken_for_a_half_made_one(
    layout: LabLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(layout.state.iterdir())
    with pytest.raises(UnusableError, match="contains a lab of another size than full"):
        machine.claim_state_folder(layout, "full")
    monkeypatch.setenv("DEFCHECK_LAB_FULL_STATE", str(layout.state))
    with pytest.raises(UnusableError, match="contains a lab of another size than full"):
        lifecycle.delete_lab(FullSize(), lambda _: None)
    assert sorted(layout.state.iterdir()) == before


@pytest.mark.usefixtures("layout")
def test_a_lab_without_room_installs_and_makes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "available_memory_mb", lambda: 2000)
    refused = CliRunner().invoke(cli, ["lab", "up", "--size", "full"])
    assert isinstance(refused.exception, UnusableError)
    assert "needs 2600 MB of memory, but only 2000 MB are available" in refused.exception.message
    assert not paths.find_state_folder("full").exists()
    assert not paths.find_cache_folder().exists()


def test_the_full_lab_refuses_folders_with_blanks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFCHECK_LAB_FULL_STATE", str(tmp_path / "a lab"))
    refused = CliRunner().invoke(cli, ["lab", "up", "--size", "full"])
    assert isinstance(refused.exception, UnusableError)
    assert "DEFCHECK_LAB_FULL_STATE" in refused.exception.advice


@pytest.mark.parametrize("command", ["up", "status", "down", "clean"])
def test_every_command_has_help_and_an_example(command: str) -> None:
    shown = CliRunner().invoke(cli, ["lab", command, "--help"])
    assert shown.exit_code == 0
    assert re.search(rf"Examples?:\n +defcheck lab {command}", shown.stdout)
