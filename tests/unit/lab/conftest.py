"""A lab's folders of a test's own."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from defcheck.lab import paths, processes
from defcheck.lab.paths import Layout
from defcheck.lab.processes import Service

MakeService = Callable[..., Service]


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """The layout of a lab that is nobody else's; nothing of it exists yet."""
    monkeypatch.setenv(paths.STATE_VARIABLE, str(tmp_path / "a lab"))
    monkeypatch.setenv(paths.CACHE_VARIABLE, str(tmp_path / "cache"))
    return Layout(paths.state())


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
