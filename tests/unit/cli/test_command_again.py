"""The command in a report, given to the real command line, asks for the same run."""

import dataclasses
import shlex
from pathlib import Path

import pytest

from defcheck.cli import main, run_output
from defcheck.guideline import catalog
from defcheck.guideline.models import Status
from defcheck.report.reproduce_command import build_command
from defcheck.results.models import ResultSet
from defcheck.runner.preparation import RunRequest
from defcheck.runner.record import RunRecord
from defcheck.scoring.verdict import score_results
from tests.evidence import RECORD
from tests.records import change_record

PLAIN = RunRequest(
    guideline="2020.06",
    target="object",
    output=Path("out"),
    cloud="my cloud",
    workers=3,
)
FULL = dataclasses.replace(
    PLAIN,
    tempest_conf=Path("tempest.conf"),
    accounts=Path("accounts.yaml"),
    statuses=(Status.REQUIRED, Status.ADVISORY),
    settings=("compute.image_ref=an id", "network.project_network_cidr=10.0.0.0/8", "auth.x="),
    users="dynamic",
    cacert=Path("ca.pem"),
    regardless=True,
    tempest="47.0.0",
    class_seconds=90.0,
    reruns=2,
)


def asked_by(words: list[str], monkeypatch: pytest.MonkeyPatch) -> RunRequest:
    """Return what the real command line makes of a command."""
    asked: list[RunRequest] = []

    def note(request: RunRequest, *_: object) -> int:
        asked.append(dataclasses.replace(request, clouds_files=(), output=Path("out")))
        return 0

    monkeypatch.setattr(run_output, "run_and_report", note)
    assert words[0] == "defcheck"
    assert main.cli.main(words[1:], standalone_mode=False) == 0
    (request,) = asked
    return request


def kept(request: RunRequest) -> RunRecord:
    """Return the record of a run that was asked for."""
    return change_record(
        RECORD,
        cloud={**RECORD.inputs.cloud, "name": request.cloud},
        statuses=[status.value for status in request.statuses],
        credentials="dynamic" if request.users == "dynamic" else "pool",
        workers=request.workers or 1,
        tempest_name=request.tempest or RECORD.inputs.tempest_name,
        **request.record_fields,
    )


def again(request: RunRequest) -> list[str]:
    guideline = catalog.load_guideline("2020.06")
    target = next(one for one in guideline.targets if one.name == request.target)
    return shlex.split(
        build_command(score_results(guideline, target, ResultSet((), "x")), "s", kept(request))
    )


@pytest.mark.parametrize("request_", [PLAIN, FULL], ids=["plain", "full"])
def test_it_asks_for_the_same(request_: RunRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked_by(again(request_), monkeypatch) == request_


def test_every_field_of_a_request_is_in_the_full_one() -> None:
    """A new option has to be thought of here."""
    left_to_their_default = {"output", "clouds_files", "probe", "guideline", "target", "cloud"}
    for field in dataclasses.fields(RunRequest):
        if field.name not in left_to_their_default | {"workers"}:
            assert getattr(FULL, field.name) != getattr(PLAIN, field.name), field.name


def test_a_secret_setting_is_left_to_fill_in(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = dataclasses.replace(
        PLAIN, settings=("auth.admin_password=s3cret", "identity.uri=http://u:s3cret@c/v3")
    )
    words = again(secret)
    assert "s3cret" not in " ".join(words)
    assert "s3cret" not in repr(kept(secret))
    assert asked_by(words, monkeypatch).settings == (
        "auth.admin_password=***",
        "identity.uri=http://***@c/v3",
    )
