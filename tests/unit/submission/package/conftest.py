"""Packages of runs that pass, fail, and are for SCS-0128."""

from collections.abc import Iterator

import pytest

from defcheck.submission.bundle import checks
from defcheck.submission.package import model
from tests.evidence import make_run, make_run_of
from tests.unit.recordings import raw
from tests.unit.submission.package.runs import Files, compute_run, package_of, score


@pytest.fixture(scope="package", autouse=True)
def _score_each_run_once() -> Iterator[None]:
    """Score a run once, however many packages of it are made and checked, to save time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "score_run_directory", score)
        patch.setattr(model, "score_run_directory", score)
        yield


@pytest.fixture(scope="session")
def passing(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return the package of a run that passes 2020.06 storage."""
    return package_of(make_run(tmp_path_factory.mktemp("runs") / "passing"))


@pytest.fixture(scope="session")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return the package of a recorded run in which two of the storage tests failed."""
    folder = tmp_path_factory.mktemp("runs") / "failing"
    return package_of(make_run_of(folder, raw("quotas-fail.subunit"), "2020.06", "object"))


@pytest.fixture(scope="session")
def scs(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Return the package of a run for SCS-0128 with a pass, a failure and a skip."""
    folder = tmp_path_factory.mktemp("runs") / "scs"
    return package_of(compute_run(folder, "scs-0128", "scs-iaas"))
