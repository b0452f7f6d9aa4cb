"""Tools run to their end, and are found and ended when the command that ran them was killed."""

import sys
import threading
import time

import pytest

from defcheck.errors import UnusableError
from defcheck.lab import processes, tools
from defcheck.lab.files import make_private_folder
from defcheck.lab.site import Site


@pytest.fixture(autouse=True)
def state(site: Site) -> None:
    make_private_folder(site.layout.state)


def test_what_a_tool_is_given_and_what_it_says(site: Site) -> None:
    code = "import os, sys; print(sys.stdin.read(), os.environ['SECRET'], os.getcwd())"
    tools.run(site, [sys.executable, "-c", code], {"SECRET": "hush"}, b"input", log="noted")
    said = site.log("noted").read_text()
    assert f"input hush {site.layout.state}" in said
    assert not site.log(tools.NAME).exists()


def test_a_failure_is_told_with_the_end_of_the_log(site: Site) -> None:
    with pytest.raises(UnusableError, match="out of order") as told:
        tools.run(site, [sys.executable, "-c", "raise SystemExit('out of order')"])
    assert str(site.log(tools.NAME)) in told.value.advice


def test_a_tool_is_ended_with_the_lab(site: Site) -> None:
    failed: list[UnusableError] = []

    def run() -> None:
        try:
            tools.run(site, [sys.executable, "-c", "import time; time.sleep(60)"])
        except UnusableError as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    service = tools.service(site)
    deadline = time.monotonic() + 30
    while not processes.find([service])[tools.NAME]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert len(processes.stop([service])) == 1
    thread.join(30)
    assert len(failed) == 1
