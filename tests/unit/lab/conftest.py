"""A lab's folders of a test's own."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from defcheck.lab import paths, processes
from defcheck.lab.environment import Environment
from defcheck.lab.full.size import FullSize
from defcheck.lab.paths import Layout
from defcheck.lab.ports import Ports
from defcheck.lab.processes import Service
from defcheck.lab.settings import Settings
from defcheck.lab.site import Site
from defcheck.lab.size import Size
from defcheck.lab.small import SmallSize

MakeService = Callable[..., Service]


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """The layout of a lab that is nobody else's; nothing of it exists yet."""
    monkeypatch.setenv(paths.STATE_VARIABLES["small"], str(tmp_path / "a lab"))
    monkeypatch.setenv(paths.STATE_VARIABLES["full"], str(tmp_path / "full"))
    monkeypatch.setenv(paths.CACHE_VARIABLE, str(tmp_path / "cache"))
    return Layout(paths.state("small"))


@pytest.fixture
def site(layout: Layout) -> Site:
    """A small lab with ports that tell its services apart; nothing of it exists yet."""
    ports = Ports(
        keystone=1001, swift_proxy=1002, swift_object=1003, swift_container=1004, swift_account=1005
    )
    return Site(layout, Environment(Path("/nowhere")), new_settings(SmallSize(), ports))


@pytest.fixture
def full_site(layout: Layout) -> Site:
    """A full lab; nothing of it exists yet."""
    size = FullSize()
    return Site(
        Layout(paths.state("full")), Environment(Path("/nowhere")), new_settings(size, size.ports)
    )


def new_settings(size: Size, ports: Ports) -> Settings:
    return Settings.new(ports, size.secrets, size.packages.release)


@pytest.fixture
def make_service(tmp_path: Path) -> Iterator[MakeService]:
    """Make services that run a piece of Python; whatever they started is ended afterwards."""
    made = []

    def make(code: str, name: str = "sleeper", home: Path = tmp_path) -> Service:
        service = Service(
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
    processes.stop(made, grace=0)
