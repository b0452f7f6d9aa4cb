"""The prefix of a run."""

import pytest

from defcheck.cloud.leftovers.marking import mark
from defcheck.cloud.prefix import MAX_LENGTH, is_prefix, new, within
from defcheck.cloud.tempestconf import Configuration


def test_each_run_has_another() -> None:
    made = {new() for _ in range(100)}
    assert len(made) == 100
    assert all(is_prefix(one) for one in made)
    assert {len(one) for one in made} == {MAX_LENGTH}
    assert "".join(made).islower()


def test_a_prefix_within_another_begins_with_it() -> None:
    made = {within("defcheck-1a2b3c4d") for _ in range(20)}
    assert len(made) > 1
    assert all(one.startswith("defcheck-1a2b3c4d-") for one in made)
    assert is_prefix(within(""))


def test_prefix_of_an_earlier_version_is_still_one() -> None:
    assert is_prefix("defcheck-1a2b3c4d")
    assert not is_prefix("defcheck-1a2b3cxy")


@pytest.mark.parametrize(
    "text", ["", "d", "defcheck-", "defcheck-1a2b3", "defcheck-1a2b3c4", "defcheck-1a2b3c4d5",
             "defcheck-1A2B3C", "defcheck-1A2B3C4D", "defcheck-1a2b3c\n", "tempest"],
)  # fmt: skip
def test_nothing_else_is_one(text: str) -> None:
    assert not is_prefix(text)


@pytest.mark.parametrize("general", [{}, {"debug": "true"}, {"resource_name_prefix": "tempest"}])
def test_a_configuration_gets_it(general: dict[str, str]) -> None:
    before = Configuration({"DEFAULT": general, "auth": {"a": "b"}}, "dynamic")
    after, prefix = mark(before, "defcheck-1a2b3c4d")
    assert prefix == "defcheck-1a2b3c4d"
    assert after.sections["DEFAULT"] == {**general, "resource_name_prefix": prefix}
    assert after.sections["auth"] == {"a": "b"}
    assert before.sections["DEFAULT"] == general


def test_a_prefix_of_the_user_s_stays_and_proves_nothing() -> None:
    before = Configuration({"DEFAULT": {"resource_name_prefix": "acme"}}, "as configured")
    assert mark(before, "defcheck-1a2b3c4d") == (before, "")
