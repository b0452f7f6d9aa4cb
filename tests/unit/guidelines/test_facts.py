"""Our guidelines state the facts of the published ones, and none of their sentences."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builder.edition import PUBLISHED, target_path
from defcheck.guideline.loader import load_guideline_file
from defcheck.guideline.models import Capability, Flag, Guideline

PROSE = ("description", "descriptin", "guidance", "comment", "reason", "action")
PUBLISHED_FACTS_OF_1_2 = (
    "name",
    "status",
    "guidelines",
    "project",
    "admin",
    "achievements",
    "tests",
    "flagged",
)


def without_prose(guideline: Guideline) -> Guideline:
    """Return a guideline with every sentence blanked."""
    return replace(
        guideline,
        sha256="",
        targets=tuple(replace(target, description="") for target in guideline.targets),
        criteria=tuple(replace(criterion, description="") for criterion in guideline.criteria),
        repositories=tuple(replace(one, description="") for one in guideline.repositories),
        capabilities={
            name: capability_without_prose(capability)
            for name, capability in guideline.capabilities.items()
        },
        designated_sections=tuple(
            replace(
                project,
                guidance="",
                comment="",
                sections=tuple(
                    replace(section, description="", comment="") for section in project.sections
                ),
            )
            for project in guideline.designated_sections
        ),
    )


def capability_without_prose(capability: Capability) -> Capability:
    """Return a capability without its description and the sentences of its flags."""
    tests = tuple(
        replace(test, flag=test.flag and replace(test.flag, reason="", action=""))
        for test in capability.tests
    )
    return replace(capability, description="", tests=tests)


def prose(value: Any) -> Iterator[str]:
    """Yield the text of every prose field of a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str) and key.lower() in PROSE:
                yield inner
            else:
                yield from prose(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from prose(inner)


def plain(text: str) -> str:
    """Return a text without differences of case and spacing."""
    return " ".join(text.lower().split())


@pytest.mark.parametrize("source", PUBLISHED)
def test_the_loaded_facts_are_those_of_the_original(
    source: str, originals: Path, bundled: Path
) -> None:
    original = load_guideline_file(originals / source)
    ours = load_guideline_file(bundled / target_path(source))
    assert without_prose(ours) == without_prose(original)


@pytest.mark.parametrize("source", PUBLISHED)
def test_capabilities_and_components_keep_their_order(
    source: str, originals: Path, bundled: Path
) -> None:
    original = load_guideline_file(originals / source)
    ours = load_guideline_file(bundled / target_path(source))
    assert list(ours.capabilities) == list(original.capabilities)
    assert list(ours.components) == list(original.components)


@pytest.mark.parametrize("edition", ["2015.03", "2015.04", "2015.05"])
def test_schema_1_2_keeps_what_the_model_does_not_hold(
    edition: str, originals: Path, bundled: Path
) -> None:
    original = json.loads((originals / f"guidelines/{edition}.json").read_bytes())
    ours = json.loads((bundled / f"{edition}.json").read_bytes())
    assert ours["platform"] == original["platform"]
    for name, capability in original["capabilities"].items():
        kept = ours["capabilities"][name]
        assert {key: kept[key] for key in PUBLISHED_FACTS_OF_1_2} == {
            key: capability[key] for key in PUBLISHED_FACTS_OF_1_2
        }


@pytest.mark.parametrize("source", PUBLISHED)
def test_every_sentence_is_written(source: str, bundled: Path) -> None:
    guideline = load_guideline_file(bundled / target_path(source))
    texts = [capability.description for capability in guideline.capabilities.values()]
    texts += [criterion.description for criterion in guideline.criteria]
    texts += [project.guidance for project in guideline.designated_sections]
    for project in guideline.designated_sections:
        texts += [section.description for section in project.sections]
    for capability in guideline.capabilities.values():
        for test in capability.tests:
            if test.flag and guideline.schema != "1.2":
                texts += [test.flag.reason, test.flag.action]
    assert texts
    assert all(texts)


def test_keys_are_spelt_right(bundled: Path) -> None:
    for source in PUBLISHED:
        text = (bundled / target_path(source)).read_text()
        assert "acheivements" not in text
        assert '"descriptin"' not in text
        if '"schema": "2.0"' in text:
            assert "required-since" not in text


def test_quirks_that_are_facts_stay(bundled: Path) -> None:
    wrong_id = load_guideline_file(bundled / "add-ons/orchestration.2018.02.json")
    assert wrong_id.stated_id == "orchestration.next"
    without_test = load_guideline_file(bundled / "2017.01.json").capabilities[
        "volumes-list-api-versions"
    ]
    assert [test.name for test in without_test.tests] == ["tempest.api.volume.NEED_TEST"]
    assert load_guideline_file(bundled / "add-ons/dns.next.json").targets[0].name == "dns"
    assert any(
        "," in test.idempotent_id
        for capability in load_guideline_file(bundled / "2016.01.json").capabilities.values()
        for test in capability.tests
    )


def test_a_bug_number_and_a_commit_survive_our_words(bundled: Path) -> None:
    flags = list(flags_of(load_guideline_file(bundled / "2015.07.json")))
    flags += flags_of(load_guideline_file(bundled / "2020.06.json"))
    references = {reference for flag in flags for reference in flag.references}
    assert "1014647" in references
    assert "cd72e905b24b6653c53517ebd016d8f30817bde8" in references


def flags_of(guideline: Guideline) -> Iterator[Flag]:
    """Yield every flag of a guideline."""
    for capability in guideline.capabilities.values():
        for test in capability.tests:
            if test.flag:
                yield test.flag


def test_no_sentence_of_an_original_is_carried_over(originals: Path, bundled: Path) -> None:
    published = {
        plain(text).rstrip(".")
        for source in PUBLISHED
        for text in prose(json.loads((originals / source).read_bytes()))
        if len(text.split()) >= 5
    }
    assert len(published) > 150
    for path in sorted(bundled.rglob("*.json")):
        ours = plain(path.read_text())
        copied = [text for text in published if json.dumps(text)[1:-1] in ours]
        assert not copied, path


def test_no_text_of_ours_equals_a_short_one_of_an_original(originals: Path, bundled: Path) -> None:
    published = {
        plain(text).rstrip(".")
        for source in PUBLISHED
        for text in prose(json.loads((originals / source).read_bytes()))
        if text
    }
    for path in sorted(bundled.rglob("*.json")):
        ours = {plain(text).rstrip(".") for text in prose(json.loads(path.read_bytes()))}
        assert not ours & published, path
