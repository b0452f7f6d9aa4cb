"""Files that are hostile in size: handled or refused in words, within seconds."""

import pytest

from defcheck.errors import InputError
from defcheck.guideline.fields import NAME_LENGTH
from defcheck.guideline.loader import load_guideline_bytes
from tests.unit.shared import JSON, document, entry, load

MANY = 100_000
LONG = "a." * 5000 + "test_x"


@pytest.mark.timeout(30)
def test_many_tests_load() -> None:
    tests = {f"a.b.C.test_{number}": entry(f"id-{number}") for number in range(MANY)}
    assert len(load(document({"cap": tests})).capabilities["cap"].tests) == MANY


@pytest.mark.timeout(30)
def test_the_last_of_many_keys_that_stands_twice_is_found() -> None:
    keys = [f'"{number}": 1' for number in range(MANY)]
    with pytest.raises(InputError, match=f"the key '{MANY - 1}' appears twice"):
        load_guideline_bytes("{{{}}}".format(", ".join([*keys, keys[-1]])).encode(), "a.json")


def refused_name(made: JSON) -> str:
    with pytest.raises(InputError) as caught:
        load(made)
    assert len(str(caught.value)) < 500
    return caught.value.message


@pytest.mark.parametrize(
    "made",
    [
        document({"cap": {LONG: entry()}}),
        document({"cap": {"a.C.test_x": entry(aliases=[LONG])}}),
        document({LONG: {"a.C.test_x": entry()}}),
        document({"cap": {"a.C.test_x": entry()}}, removed=[LONG]),
        {"schema": "1.2", "id": "x", "capabilities": {"cap": {"tests": [LONG]}}},
        {"schema": "1.6", "id": LONG},
    ],
    ids=["test", "alias", "capability", "listing", "schema 1.2", "id"],
)
def test_a_very_long_name_is_refused_and_clipped(made: JSON) -> None:
    assert "has 10006 characters" in refused_name(made)


def test_a_long_name_is_read() -> None:
    name = "a." * (NAME_LENGTH // 2 - 3) + "test_x"
    assert load(document({"cap": {name: entry()}})).capabilities["cap"].tests[0].name == name


def test_a_long_key_of_the_wrong_kind_is_clipped() -> None:
    made = document({"cap": {"a.C.test_x": entry()}})
    made["designated_sections"] = {"n" * 900: {"s" * 900: []}}
    assert "must be an object" in refused_name(made)
    made["components"]["compute"]["capabilities"]["q" * 10_000] = []
    assert "is not a known field" in refused_name(made)


def test_a_long_schema_version_is_clipped() -> None:
    assert "not supported" in refused_name({"schema": "9" * 10_000})


@pytest.mark.parametrize("source", ["2030.06.json", "https://x.org/2030.06.json"])
def test_a_guideline_that_takes_a_component_from_itself_loads(source: str) -> None:
    made = document({"cap": {"a.C.test_x": entry()}})
    made["platforms"]["OpenStack Powered Platform"]["components"][0]["source"] = source
    assert load(made).id == "2030.06"
