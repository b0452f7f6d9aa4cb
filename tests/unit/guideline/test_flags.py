"""Flags: their codes in every published form, their references."""

from collections import Counter

import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.models import Flag
from tests.unit.shared import document, entry, load


def flag_of(reason: str) -> Flag:
    """Load a test that is flagged for a reason."""
    body = {"flagged": {"reason": reason, "date": "2016-02-03", "action": "Drop it"}}
    flag = load(document({"cap": {"a.C.test_x": body}})).capabilities["cap"].tests[0].flag
    assert flag is not None
    assert (flag.date, flag.action, flag.reason) == ("2016-02-03", "Drop it", reason)
    return flag


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("[D401] Test needs an administrator", "D401"),
        ("D400 This test was moved", "D400"),
        ("D400: This test was moved", "D400"),
        ("D406", "D406"),
        ("This test was moved", ""),
        ("It is not D400 but something else", ""),
        ("D4000 reasons", ""),
        ("", ""),
    ],
)
def test_the_code_stands_in_brackets_or_bare_or_not_at_all(reason: str, code: str) -> None:
    assert flag_of(reason).code == code


@pytest.mark.parametrize(
    ("reason", "references"),
    [
        ("[D400] https://bugs.launchpad.net/tempest/+bug/1014647.", 1),
        ("See http://x.org/a, https://x.org/b; and https://x.org/c", 3),
        ("Removed by cd72e905b24b6653c53517ebd016d8f30817bde8 upstream", 1),
        ("Tempest bug id 1014647", 1),
        ("Not for 1014647 servers", 0),
    ],
)
def test_links_bugs_and_commits_of_the_reason_are_found(reason: str, references: int) -> None:
    found = flag_of(reason).references
    assert len(found) == references
    assert all(reference in reason for reference in found)
    assert not any(reference.endswith((".", ",", ";")) for reference in found)


@pytest.mark.parametrize("value", [{}, None, False, True, "yes", [], ["D400"], 1])
def test_a_flag_that_does_not_say_why_is_refused(value: object) -> None:
    body = entry("id-1") | {"flagged": value}
    with pytest.raises(InputError, match=r"a\.json: .*flagged must be an object"):
        load(document({"cap": {"a.C.test_x": body}}))


def test_a_test_is_flagged_in_one_capability_and_not_in_another() -> None:
    made = load(
        document({"one": {"a.C.test_x": entry("id-1")}, "two": {"a.C.test_x": entry(flagged=True)}})
    )
    assert made.capabilities["one"].tests[0].flag is None
    assert made.capabilities["two"].tests[0].flag is not None


@pytest.mark.parametrize(
    ("edition", "codes"),
    [
        ("2015.04", {"": 51}),
        ("2015.07", {"D405": 13, "D406": 6, "D400": 5, "": 5, "D401": 2}),
        ("2016.08", {"D400": 20, "D405": 15, "D406": 5, "D401": 4, "": 4, "D404": 1}),
        ("2017.09", {"D400": 35, "D401": 4, "": 4, "D406": 2}),
        ("2020.06", {"D401": 4, "": 4, "D400": 2, "D406": 1}),
    ],
)
def test_the_codes_of_the_bundled_flags(edition: str, codes: dict[str, int]) -> None:
    found = Counter(
        test.flag.code
        for capability in catalog.load_guideline(edition).capabilities.values()
        for test in capability.tests
        if test.flag
    )
    assert found == codes
