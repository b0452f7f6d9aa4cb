"""A private folder in which Tempest finds its configuration and leaves its state.

`tempest init` is not used: it writes into the user's home.
"""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from defcheck.tempest import abandoned_workspaces
from defcheck.tempest.conf_file import DEFAULT_SECTION, Sections
from defcheck.tempest.installed import InstalledTempest
from defcheck.util.virtualenv import own_variables

STESTR_CONF = """[DEFAULT]
test_path={package}/test_discover
top_dir={package}/..
group_regex=([^\\.]*\\.)*
"""
CONF_VARIABLE = re.compile(r"OS_.+__.")
TEST_NAME = re.compile(r"[A-Za-z_][\w.]*\.\w+(\[.*\])?(\(.*\))?")
LIST_SECONDS = 300
"""A listing takes 2 s; a machine a hundred times slower is not waited for."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder, readable by its owner alone, with secrets in it while it lives."""

    folder: Path

    python: str = sys.executable
    """The Python that has Tempest."""

    @property
    def tempest_conf(self) -> Path:
        """Where Tempest reads its configuration."""
        return self.folder / "etc" / "tempest.conf"

    @property
    def accounts_file(self) -> Path:
        """Where accounts that defcheck writes for Tempest lie."""
        return self.folder / "etc" / "accounts.yaml"

    @property
    def lock_path(self) -> Path:
        """Where Tempest's workers lock accounts against each other."""
        return self.folder / "lock"

    @property
    def settings(self) -> Sections:
        """What a tempest.conf has to say for Tempest to write into this folder alone."""
        return {
            DEFAULT_SECTION: {
                "log_dir": str(self.folder),
                "log_file": "tempest.log",
                "use_stderr": "false",
            },
            "oslo_concurrency": {"lock_path": str(self.lock_path)},
        }

    def build_environment(self) -> dict[str, str]:
        """Return the environment for Tempest's processes."""
        # Another Tempest's Python must not find this one's packages first.
        own = os.environ if self.python == sys.executable else own_variables()
        return {
            # oslo.config lets OS_SECTION__OPTION win over tempest.conf.
            **{name: value for name, value in own.items() if not CONF_VARIABLE.match(name)},
            "TEMPEST_CONFIG_DIR": str(self.tempest_conf.parent),
            "TEMPEST_CONFIG": self.tempest_conf.name,
            "PYTHONWARNINGS": "ignore",
            "PYTHONUTF8": "1",  # tempest.conf and accounts.yaml are, whatever the locale
            "TMPDIR": str(self.folder),
        }


@contextmanager
def open_workspace(tempest: InstalledTempest) -> Iterator[Workspace]:
    """Make a workspace for a run and delete it with all its secrets afterwards.

    Those of runs that were killed are deleted first.
    """
    abandoned_workspaces.delete_abandoned(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=abandoned_workspaces.PREFIX))
    lock = abandoned_workspaces.lock_workspace(folder)
    try:
        workspace = Workspace(folder, tempest.python)
        workspace.tempest_conf.parent.mkdir(mode=0o700)
        workspace.lock_path.mkdir(mode=0o700)
        conf = STESTR_CONF.format(package=tempest.package)
        (folder / ".stestr.conf").write_text(conf, encoding="utf-8")
        yield workspace
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)
