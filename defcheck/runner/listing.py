"""List the tests of any installed Tempest, in the way in which they would be run."""

from defcheck.files import write_private
from defcheck.runner.execute import open_runner
from defcheck.tempest.conf_file import render_conf
from defcheck.tempest.installed import InstalledTempest
from defcheck.tempest.workspace import open_workspace


def list_tests(tempest: InstalledTempest) -> tuple[str, ...]:
    """Return the full names of all tests of a Tempest that knows of no cloud.

    Raises `UnusableError` where it cannot list them.
    """
    with open_workspace(tempest) as workspace:
        # Without any, Tempest would take the one in /etc.
        write_private(workspace.tempest_conf, render_conf(workspace.settings))
        with open_runner(workspace) as runner:
            return tuple(runner.owners)
