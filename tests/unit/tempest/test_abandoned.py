"""Workspaces that a killed defcheck left: deleted where they are proved to be ours, else left."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from defcheck.tempest import abandoned_workspaces, installed
from defcheck.tempest.workspace import open_workspace


def left_behind(parent: Path, name: str = "defcheck-x", mode: int = 0o700) -> Path:
    """Return a workspace whose process is gone."""
    folder = parent / name
    (folder / "etc").mkdir(parents=True)
    (folder / "etc" / "tempest.conf").write_text("[auth]\nadmin_password = canary\n")
    os.close(abandoned_workspaces.lock_workspace(folder))
    folder.chmod(mode)
    return folder


def test_what_a_killed_defcheck_left_is_deleted_at_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    script = textwrap.dedent(
        """
        import os, signal
        from defcheck.tempest import installed
        from defcheck.tempest.workspace import open_workspace
        with open_workspace(installed.find_default_tempest()) as workspace:
            print(workspace.folder, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    folder = Path(done.stdout.strip())
    assert folder.is_dir()
    with open_workspace(installed.find_default_tempest()) as workspace:
        assert list(tmp_path.iterdir()) == [workspace.folder]


def test_a_workspace_in_use_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with open_workspace(installed.find_default_tempest()) as workspace:
        abandoned_workspaces.delete_abandoned(tmp_path)
        assert not abandoned_workspaces.delete_if_abandoned(workspace.folder)
        assert workspace.tempest_conf.parent.is_dir()


def test_folder_without_a_lock_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "defcheck-other"
    other.mkdir(mode=0o700)
    (other / "mine").touch()
    abandoned_workspaces.delete_abandoned(tmp_path)
    assert (other / "mine").exists()


def test_a_folder_that_is_open_to_others_is_left(tmp_path: Path) -> None:
    folder = left_behind(tmp_path, mode=0o777)
    abandoned_workspaces.delete_abandoned(tmp_path)
    assert (folder / "etc" / "tempest.conf").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_folder_of_another_user_is_left(tmp_path: Path) -> None:
    folder = left_behind(tmp_path)
    os.chown(folder, 12345, 12345)
    abandoned_workspaces.delete_abandoned(tmp_path)
    assert (folder / "etc" / "tempest.conf").exists()


def test_links_are_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    mine = left_behind(elsewhere)
    (tmp_path / "defcheck-link").symlink_to(mine)
    (elsewhere / "precious").mkdir()
    (elsewhere / "precious" / "file").touch()
    folder = left_behind(tmp_path)
    (folder / "link").symlink_to(elsewhere / "precious")
    abandoned_workspaces.delete_abandoned(tmp_path)
    assert not folder.exists()
    assert (mine / "etc" / "tempest.conf").exists()
    assert (elsewhere / "precious" / "file").exists()


def test_a_lock_that_is_a_link_proves_nothing(tmp_path: Path) -> None:
    folder = left_behind(tmp_path)
    (folder / abandoned_workspaces.LOCK_NAME).rename(tmp_path / "lock")
    (folder / abandoned_workspaces.LOCK_NAME).symlink_to(tmp_path / "lock")
    abandoned_workspaces.delete_abandoned(tmp_path)
    assert (folder / "etc" / "tempest.conf").exists()


def test_a_workspace_is_deleted_as_soon_as_its_lock_is_given_back(tmp_path: Path) -> None:
    folder = tmp_path / "defcheck-x"
    folder.mkdir(mode=0o700)
    lock = abandoned_workspaces.lock_workspace(folder)
    assert not abandoned_workspaces.wait_and_delete(folder)
    os.close(lock)
    assert abandoned_workspaces.wait_and_delete(folder)
    assert not folder.exists()
