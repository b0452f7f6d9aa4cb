"""A run that is refused has created nothing in the cloud.

The cloud is a stand-in: what is asked here is only the order of what `prepare` does;
the refusals themselves are tried against the lab.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from defcheck.cloud.addressing import Addressing
from defcheck.cloud.tempestconf import Configuration
from defcheck.errors import UnusableError
from defcheck.runner import preparation
from defcheck.runner.preparation import Prepared, Request, prepare
from tests.unit.runner.test_conduct import Silent


@pytest.fixture
def probed(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return whether each configuration that is made was to be probed for."""
    cloud = SimpleNamespace(
        name="c", auth_url="http://c/v3", region="R", cpid="i", addressing=Addressing(region="R")
    )
    survey = SimpleNamespace(remarks=())
    asked: list[bool] = []

    def make(_: object, wishes: Any, *__: object) -> SimpleNamespace:
        asked.append(wishes.probe)
        return SimpleNamespace(configuration=Configuration({}, "accounts"), created=())

    monkeypatch.setattr(preparation.connection, "connect", lambda *_: cloud)
    monkeypatch.setattr(preparation.gather, "survey", lambda _: survey)
    monkeypatch.setattr(preparation, "make", make)
    return asked


def refuse(_: Prepared) -> None:
    raise UnusableError("No test can pass.", "Repair it.")


def test_refused_run_has_probed_nothing(probed: list[bool], tmp_path: Path) -> None:
    request = Request("2020.06", "object", tmp_path / "run", cloud="c")
    with pytest.raises(UnusableError, match="No test can pass"):
        prepare(request, {"swift"}, Silent(), refuse)
    assert probed == [False]


def test_accepted_run_is_probed_after_it_was_accepted(probed: list[bool], tmp_path: Path) -> None:
    request = Request("2020.06", "object", tmp_path / "run", cloud="c")
    seen: list[list[bool]] = []
    prepare(request, {"swift"}, Silent(), lambda _: seen.append(list(probed)))
    assert (seen, probed) == ([[False]], [False, True])


def test_check_that_creates_nothing_does_not_probe(probed: list[bool], tmp_path: Path) -> None:
    request = Request("2020.06", "object", tmp_path / "run", cloud="c", probe=False)
    prepare(request, {"swift"}, Silent(), refuse)
    assert probed == [False]
