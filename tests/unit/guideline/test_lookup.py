"""What a word means in a guideline."""

import pytest

from defcheck.errors import InputError
from defcheck.guideline.matching import UnknownSubjectError, find_subjects
from tests.unit.shared import document, entry, load

X, Y = "a.b.C.test_x", "a.b.C.test_y"
GUIDELINE = load(
    document(
        {
            "one": {X: entry("id-1", aliases=["a.old.C.test_before"]), Y: entry("id-2")},
            "two": {X: entry("id-1"), "a.e.F.test_y": entry("id-3"), "a.e.G.test_g": entry()},
            "twins": {"a.t.One.test_t": entry("id-4"), "a.t.Two.test_t": entry("id-4")},
        }
    )
)


def meant(word: str) -> dict[str, list[str]]:
    return {
        one.capability.name: [test.name for test in one.tests]
        for one in find_subjects(GUIDELINE, word)
    }


@pytest.mark.parametrize(
    "word",
    [
        X,
        f"{X}[id-1,smoke]",
        f"{X}[id-1](v6)",
        f" {X} ",
        "C.test_x",
        "test_x",
        "id-1",
        "1",
    ],
)
def test_a_test_is_found_in_every_capability_that_has_it(word: str) -> None:
    assert meant(word) == {"one": [X], "two": [X]}


def test_an_alias_is_found_where_it_is_one() -> None:
    assert meant("a.old.C.test_before") == meant("test_before") == {"one": [X]}


def test_a_capability_comes_with_all_its_tests() -> None:
    (subject,) = find_subjects(GUIDELINE, "one")
    assert (subject.whole, len(subject.tests)) == (True, 2)
    assert not find_subjects(GUIDELINE, X)[0].whole


def test_an_id_that_two_tests_carry_means_both() -> None:
    assert meant("id-4") == {"twins": ["a.t.One.test_t", "a.t.Two.test_t"]}


@pytest.mark.parametrize("word", ["test_y", "test_t"])
def test_an_end_that_several_names_have_is_refused_with_all_of_them(word: str) -> None:
    with pytest.raises(InputError, match="matches 2 tests") as raised:
        find_subjects(GUIDELINE, word)
    assert not isinstance(raised.value, UnknownSubjectError)
    assert raised.value.advice.count(word) == 2


@pytest.mark.parametrize("word", ["", "   ", "zzz", "C", "a.b.C", "est_x", "id-", "x" * 9000])
def test_what_means_nothing_is_said_in_words(word: str) -> None:
    with pytest.raises(UnknownSubjectError) as raised:
        find_subjects(GUIDELINE, word)
    assert len(str(raised.value)) < 600


def test_what_is_near_is_named() -> None:
    with pytest.raises(UnknownSubjectError, match="no capability") as raised:
        find_subjects(GUIDELINE, "a.b.C")
    assert X in raised.value.advice
