"""A workspace with a few small tests instead of Tempest's."""

from pathlib import Path

import pytest

from defcheck.tempest.workspace import Workspace

TESTS = """
import os
import signal
import sys
import time
import testtools

class Small(testtools.TestCase):
    def test_fine(self):
        pass

    def test_wrong(self):
        raise ValueError({"username": "u", "password": "canary"})

    def test_left_out(self):
        self.skipTest("not here")


class Tail(testtools.TestCase):
    def test_sleeps(self):
        time.sleep(60)


class Broken(testtools.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        raise RuntimeError("no network")

    def test_never_runs(self):
        pass


class Killed(testtools.TestCase):
    def test_a_before(self):
        pass

    def test_b_kills(self):
        os.kill(os.getpid(), signal.SIGKILL)

    def test_c_after(self):
        pass


class KilledInSetUp(testtools.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        os.kill(os.getpid(), signal.SIGKILL)

    def test_one(self):
        pass


class KilledInTearDown(testtools.TestCase):
    @classmethod
    def tearDownClass(cls):
        os.kill(os.getpid(), signal.SIGKILL)

    def test_one(self):
        pass


class Exits(testtools.TestCase):
    def test_exits(self):
        os._exit(7)


class Hangs(testtools.TestCase):
    def test_a_before(self):
        pass

    def test_b_hangs(self):
        self.wait_for_ever()

    def test_c_after(self):
        pass

    def wait_for_ever(self):
        time.sleep(600)


class HangsInSetUp(testtools.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        time.sleep(600)

    def test_one(self):
        pass


class HangsInTearDown(testtools.TestCase):
    @classmethod
    def tearDownClass(cls):
        time.sleep(600)

    def test_one(self):
        pass


class Large(testtools.TestCase):
    def test_attaches(self):
        text = "x" * 5_000_000
        self.addDetail("log", testtools.content.text_content(text))


class Slow(testtools.TestCase):
    def test_a_first(self):
        pass

    def test_b_sleeps_once(self):
        mark = os.path.join(os.environ["TMPDIR"], "slept")
        if not os.path.exists(mark):
            open(mark, "w").close()
            time.sleep(60)


class Loud(testtools.TestCase):
    def test_prints(self):
        print("printed by a test")
        print("\\xb3 and more", end="")
        sys.stderr.write("to standard error\\n")
        os.write(1, b"\\xb3 past Python")


class LeavesAChild(testtools.TestCase):
    def test_forks_and_dies(self):
        if not os.fork():
            time.sleep(30)
            os._exit(0)
        os.kill(os.getpid(), signal.SIGKILL)


class Random(testtools.TestCase):
    def test_one(self):
        self._say()

    def _say(self):
        import random
        raise ValueError(f"number {random.random()}")


class RandomToo(Random):
    pass
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    folder = tmp_path / "workspace"
    (folder / "small").mkdir(parents=True)
    (folder / "small" / "__init__.py").touch()
    (folder / "small" / "test_small.py").write_text(TESTS)
    (folder / "etc").mkdir()
    (folder / ".stestr.conf").write_text("[DEFAULT]\ntest_path=./small\ntop_dir=./\n")
    return Workspace(folder)
