"""One command at a time on the same folder."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from defcheck.errors import UnusableError
from defcheck.util.concurrency import hold_exclusive_lock, hold_shared_lock


def test_the_second_is_told_what_the_first_is_doing(tmp_path: Path) -> None:
    lock = tmp_path / "new" / "lock"
    with (
        hold_exclusive_lock(lock, "baking"),
        pytest.raises(UnusableError, match="defcheck is baking"),
        hold_exclusive_lock(lock, "baking"),
    ):
        pytest.fail("two at once")
    with hold_exclusive_lock(lock, "baking"):
        pass


def test_second_holder_of_a_lock_waits_for_the_first(tmp_path: Path) -> None:
    lock, waiting, order = tmp_path / "lock", threading.Event(), []

    def second() -> None:
        with hold_exclusive_lock(lock, "baking", waiting.set):
            order.append("second")

    thread = threading.Thread(target=second)
    with hold_exclusive_lock(lock, "baking"):
        thread.start()
        assert waiting.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_process_that_outlives_the_block_does_not_keep_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with hold_exclusive_lock(lock, "baking"):
        left = subprocess.Popen(
            [sys.executable, "-c", "import time; print('runs', flush=True); time.sleep(60)"],
            stdout=subprocess.PIPE,
            close_fds=False,
        )
    assert left.stdout
    try:
        # Until it says so, it may not have become another program.
        assert left.stdout.readline() == b"runs\n"
        with hold_exclusive_lock(lock, "baking"):
            assert left.poll() is None
    finally:
        left.kill()
        left.communicate()


def test_a_lock_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(UnusableError, match="cannot be written"),
        hold_exclusive_lock(tmp_path / "file" / "lock", "baking"),
    ):
        pytest.fail("no lock")


def test_those_who_share_go_together_and_exclude_the_others(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with (
        hold_shared_lock(lock, "baking"),
        hold_shared_lock(lock, "baking"),
        pytest.raises(UnusableError, match="defcheck is eating"),
        hold_exclusive_lock(lock, "eating"),
    ):
        pytest.fail("beside those who share")
    with (
        hold_exclusive_lock(lock, "baking"),
        pytest.raises(UnusableError, match="defcheck is eating"),
        hold_shared_lock(lock, "eating"),
    ):
        pytest.fail("beside the one who does not share")
