"""Requests that fail on the way to the cloud, for real: what is the same for all that.

A proxy between defcheck and the lab lets each distinct request of defcheck's own
fail once, in each way. A bounded part runs with the other tests against the lab;
the rest is marked `every_fault` and run by `tox -e e2e-faults`.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.e2e import faulty
from tests.e2e.faulty import CLOUD, Came, Lab
from tests.e2e.faulty_proxy import FAULTS, Plan, in_front_of
from tests.e2e.place import Place

pytestmark = [
    pytest.mark.timeout(900),
    # openstacksdk warns of its own parts.
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Support for InfluxDB"),
]

TURNS = range(len(FAULTS))
BOUNDED = {("run", 1), ("cleanup", 4)}
ROLE = "keystone PUT /v3/projects/ID/users/ID/roles/ID"
USER = "keystone POST /v3/users"
INFO = "swift GET /info"
DELETION = "keystone DELETE /v3/users/ID"


def some(deed: str, turn: int) -> Any:
    """Return a case, with the mark that says when it is run."""
    mark = pytest.mark.e2e if (deed, turn) in BOUNDED else pytest.mark.every_fault
    return pytest.param(deed, turn, marks=mark)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    place = Place(tmp_path_factory.mktemp("faulty"))
    try:
        done = place.defcheck("lab", "up")
        assert done.returncode == 0, done.stderr
        ports = json.loads((place.state / "done.json").read_text())
        services = {"keystone": ports["keystone"], "swift": ports["swift_proxy"]}
        with in_front_of(services) as proxy:
            behind = Lab(place.folder, proxy)
            behind.prepare()
            yield behind
    finally:
        place.defcheck("lab", "clean")


@cache
def clean(lab: Lab, deed: str) -> tuple[Came, dict[str, int]]:
    """Return what comes where nothing fails, and what was asked for that."""
    if deed == "cleanup":  # needs the directory of a run
        clean(lab, "run")
    plan = Plan()
    came = faulty.do(lab, deed, f"clean-{deed}", plan)
    assert set(came.codes) == {0}, came.output
    assert came.left == []
    assert len(plan.asked) >= 5
    return came, plan.asked


@pytest.mark.parametrize(
    ("deed", "turn"), [some(deed, turn) for deed in faulty.DEEDS for turn in TURNS]
)
def test_each_request_may_fail_once_and_nothing_else_comes_of_it(
    lab: Lab, deed: str, turn: int
) -> None:
    expected, asked = clean(lab, deed)
    plan = Plan(once=faulty.rotated(asked, turn))
    came = faulty.do(lab, deed, f"{deed}-{turn}", plan)
    assert came == expected, (plan.met, came.output)
    assert len(plan.met) >= len(asked) - 4  # a request whose cause is gone is not made


@pytest.mark.e2e
def test_users_that_cannot_be_created_are_told_in_every_record(lab: Lab) -> None:
    expected, _ = clean(lab, "run")
    came = faulty.do(lab, "run", "no-roles", Plan(always={ROLE: "503"}))
    assert came.codes == (0,)
    assert came.left == []
    changed = {key for key, value in came.facts.items() if value != expected.facts[key]}
    assert changed == {"credentials", "fallback"}
    assert came.facts["credentials"] == "dynamic"
    assert "A role assignment could not be created" in came.facts["fallback"]
    assert "Users: created by Tempest, not taken from the user pool" in came.output
    verdict = json.loads((lab.folder / "no-roles" / "verdict.json").read_bytes())
    assert verdict["run"]["credentials"] == "dynamic"
    assert verdict["run"]["users_fallback"] == came.facts["fallback"]


@pytest.mark.every_fault
def test_an_info_that_never_answers_is_no_missing_feature(lab: Lab) -> None:
    expected, _ = clean(lab, "run")
    came = faulty.do(lab, "run", "no-info", Plan(always={INFO: "503"}))
    assert (came.codes, came.left) == ((0,), [])
    assert came.facts["tests"] == expected.facts["tests"]
    reason = "Swift's /info is not visible: it returned HTTP 503"
    assert f"# default: {reason}" in came.facts["conf"]


@pytest.mark.every_fault
def test_users_that_cannot_be_removed_are_told_with_the_command_that_does(lab: Lab) -> None:
    expected, _ = clean(lab, "run")
    before = lab.everything()
    came = faulty.do(lab, "run", "stays", Plan(always={DELETION: "503"}))
    assert came.codes == (0,)
    assert came.facts["tests"] == expected.facts["tests"]
    assert {kind for kind, _ in came.left} == {"user", "project"}
    left = {(one["kind"], one["name"]) for one in came.facts["leftovers"]["ours"]}
    assert left == set(came.left)
    file = next(name for name in came.facts["beside"] if name.endswith(".yaml"))
    assert f"defcheck cloud accounts delete {file}" in came.output
    done = lab.defcheck("cloud", "accounts", "delete", file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert lab.everything() == before


@pytest.mark.every_fault
@pytest.mark.parametrize("number", range(20))
def test_a_request_that_hangs_changes_nothing_or_is_told(lab: Lab, number: int) -> None:
    """No answer in time is not waited for twice: what it was for may be unknown then."""
    expected, asked = clean(lab, "run")
    if number >= len(asked):
        pytest.skip(f"a run asks {len(asked)} different things only")
    before = lab.everything()
    hanging = sorted(asked)[number]
    came = faulty.do(lab, "run", f"hangs-{number}", Plan(once={hanging: "hang"}))
    if came.codes == (4,):  # nothing was run
        assert came.facts == {"beside": []}
        assert came.left == []
        assert "Error: " in came.output
        return
    assert came.codes == expected.codes
    assert came.facts["tests"] == expected.facts["tests"]
    told = came.facts["fallback"] or came.facts["leftovers"]["unseen"] or came.left
    assert came.facts["conf"] == expected.facts["conf"] or "not visible" in came.facts["conf"]
    assert came.facts["credentials"] == ("dynamic" if came.facts["fallback"] else "pool")
    for file in came.facts["beside"]:
        if file.endswith(".yaml"):
            assert f"defcheck cloud accounts delete {file}" in came.output
            assert lab.defcheck("cloud", "accounts", "delete", file).returncode == 0
    assert lab.everything() == before, told
    assert CLOUD in came.output
