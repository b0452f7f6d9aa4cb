"""A run that is refused has created nothing in the cloud.

The cloud is a stand-in: what is asked here is only the order of what `prepare` does;
the refusals themselves are tried against the lab.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from defcheck.cloud import connection
from defcheck.cloud.discovery import cloud_discovery
from defcheck.cloud.endpoint_filter import EndpointFilter
from defcheck.cloud.tempest_conf import TempestConfiguration
from defcheck.errors import UnusableError
from defcheck.runner import preparation
from defcheck.runner.preparation import PreparedRun, RunRequest, prepare_run
from tests.unit.runner.test_execution import Silent


@pytest.fixture
def probed(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return whether each configuration that is made was to be probed for."""
    cloud = SimpleNamespace(
        name="c",
        auth_url="http://c/v3",
        region="R",
        cpid="i",
        endpoint_filter=EndpointFilter(region="R"),
    )
    survey = SimpleNamespace(remarks=())
    asked: list[bool] = []

    def make(_: object, wishes: Any, *__: object) -> SimpleNamespace:
        asked.append(wishes.probe)
        return SimpleNamespace(configuration=TempestConfiguration({}, "accounts"), created=())

    monkeypatch.setattr(connection, "connect_cloud", lambda *_: cloud)
    monkeypatch.setattr(cloud_discovery, "discover_cloud", lambda _: survey)
    monkeypatch.setattr(preparation, "build_configuration", make)
    return asked


def refuse(_: PreparedRun) -> None:
    raise UnusableError("No test can pass.", "Repair it.")


def test_refused_run_has_probed_nothing(probed: list[bool], tmp_path: Path) -> None:
    request = RunRequest("2020.06", "object", tmp_path / "run", cloud="c")
    with pytest.raises(UnusableError, match="No test can pass"):
        prepare_run(request, {"swift"}, Silent(), refuse)
    assert probed == [False]


def test_accepted_run_is_probed_after_it_was_accepted(probed: list[bool], tmp_path: Path) -> None:
    request = RunRequest("2020.06", "object", tmp_path / "run", cloud="c")
    seen: list[list[bool]] = []
    prepare_run(request, {"swift"}, Silent(), lambda _: seen.append(list(probed)))
    assert (seen, probed) == ([[False]], [False, True])


def test_check_that_creates_nothing_does_not_probe(probed: list[bool], tmp_path: Path) -> None:
    request = RunRequest("2020.06", "object", tmp_path / "run", cloud="c", probe=False)
    prepare_run(request, {"swift"}, Silent(), refuse)
    assert probed == [False]
