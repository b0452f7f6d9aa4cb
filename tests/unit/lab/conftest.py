"""A lab's folders of a test's own."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from defcheck.lab import paths, processes
from defcheck.lab.deployment import LabSettings, Site
from defcheck.lab.environment import LabEnvironment
from defcheck.lab.full.full_size import FullSize
from defcheck.lab.lab_sizes import LabSize, SmallSize
from defcheck.lab.paths import LabLayout
from defcheck.lab.processes import LabPorts, LabService

MakeService = Callable[..., LabService]


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabLayout:
    """The layout of a lab that is nobody else's; nothing of it exists yet."""
    monkeypatch.setenv(paths.STATE_VARIABLES["small"], str(tmp_path / "a lab"))
    monkeypatch.setenv(paths.STATE_VARIABLES["full"], str(tmp_path / "full"))
    monkeypatch.setenv(paths.CACHE_VARIABLE, str(tmp_path / "cache"))
    return LabLayout(paths.find_state_folder("small"))


@pytest.fixture
def site(layout: LabLayout) -> Site:
    """A small lab with ports that tell its services apart; nothing of it exists yet."""
    ports = LabPorts(
        keystone=1001, swift_proxy=1002, swift_object=1003, swift_container=1004, swift_account=1005
    )
    return Site(layout, LabEnvironment(Path("/nowhere")), new_settings(SmallSize(), ports))


@pytest.fixture
def full_site(layout: LabLayout) -> Site:
    """A full lab; nothing of it exists yet."""
    size = FullSize()
    return Site(
        LabLayout(paths.find_state_folder("full")),
        LabEnvironment(Path("/nowhere")),
        new_settings(size, size.ports),
    )


def new_settings(size: LabSize, ports: LabPorts) -> LabSettings:
    return LabSettings.generate_settings(ports, size.secrets, size.packages.release)


@pytest.fixture
def make_service(tmp_path: Path) -> Iterator[MakeService]:
    """Make services that run a piece of Python; whatever they started is ended afterwards."""
    made = []

    def make(code: str, name: str = "sleeper", home: Path = tmp_path) -> LabService:
        service = LabService(
            name=name,
            command=(sys.executable, "-c", code),
            port=0,
            home=home,
            record=home / "run" / f"{name}.json",
            log=home / "log" / f"{name}.log",
        )
        made.append(service)
        return service

    yield make
    processes.stop_services(made, grace=0)
