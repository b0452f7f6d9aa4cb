"""A real project, really run, with every kind of fixture that fails or skips."""

import subprocess
import sys
from pathlib import Path

import pytest

CONFIGURATION = "[DEFAULT]\ntest_path=./suite\ntop_dir=./\n"

FIXTURES = """
import unittest


class Good(unittest.TestCase):
    def test_pass(self):
        pass

    def test_fail(self):
        self.assertEqual(1, 2, "they differ")

    def test_skip(self):
        self.skipTest("no such service")


class SetUpSkips(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise unittest.SkipTest("not for this cloud")

    def test_never(self):
        pass


class SetUpFails(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise RuntimeError("no network")

    def test_never(self):
        pass


class TearDownFails(unittest.TestCase):
    @classmethod
    def tearDownClass(cls):
        raise RuntimeError("cannot delete")

    def test_pass(self):
        pass
"""

MODULE = """
import unittest


def setUpModule():
    raise RuntimeError("no module today")


class Inside(unittest.TestCase):
    def test_never(self):
        pass
"""


def run(folder: Path, *words: str) -> bytes:
    """Run a Python module in the project; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, capture_output=True, timeout=60, check=False
    )
    return done.stdout


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project that stestr ran twice: first one class, then all."""
    folder = tmp_path_factory.mktemp("project")
    (folder / ".stestr.conf").write_text(CONFIGURATION)
    suite = folder / "suite"
    suite.mkdir()
    (suite / "__init__.py").touch()
    (suite / "test_fixtures.py").write_text(FIXTURES)
    (suite / "test_module.py").write_text(MODULE)
    run(folder, "stestr", "run", "--serial", "suite.test_fixtures.Good.test_pass")
    run(folder, "stestr", "run", "--concurrency", "2")
    return folder


@pytest.fixture(scope="session")
def failed_import(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the stream of a discovery in which a module cannot be imported."""
    folder = tmp_path_factory.mktemp("broken")
    suite = folder / "suite"
    suite.mkdir()
    (suite / "__init__.py").touch()
    (suite / "test_broken.py").write_text("import no_such_module_at_all\n")
    (suite / "test_fixtures.py").write_text(FIXTURES)
    return run(folder, "subunit.run", "discover", "-t", ".", "suite")
