"""A workspace of real stestr over a few small tests instead of Tempest's."""

from pathlib import Path

import pytest
from stestr.repository.file import RepositoryFactory

from defcheck.tempest.workspace import Workspace

TESTS = """
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
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    folder = tmp_path / "workspace"
    (folder / "small").mkdir(parents=True)
    (folder / "small" / "__init__.py").touch()
    (folder / "small" / "test_small.py").write_text(TESTS)
    (folder / "etc").mkdir()
    (folder / ".stestr.conf").write_text("[DEFAULT]\ntest_path=./small\ntop_dir=./\n")
    RepositoryFactory().initialise(str(folder))
    return Workspace(folder)
