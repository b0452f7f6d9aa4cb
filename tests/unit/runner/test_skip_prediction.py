"""What will not run is foreseen as it then happens: asked first, run afterwards."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from defcheck.guideline.matching import list_owners, parse_test_name
from defcheck.results.models import Event, Outcome
from defcheck.results.non_test_events import parse_fixture
from defcheck.runner.engine.client import Runner, open_runner
from defcheck.tempest.installed import find_default_tempest
from defcheck.tempest.workspace import Workspace, open_workspace

TESTS = '''
import os
import socket
import time
import unittest

import testtools
from tempest import config
from tempest.common import utils
from tempest.lib import decorators
from tempest.test import BaseTestCase

CONF = config.CONF
MARK = os.path.join(os.environ["TMPDIR"], "ran")


class Base(BaseTestCase):
    credentials = []

    def ran(self):
        with open(MARK, "a") as file:
            file.write(self.id() + "\\n")


class Plain(Base):
    def test_runs(self):
        self.ran()

    @testtools.skip("marked by testtools")
    def test_marked(self):
        self.ran()

    @unittest.skipUnless(CONF.validation.run_validation, "no validation")
    def test_marked_by_condition(self):
        self.ran()

    @decorators.skip_because(bug="1234567")
    def test_bug(self):
        self.ran()

    @decorators.skip_because(bug="1234567", condition=False)
    def test_other_bug(self):
        self.ran()

    @decorators.related_bug("1")
    @utils.requires_ext(extension="tags", service="network")
    def test_extension(self):
        self.ran()

    @utils.requires_ext(extension="router", service="network")
    def test_extension_that_is_there(self):
        self.ran()

    @utils.services("compute")
    @decorators.idempotent_id("00000000-0000-0000-0000-000000000001")
    def test_service(self):
        self.ran()

    def test_begins_with_a_condition(self):
        """A docstring comes before."""
        wanted = "nothing"
        if wanted not in CONF.network_feature_enabled.api_extensions:
            why = "there is no " + wanted
            raise self.skipException(why)
        self.ran()

    def test_condition_that_does_not_hold(self):
        if CONF.service_available.nova:
            self.skipTest("never")
        self.ran()

    def test_condition_behind_something_else(self):
        self.ran()
        if not CONF.service_available.nova:
            self.skipTest("not at the beginning")

    def test_condition_that_cannot_be_told(self):
        if self.client.shows_nothing():
            self.skipTest("of an answer")
        self.ran()


@testtools.skip("the whole class")
class Marked(Base):
    def test_one(self):
        self.ran()

    def test_two(self):
        self.ran()


class Checked(Base):
    @classmethod
    def skip_checks(cls):
        super().skip_checks()
        if not CONF.service_available.nova:
            raise cls.skipException("%s needs nova" % cls.__name__)

    def test_one(self):
        self.ran()


class Inherits(Checked):
    def test_two(self):
        self.ran()


class Sets(Base):
    @classmethod
    def resource_setup(cls):
        super().resource_setup()
        formats = ["raw"]
        if "iso" not in formats:
            raise cls.skipException("no iso")

    def test_one(self):
        self.ran()


class SetsUp(Base):
    def setUp(self):
        super().setUp()
        if not CONF.service_available.nova:
            self.skipTest("set-up needs nova")

    def test_one(self):
        self.ran()


class BugInCredentials(Base):
    @classmethod
    @decorators.skip_because(bug="1234567")
    def setup_credentials(cls):
        super().setup_credentials()

    def test_one(self):
        self.ran()


class BugInResources(Base):
    @classmethod
    @decorators.skip_because(bug="7654321", bug_type="storyboard")
    def resource_setup(cls):
        super().resource_setup()

    def test_one(self):
        self.ran()


class InheritsBug(BugInResources):
    @classmethod
    def resource_setup(cls):
        super().resource_setup()

    def test_two(self):
        self.ran()


class BugInSetUp(Base):
    @decorators.skip_because(bug="1234567")
    def setUp(self):
        super().setUp()

    def test_one(self):
        self.ran()


class NoBug(Base):
    @classmethod
    @decorators.skip_because(bug="1234567", condition=False)
    def resource_setup(cls):
        super().resource_setup()

    def test_one(self):
        self.ran()


class Asks(Base):
    @classmethod
    def skip_checks(cls):
        super().skip_checks()
        socket.create_connection(("127.0.0.1", int(os.environ["PORT"])))
        raise cls.skipException("the cloud says so")

    def test_one(self):
        self.ran()


class Slow(Base):
    @classmethod
    def skip_checks(cls):
        super().skip_checks()
        time.sleep(60)

    def test_one(self):
        self.ran()


class Users(Base):
    credentials = ["primary"]

    def test_one(self):
        self.ran()


class TwoUsers(Base):
    credentials = ["primary", "alt"]

    def test_one(self):
        self.ran()


class ThreeUsers(Base):
    credentials = ["primary", "alt", ["third", "member"]]

    def test_one(self):
        self.ran()


class Roles(Base):
    credentials = [["keeper", "keeper"]]

    def test_one(self):
        self.ran()
'''

CONF = """
[DEFAULT]
log_dir = {folder}
use_stderr = false
[oslo_concurrency]
lock_path = {lock}
[identity]
uri_v3 = http://127.0.0.1:9/v3
auth_version = v3
[auth]
use_dynamic_credentials = false
test_accounts_file = {accounts}
[service_available]
nova = false
[validation]
run_validation = false
[network-feature-enabled]
api_extensions = router
"""

ACCOUNTS = "- {username: a, password: b, project_name: c, roles: [member]}\n"


MODULE = "own.test_discover.test_own."

BUGS = ("BugInCredentials", "BugInResources", "InheritsBug", "BugInSetUp", "NoBug")
WITHOUT_CLOUD = ("Plain", "Marked", "Checked", "Inherits", "Sets", "SetsUp", "Roles", *BUGS)
"""Classes whose real fate needs no cloud to answer."""


@dataclass(frozen=True)
class Asked:
    """A runner of the tests above, and where it works."""

    runner: Runner
    workspace: Workspace

    def tests(self, *owners: str) -> list[str]:
        """Return the full names of the tests of some classes."""
        places = tuple(f"{MODULE}{owner}." for owner in owners)
        return [name for name in self.runner.owners if name.startswith(places)]

    def foresee(self, *owners: str, accounts: Path | None = None) -> dict[str, tuple[str, str]]:
        """Return what is foreseen, by class and method."""
        found = self.runner.predict_skips(self.tests(*owners), accounts)
        return {
            parse_test_name(name).name.removeprefix(MODULE): fate for name, fate in found.items()
        }


@pytest.fixture(scope="module")
def cloud() -> Iterator[socket.socket]:
    """Return where a cloud would take calls."""
    with socket.create_server(("127.0.0.1", 0)) as taking:
        yield taking


@pytest.fixture(scope="module")
def asked(cloud: socket.socket) -> Iterator[Asked]:
    """Return a runner of the real Tempest in which the tests above take its tests' place."""
    with pytest.MonkeyPatch.context() as patch, open_workspace(find_default_tempest()) as made:
        patch.setenv("PORT", str(cloud.getsockname()[1]))
        package = made.folder / "own" / "test_discover"
        package.mkdir(parents=True)
        for folder in (package.parent, package):
            (folder / "__init__.py").touch()
        (package / "test_own.py").write_text(TESTS)
        (made.folder / ".stestr.conf").write_text(
            "[DEFAULT]\ntest_path=own/test_discover\ntop_dir=.\n"
        )
        made.accounts_file.write_text(ACCOUNTS)
        made.tempest_conf.write_text(
            CONF.format(folder=made.folder, lock=made.lock_path, accounts=made.accounts_file)
        )
        with open_runner(made) as runner:
            yield Asked(runner, made)


def test_skips_of_tests_are_predicted(asked: Asked) -> None:
    assert asked.foresee("Plain") == {
        "Plain.test_marked": ("skipped", "marked by testtools"),
        "Plain.test_marked_by_condition": ("skipped", "no validation"),
        "Plain.test_bug": (
            "skipped",
            "Skipped until bug: https://launchpad.net/bugs/1234567 is resolved.",
        ),
        "Plain.test_extension": (
            "skipped",
            "Skipped because network extension: tags is not enabled",
        ),
        "Plain.test_service": ("skipped", "Skipped because the compute service is not available"),
        "Plain.test_begins_with_a_condition": ("skipped", "there is no nothing"),
    }


def test_fixture_skipped_by_bug_number_is_predicted_as_a_skip(asked: Asked) -> None:
    launchpad = "Skipped until bug: https://launchpad.net/bugs/1234567 is resolved."
    storyboard = "Skipped until bug: https://storyboard.openstack.org/#!/story/7654321 is resolved."
    assert asked.foresee(*BUGS) == {
        "BugInCredentials.test_one": ("skipped", launchpad),
        "BugInResources.test_one": ("skipped", storyboard),
        "InheritsBug.test_one": ("skipped", storyboard),
        "InheritsBug.test_two": ("skipped", storyboard),
        "BugInSetUp.test_one": ("skipped", launchpad),
    }


def test_skips_of_classes_are_predicted(asked: Asked) -> None:
    assert asked.foresee("Marked", "Checked", "Inherits", "Sets", "SetsUp", "Roles") == {
        "Marked.test_one": ("skipped", "the whole class"),
        "Marked.test_two": ("skipped", "the whole class"),
        "Checked.test_one": ("skipped", "Checked needs nova"),
        "Inherits.test_one": ("skipped", "Inherits needs nova"),
        "Inherits.test_two": ("skipped", "Inherits needs nova"),
        "Sets.test_one": ("skipped", "no iso"),
        "SetsUp.test_one": ("skipped", "set-up needs nova"),
        "Roles.test_one": (
            "skipped",
            "Roles skipped because the configured credential provider is not able to provide "
            "credentials with the keeper role assigned.",
        ),
    }


def test_no_test_is_run_and_no_user_kept_by_asking(asked: Asked) -> None:
    asked.foresee("Plain", "Users", "Roles")
    assert not (asked.workspace.folder / "ran").exists()
    assert not [path for path in asked.workspace.lock_path.iterdir() if len(path.name) == 32]


def test_the_cloud_is_left_alone(asked: Asked, cloud: socket.socket) -> None:
    assert asked.foresee("Asks") == {}
    cloud.settimeout(0.2)
    with pytest.raises(TimeoutError):
        cloud.accept()


def test_a_class_that_takes_too_long_keeps_the_others_from_nothing(asked: Asked) -> None:
    assert set(asked.foresee("Slow", "Sets")) == {"Sets.test_one"}


def test_tests_that_need_more_users_are_predicted_to_skip(asked: Asked, tmp_path: Path) -> None:
    assert asked.foresee("Users") == {}
    assert asked.foresee("TwoUsers") == {
        "TwoUsers.test_one": ("skipped", "Missing a 2nd set of API credentials in configuration.")
    }
    two = tmp_path / "two $x.yaml"
    two.write_text(ACCOUNTS + ACCOUNTS.replace("username: a", "username: d"))
    outcome, reason = asked.foresee("ThreeUsers", accounts=two)["ThreeUsers.test_one"]
    assert outcome == "fixture error"
    assert "Insufficient number of users" in reason


def test_enough_placeholder_users_predict_no_skip(asked: Asked, tmp_path: Path) -> None:
    more = tmp_path / "more.yaml"
    more.write_text(ACCOUNTS + ACCOUNTS.replace("username: a", "username: d"))
    assert asked.foresee("TwoUsers", "Users", accounts=more) == {}


def test_predicted_skips_are_skipped_when_the_tests_run(asked: Asked, tmp_path: Path) -> None:
    wanted = asked.tests(*WITHOUT_CLOUD)
    foreseen = {parse_test_name(name).name for name in asked.runner.predict_skips(wanted)}
    events: list[Event] = []
    asked.runner.execute_tests(
        wanted, 1, results=tmp_path / "r", log=tmp_path / "log", on_event=events.append
    )
    names = {parse_test_name(name).name for name in wanted}
    skipped: set[str] = set()
    for event in events:
        if event.outcome is Outcome.SKIPPED:
            fixture = parse_fixture(event)
            skipped |= (
                {name for name in names if fixture.owner in list_owners(name)}
                if fixture
                else {event.test.name}
            )
    assert foreseen < skipped
    assert {name.rpartition(".")[2] for name in skipped - foreseen} == {
        "test_condition_behind_something_else"
    }
