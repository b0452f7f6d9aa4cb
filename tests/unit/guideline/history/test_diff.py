"""What changed between two guidelines; the numbers checked against the published files."""

import json
from itertools import pairwise
from typing import Any

import jsonschema
import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.history.diff import GuidelineDiff, TargetDiff, compare_guidelines
from defcheck.guideline.history.stats import CountingChange, pair_renamed_tests
from defcheck.guideline.models import Guideline, Status
from defcheck.report.formats import guideline
from defcheck.report.models import guideline as report
from tests.unit.guideline.history import raw
from tests.unit.shared import JSON, ROOT, document, entry, load

SCHEMA = json.loads((ROOT / "reports/schemas/diff-1.json").read_bytes())
ADD_ONS = [f"{name}.{edition}" for name in ("dns", "orchestration") for edition in raw.EDITIONS[8:]]
PAIRS = [*pairwise(raw.EDITIONS), *pairwise(ADD_ONS[:5]), *pairwise(ADD_ONS[5:])]
FAR = [("2018.02", "2020.06"), ("2015.03", "2020.06"), ("2020.06", "2016.08")]


def bundled(before: str, after: str, target: str = "") -> GuidelineDiff:
    return compare_guidelines(catalog.load_guideline(before), catalog.load_guideline(after), target)


def changes(target: TargetDiff, kind: CountingChange) -> dict[str, str]:
    return {one.name: one.why for one in target.counted if one.change is kind}


@pytest.mark.parametrize(("before", "after"), [*PAIRS, *FAR])
def test_statuses_and_counted_tests_are_those_of_the_published_files(
    before: str, after: str
) -> None:
    old, new = raw.published(before), raw.published(after)
    for target in bundled(before, after).targets:
        was, now = raw.strongest(old, target.name), raw.strongest(new, target.name)
        assert {(one.capability, one.before, one.after) for one in target.statuses} == {
            (name, was.get(name), now.get(name))
            for name in was.keys() | now.keys()
            if was.get(name) != now.get(name)
        }
        counted_before, counted_after = (raw.counted(one, target.name) for one in (old, new))
        assert target.counted_before == len(counted_before)
        assert target.counted_after == len(counted_after)
        renamed = [one for one in target.counted if one.change is CountingChange.RENAMED]
        newly = set(changes(target, CountingChange.NEWLY))
        assert newly | {one.name for one in renamed if one.name not in counted_before} == (
            counted_after - counted_before
        )
        assert set(changes(target, CountingChange.NO_LONGER)) | {
            one.former_name for one in renamed
        } == (counted_before - counted_after)


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_changed_tests_flags_and_aliases_are_those_of_the_published_files(
    before: str, after: str
) -> None:
    old, new = raw.published(before), raw.published(after)
    found = {one.name: one for one in bundled(before, after).capabilities}
    for name in old["capabilities"].keys() & new["capabilities"].keys():
        was, now = raw.tests_of(old, name), raw.tests_of(new, name)
        one = found.get(name)
        changed = one.changed if one else ()
        renamed = {change.before.name: change.after.name for change in changed if change.is_renamed}
        gone, come = was.keys() - now.keys(), now.keys() - was.keys()
        assert {test.name for test in (one.added if one else ())} == come - set(renamed.values())
        assert {test.name for test in (one.removed if one else ())} == gone - renamed.keys()
        stayed = {test: test for test in was if test in now} | renamed
        for key, early, late in (("is_newly_flagged", False, True), ("is_unflagged", True, False)):
            assert {change.before.name for change in changed if getattr(change, key)} == {
                test
                for test, name_now in stayed.items()
                if ("flagged" in was[test], "flagged" in now[name_now]) == (early, late)
            }
        for change in changed:
            aliases = [
                set(side.get("aliases", []))
                for side in (was[change.before.name], now[change.after.name])
            ]
            assert set(change.aliases_added) == aliases[1] - aliases[0]
            assert set(change.aliases_removed) == aliases[0] - aliases[1]
        admin = new["capabilities"][name].get("admin", False)
        marked = admin if admin != old["capabilities"][name].get("admin", False) else None
        assert (one.admin if one else None) is marked


@pytest.mark.parametrize("edition", [entry.id for entry in catalog.list_entries()])
def test_a_guideline_does_not_differ_from_itself(edition: str) -> None:
    found = bundled(edition, edition)
    assert found.is_empty
    text = guideline.render_diff_text(report.build_diff_document(found))
    assert text.startswith(f"{edition} to {edition}: no difference in ")


@pytest.mark.parametrize(("before", "after"), [*PAIRS, *FAR, ("2020.06", "scs-0128")])
def test_a_difference_is_never_called_empty_and_follows_the_schema(before: str, after: str) -> None:
    found = report.build_diff_document(bundled(before, after))
    assert not found["empty"]
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(found)))
    assert "no difference" not in guideline.render_diff_text(found)


def test_backwards_everything_is_turned_round() -> None:
    there, back = bundled("2018.02", "2020.06"), bundled("2020.06", "2018.02")
    for one, other in zip(there.targets, back.targets, strict=True):
        assert (one.counted_before, one.counted_after) == (
            other.counted_after,
            other.counted_before,
        )
        assert {(s.capability, s.before, s.after) for s in one.statuses} == {
            (s.capability, s.after, s.before) for s in other.statuses
        }
    assert there.releases_added == back.releases_removed


def test_from_2018_02_to_2020_06_a_platform_has_ten_tests_more_to_pass() -> None:
    (platform,) = bundled("2018.02", "2020.06", "platform").targets
    assert (platform.counted_before, platform.counted_after) == (266, 273)
    assert len(changes(platform, CountingChange.NEWLY)) == 10
    assert len(changes(platform, CountingChange.NO_LONGER)) == 1
    assert [one.former_name.rpartition(".")[2] for one in platform.counted if one.former_name] == [
        "test_create_get_delete_volume_metadata",
        "test_update_volume_metadata_item",
    ]


def test_component_names_of_both_schemas_are_the_same_target() -> None:
    found = bundled("2017.09", "2018.02")
    assert [target.name for target in found.targets] == ["platform", "compute", "object"]
    assert found.targets_added == found.targets_removed == ()


def test_another_target_of_the_newer_guideline_can_be_named() -> None:
    found = compare_guidelines(
        catalog.load_guideline("2020.06"), catalog.load_guideline("scs-0128"), "compute", "scs-iaas"
    )
    (target,) = found.targets
    assert (target.name, target.counted_before, target.counted_after) == (
        "compute:scs-iaas",
        217,
        258,
    )
    assert (
        len(changes(target, CountingChange.NEWLY)) - len(changes(target, CountingChange.NO_LONGER))
        == 41
    )
    assert not found.is_empty


def test_a_target_that_one_guideline_lacks_counts_as_empty() -> None:
    found = bundled("2020.06", "scs-0128")
    assert found.targets_added == ("scs-iaas",)
    assert found.targets_removed == ("platform", "compute", "object")
    (target,) = bundled("2020.06", "scs-0128", "scs-iaas").targets
    assert (target.counted_before, target.counted_after) == (0, 258)


def test_a_target_that_neither_has_is_an_error() -> None:
    with pytest.raises(InputError, match=r"Neither 2020\.06 nor dns\.2020\.06 has a target moon"):
        bundled("2020.06", "dns.2020.06", "moon")


def own(**tests: JSON) -> Guideline:
    return load(document({"cap": {f"a.C.{name}": body for name, body in tests.items()}}))


def only(before: Guideline, after: Guideline) -> Any:
    (found,) = compare_guidelines(before, after).capabilities
    return found


def test_a_rename_is_told_by_an_alias() -> None:
    found = only(own(test_old=entry()), own(test_new=entry(aliases=["a.C.test_old"])))
    (change,) = found.changed
    assert (change.before.name, change.after.name) == ("a.C.test_old", "a.C.test_new")
    assert (found.added, found.removed) == ((), ())


def test_a_rename_is_told_by_an_id_that_tells_one_test_on_each_side() -> None:
    found = only(own(test_old=entry("id-1")), own(test_new=entry("1")))
    assert found.changed[0].is_renamed


def test_an_id_that_several_tests_share_tells_no_rename() -> None:
    two = own(test_a=entry("id-1"), test_b=entry("id-1"))
    found = only(own(test_old=entry("id-1")), two)
    assert (len(found.added), len(found.removed), found.changed) == (2, 1, ())


def test_shared_ids_are_told_apart_by_the_method() -> None:
    def made(owner: str) -> Guideline:
        tests = {f"{owner}.A.test_x": entry("id-1"), f"{owner}.A.test_y": entry("id-1")}
        return load(document({"cap": tests}))

    old, new = made("m"), made("n")
    assert pair_renamed_tests(old.capabilities["cap"].tests, new.capabilities["cap"].tests) == {
        "m.A.test_x": "n.A.test_x",
        "m.A.test_y": "n.A.test_y",
    }


def test_tests_without_an_id_are_no_rename() -> None:
    assert not only(own(test_old=entry()), own(test_new=entry())).changed


def test_why_a_test_counts_now() -> None:
    cap = {"a.C.test_x": entry(flagged=True), "a.C.test_y": entry()}
    wish = {"a.D.test_z": entry()}
    before = load(document({"cap": cap, "wish": wish}, advisory=["wish"]))
    after = load(
        document(
            {"cap": {**cap, "a.C.test_x": entry(), "a.C.test_n": entry()}, "wish": wish},
            deprecated=[],
        )
    )
    (target,) = compare_guidelines(before, after).targets
    assert changes(target, CountingChange.NEWLY) == {
        "a.C.test_x": "was flagged D404",
        "a.C.test_n": "was not listed",
        "a.D.test_z": "was advisory",
    }
    (target,) = compare_guidelines(after, before).targets
    assert changes(target, CountingChange.NO_LONGER) == {
        "a.C.test_x": "is now flagged D404",
        "a.C.test_n": "is now not listed",
        "a.D.test_z": "is now advisory",
    }


def test_a_test_flagged_in_one_capability_and_not_in_another_is_counted() -> None:
    both = {"one": {"a.C.test_x": entry(flagged=True)}, "two": {"a.C.test_x": entry()}}
    (target,) = compare_guidelines(load(document(both)), load(document(both))).targets
    assert (target.counted_before, target.counted_after) == (1, 1)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("admin", True, "Administrator marks"),
        ("tests", {"a.C.test_x": entry("id-2")}, "Other idempotent ids"),
        ("tests", {"a.C.test_x": entry("id-1", aliases=["a.O.test_x"])}, "Aliases added"),
        ("tests", {"a.C.test_x": entry("id-1", flagged=True)}, "Tests newly flagged"),
        ("tests", {}, "Tests removed from capabilities"),
    ],
)
def test_the_smallest_change_is_shown(field: str, value: object, words: str) -> None:
    made = document({"cap": {"a.C.test_x": entry("id-1")}})
    before = load(made)
    made["capabilities"]["cap"][field] = value
    found = compare_guidelines(before, load(made))
    assert not found.is_empty
    assert words in guideline.render_diff_text(report.build_diff_document(found))


@pytest.mark.parametrize(
    ("key", "value"),
    [("code", "[D401] It asks too much."), ("date", "2020-02-02")],
)
def test_another_flag_is_shown(key: str, value: str) -> None:
    body = entry("id-1", flagged=True)
    before = own(test_x=body)
    changed = {"reason": value} if key == "code" else {key: value}
    found = compare_guidelines(
        before, own(test_x={**body, "flagged": {**body["flagged"], **changed}})
    )
    text = guideline.render_diff_text(report.build_diff_document(found))
    assert "Flags with another code, date or reference" in text
    assert "was [flagged D404 2020-01-01], is [flagged" in text


def test_a_removed_capability_that_is_no_longer_defined_has_a_status() -> None:
    before = load(document({"cap": {"a.C.test_x": entry()}, "old": {}}))
    after = load(document({"cap": {"a.C.test_x": entry()}}, ["cap"], removed=["old"]))
    (target,) = compare_guidelines(before, after).targets
    ((name, was, now),) = [(one.capability, one.before, one.after) for one in target.statuses]
    assert (name, was, now) == ("old", Status.REQUIRED, Status.REMOVED)


def test_a_capability_that_no_target_lists_is_shown() -> None:
    before = load(document({"cap": {"a.C.test_x": entry()}}))
    after = load(document({"cap": {"a.C.test_x": entry()}, "stray": {}}, ["cap"]))
    text = guideline.render_diff_text(report.build_diff_document(compare_guidelines(before, after)))
    assert "Capabilities newly defined that no target lists\n  stray\n" in text


def test_hostile_names_reach_no_terminal() -> None:
    before = own(test_x=entry())
    after = load(
        document({"cap\x1b[31m\u202e": {"a.C.t\n\x9b31mest": entry(aliases=["\x1b]0;t\x07"])}})
    )
    text = guideline.render_diff_text(report.build_diff_document(compare_guidelines(before, after)))
    assert not {"\x1b", "\u202e", "\x9b", "\x07"} & set(text)
    assert "cap: required" in text
