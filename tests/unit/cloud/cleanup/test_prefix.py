"""The prefix of a run."""

import pytest

from defcheck.cloud.cleanup.ownership import apply_prefix
from defcheck.cloud.tempest_conf import (
    MAX_PREFIX_LENGTH,
    TempestConfiguration,
    extend_prefix,
    is_prefix,
    new_prefix,
)


def test_every_run_prefix_is_unique() -> None:
    made = {new_prefix() for _ in range(100)}
    assert len(made) == 100
    assert all(is_prefix(one) for one in made)
    assert {len(one) for one in made} == {MAX_PREFIX_LENGTH}
    assert "".join(made).islower()


def test_a_prefix_within_another_begins_with_it() -> None:
    made = {extend_prefix("defcheck-1a2b3c4d") for _ in range(20)}
    assert len(made) > 1
    assert all(one.startswith("defcheck-1a2b3c4d-") for one in made)
    assert is_prefix(extend_prefix(""))


def test_prefix_of_an_earlier_version_is_still_one() -> None:
    assert is_prefix("defcheck-1a2b3c4d")
    assert not is_prefix("defcheck-1a2b3cxy")


@pytest.mark.parametrize(
    "text", ["", "d", "defcheck-", "defcheck-1a2b3", "defcheck-1a2b3c4", "defcheck-1a2b3c4d5",
             "defcheck-1A2B3C", "defcheck-1A2B3C4D", "defcheck-1a2b3c\n", "tempest"],
)  # fmt: skip
def test_other_text_is_not_a_run_prefix(text: str) -> None:
    assert not is_prefix(text)


@pytest.mark.parametrize("general", [{}, {"debug": "true"}, {"resource_name_prefix": "tempest"}])
def test_configuration_gets_the_run_prefix_and_keeps_the_rest(general: dict[str, str]) -> None:
    before = TempestConfiguration({"DEFAULT": general, "auth": {"a": "b"}}, "dynamic")
    after, prefix = apply_prefix(before, "defcheck-1a2b3c4d")
    assert prefix == "defcheck-1a2b3c4d"
    assert after.sections["DEFAULT"] == {**general, "resource_name_prefix": prefix}
    assert after.sections["auth"] == {"a": "b"}
    assert before.sections["DEFAULT"] == general


def test_a_prefix_of_the_user_s_stays_and_proves_nothing() -> None:
    before = TempestConfiguration({"DEFAULT": {"resource_name_prefix": "acme"}}, "as configured")
    assert apply_prefix(before, "defcheck-1a2b3c4d") == (before, "")
