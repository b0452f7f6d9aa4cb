"""Tools run to their end, and are found and ended when the command that ran them was killed."""

import sys
import threading
import time

import pytest

from defcheck.errors import UnusableError
from defcheck.lab import deployment, processes
from defcheck.lab.deployment import Site
from defcheck.lab.paths import create_private_folder


@pytest.fixture(autouse=True)
def state(site: Site) -> None:
    create_private_folder(site.layout.state)


def test_what_a_tool_is_given_and_what_it_says(site: Site) -> None:
    code = "import os, sys; print(sys.stdin.read(), os.environ['SECRET'], os.getcwd())"
    deployment.run_tool(
        site, [sys.executable, "-c", code], {"SECRET": "hush"}, b"input", log="noted"
    )
    said = site.log_path("noted").read_text()
    assert f"input hush {site.layout.state}" in said
    assert not site.log_path(deployment.SETUP_NAME).exists()


def test_a_failure_is_told_with_the_end_of_the_log(site: Site) -> None:
    with pytest.raises(UnusableError, match="out of order") as told:
        deployment.run_tool(site, [sys.executable, "-c", "raise SystemExit('out of order')"])
    assert str(site.log_path(deployment.SETUP_NAME)) in told.value.advice


def test_a_tool_is_ended_with_the_lab(site: Site) -> None:
    failed: list[UnusableError] = []

    def run() -> None:
        try:
            deployment.run_tool(site, [sys.executable, "-c", "import time; time.sleep(60)"])
        except UnusableError as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    service = deployment.define_setup_service(site)
    deadline = time.monotonic() + 30
    while not processes.find_pids([service])[deployment.SETUP_NAME]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert len(processes.stop_services([service])) == 1
    thread.join(30)
    assert len(failed) == 1
