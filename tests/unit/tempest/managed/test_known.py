"""The table of known tests tells the truth about the Tempest that is here."""

import pytest

from defcheck.guideline.matching import parse_test_name
from defcheck.runner.engine.client import list_tests
from defcheck.tempest import installed
from defcheck.tempest.managed import known_tempests
from defcheck.tempest.managed.environments import resolve_environment, version_key


def test_the_table_has_the_tests_of_the_installed_tempest() -> None:
    tempest = installed.find_default_tempest()
    if (
        tempest.version not in known_tempests.load_known_tempests().versions
        or installed.list_plugins(tempest)
    ):
        pytest.skip(f"{tempest.title} is newer than the table, or has plugins")
    here = {parse_test_name(full) for full in list_tests(tempest)}
    assert {
        parse_test_name(full)
        for full in known_tempests.load_known_tempests().list_tests(tempest.version)
    } == here


def test_versions_are_in_order_and_every_one_has_tests() -> None:
    table = known_tempests.load_known_tempests()
    for version in (*table.versions, *table.unusable):
        assert resolve_environment(version).name == version
    assert list(table.versions) == sorted(table.versions, key=version_key)
    assert not set(table.versions) & set(table.unusable)
    assert table.sound_since in table.versions
    assert min(len(table.list_tests(version)) for version in table.versions) > 1400


def test_every_test_of_every_version_has_a_span_that_is_in_order() -> None:
    last = len(known_tempests.load_known_tempests().versions) - 1
    for name, spans in known_tempests.load_known_tempests().spans.items():
        edges = [edge for span in spans for edge in span]
        assert edges, name
        assert edges == sorted(edges), name
        assert 0 <= edges[0] <= edges[-1] <= last, name


@pytest.mark.parametrize(
    ("version", "sound"), [("12.2.0", False), ("29.0.0", False), ("29.1.0", True), ("99.0.0", True)]
)
def test_old_versions_are_told_from_those_that_run_today(version: str, sound: bool) -> None:
    assert known_tempests.is_sound(version) is sound


def test_near_versions_are_those_of_the_same_series_first() -> None:
    versions = ["9.0.0", "22.0.0", "22.1.0", "23.0.0", "40.0.0"]
    assert known_tempests.find_nearest_versions("22.2.0", versions, 2) == ("22.0.0", "22.1.0")
    assert known_tempests.find_nearest_versions("99", versions, 1) == ("40.0.0",)
