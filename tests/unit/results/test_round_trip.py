"""What a writer made of some results is read as those results."""

import gzip
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from defcheck.results.collector import OUTCOMES
from defcheck.results.loader import load_bytes
from defcheck.results.models import Outcome, ResultSet
from tests.properties import scale_examples
from tests.unit.results.streams import Packet, attached, begun, ended, v1, v2
from tests.unit.results.writers import report, write_junitxml

WORD = st.from_regex(r"[a-z_][A-Za-z0-9_]{0,7}", fullmatch=True)
ID = st.uuids().map(lambda uuid: f"[id-{uuid}]") | st.just("") | st.just("[id-1,smoke,a-b]")
SCENARIO = st.sampled_from(["", "", "(v4)", "(v4.2)", "(x,y=1)"])
# A method that is called as its class reads in JUnit as a name that repeats the class.
TEST = st.builds(
    lambda words, more, scenario: ".".join(words) + more + scenario,
    st.lists(WORD, min_size=3, max_size=5).filter(lambda words: words[-1] != words[-2]),
    ID,
    SCENARIO,
)
FIXTURE = st.builds(
    lambda kind, words: f"{kind} ({'.'.join(words)})",
    st.sampled_from(["setUpClass", "tearDownClass", "setUpModule"]),
    st.lists(WORD, min_size=2, max_size=4),
)
TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=60)


def results(*statuses: str) -> st.SearchStrategy[dict[str, tuple[str, str]]]:
    """Return statuses and logs by name."""
    return st.dictionaries(
        TEST | FIXTURE, st.tuples(st.sampled_from(statuses), TEXT), min_size=1, max_size=6
    )


def packets(made: dict[str, tuple[str, str]]) -> list[Packet]:
    """Return a stream of some results, a second for each of them."""
    found: list[Packet] = []
    for number, (name, (status, log)) in enumerate(made.items()):
        found += [
            begun(name, at=number),
            attached(name, "log", log),
            ended(name, status, at=number + 0.5),
        ]
    return found


def check(found: ResultSet, made: dict[str, tuple[str, str]], seconds: float | None = 0.5) -> None:
    """Compare what was read with what was written."""
    assert found.problems == ()
    assert [(event.name, event.outcome) for event in found.events] == [
        (name, OUTCOMES[status]) for name, (status, _) in made.items()
    ]
    assert {event.seconds for event in found.events} == {seconds}


@settings(max_examples=scale_examples(60))
@given(results(*OUTCOMES))
def test_subunit(made: dict[str, tuple[str, str]]) -> None:
    for write in (v1, v2):
        stream = write(*packets(made))
        for data in (stream, gzip.compress(stream)):
            check(load_bytes(data, "x"), made)


@settings(max_examples=scale_examples(60))
@given(results("success", "fail", "skip", "uxsuccess"))
def test_junit_xml(made: dict[str, tuple[str, str]]) -> None:
    """By way of `subunit2junitxml`; an expected failure looks like a pass there."""
    check(load_bytes(write_junitxml(packets(made)), "x"), made)


@settings(max_examples=scale_examples(60))
@given(results(*OUTCOMES))
def test_rally_json(made: dict[str, tuple[str, str]]) -> None:
    document = report({name: status for name, (status, _) in made.items()})
    check(load_bytes(json.dumps(document, indent=4).encode(), "x"), made)


@settings(max_examples=scale_examples(60))
@given(st.lists(TEST, min_size=1, max_size=6, unique=True), st.booleans())
def test_refstack_json(names: list[str], bare: bool) -> None:
    items: list[Any] = list(names) if bare else [{"name": name, "uuid": "1"} for name in names]
    document = {"cpid": "x", "duration_seconds": 1, "results": items}
    found = load_bytes(json.dumps(document).encode(), "x")
    assert [(event.name, event.outcome) for event in found.events] == [
        (name, Outcome.PASSED) for name in names
    ]
    assert (found.problems, found.passes_only) == ((), True)
