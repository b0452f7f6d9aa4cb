"""What a user may ask for beside the guideline's policy: strictness, no skips, local flags."""

from dataclasses import replace
from typing import Any

import pytest

from defcheck.errors import InputError
from defcheck.guideline.models import Guideline
from defcheck.guideline.overlay import FlagState, LocalFlag, Overlay
from defcheck.results.models import Event, ResultSet
from defcheck.scoring.policy import DEFAULT_OPTIONS, ScoringOptions
from defcheck.scoring.refstack_answer import RefStackAnswer
from defcheck.scoring.verdict import Verdict, score_results
from tests.unit.scoring.judging import FAIL, INCOMPLETE, PASS
from tests.unit.shared import document, entry, failed, guideline, load, passed, results, skipped

X, Y = "a.b.C.test_x", "a.b.C.test_y"
DAY = "2026-11-25"


def flag(test: str = X, **fields: Any) -> LocalFlag:
    return replace(
        LocalFlag(
            test=test,
            reason="It loses packets.",
            approver="Operations",
            date="2026-11-01",
            expires="2026-12-31",
        ),
        **fields,
    )


def terms(*flags: LocalFlag, day: str = DAY, strict: bool = False) -> ScoringOptions:
    return ScoringOptions(overlay=Overlay(flags, "o.yaml", "0" * 64), day=day, strict=strict)


def judged(made: Guideline, found: ResultSet, asked: ScoringOptions) -> Verdict:
    return score_results(made, made.targets[0], found, options=asked)


def two(policy: str = "") -> Guideline:
    return guideline({X: entry("id-1"), Y: entry("id-2")}, policy=policy)


class TestStrict:
    made = guideline({X: entry("id-1"), Y: entry("id-2", flagged=True)})

    def test_flagged_tests_count_too(self) -> None:
        for event, verdict in ((failed(Y), FAIL), (skipped(Y), INCOMPLETE), (passed(Y), PASS)):
            found = results(passed(X), event)
            assert judged(self.made, found, DEFAULT_OPTIONS).judgement is PASS
            assert judged(self.made, found, ScoringOptions(strict=True)).judgement is verdict

    def test_it_never_improves_a_verdict_and_says_so(self) -> None:
        verdict = judged(self.made, results(passed(X)), ScoringOptions(strict=True))
        assert verdict.judgement is INCOMPLETE
        assert len(verdict.counted_tests) == 2
        assert verdict.policy.changes == ("strict",)
        assert "Flagged tests count too" in verdict.policy.rule

    def test_a_target_of_flagged_tests_alone_can_be_judged(self) -> None:
        made = guideline({Y: entry(flagged=True)})
        with pytest.raises(InputError, match="requires no test"):
            judged(made, results(passed(Y)), DEFAULT_OPTIONS)
        assert judged(made, results(passed(Y)), ScoringOptions(strict=True)).judgement is PASS

    def test_local_flags_count_for_nothing(self) -> None:
        verdict = judged(two(), results(passed(Y), failed(X)), terms(flag(), strict=True))
        assert verdict.judgement is FAIL
        assert verdict.without_overlay is None


class TestForbidSkips:
    def test_a_skip_is_no_pass_under_scs_either(self) -> None:
        found = results(passed(X), skipped(Y))
        assert judged(two("scs"), found, DEFAULT_OPTIONS).judgement is PASS
        verdict = judged(two("scs"), found, ScoringOptions(forbid_skips=True))
        assert verdict.judgement is INCOMPLETE
        assert verdict.policy.rule == "Every counted test must pass; a skip is not a pass."

    def test_under_defcore_nothing_changes(self) -> None:
        for event in (passed(Y), skipped(Y), failed(Y)):
            found = results(passed(X), event)
            plain, asked = (
                judged(two(), found, one)
                for one in (DEFAULT_OPTIONS, ScoringOptions(forbid_skips=True))
            )
            assert plain.judgement is asked.judgement


class TestLocalFlags:
    def test_one_in_force_takes_its_test_out_of_what_counts(self) -> None:
        found = results(failed(X), passed(Y))
        verdict = judged(two(), found, terms(flag()))
        assert verdict.judgement is PASS
        assert verdict.without_overlay is FAIL
        assert [test.test.name for test in verdict.counted_tests] == [Y]
        assert verdict.tests[0].local_flag == flag()
        assert verdict.tests[0].outcome == "failed"

    @pytest.mark.parametrize(
        ("day", "state", "judgement"),
        [
            ("2026-10-31", FlagState.EARLY, FAIL),
            ("2026-11-01", FlagState.ACTIVE, PASS),
            ("2026-12-31", FlagState.ACTIVE, PASS),
            ("2027-01-01", FlagState.EXPIRED, FAIL),
            ("", FlagState.EARLY, FAIL),
        ],
    )
    def test_it_begins_and_expires_by_itself(
        self, day: str, state: FlagState, judgement: object
    ) -> None:
        verdict = judged(two(), results(failed(X), passed(Y)), terms(flag(), day=day))
        assert verdict.judgement is judgement
        assert [use.state for use in verdict.local_flags] == [state]

    def test_refstacks_answer_never_knows_it(self) -> None:
        found = results(failed(X), passed(Y))
        verdict = judged(two(), found, terms(flag()))
        assert verdict.refstack == judged(two(), found, DEFAULT_OPTIONS).refstack
        assert isinstance(verdict.refstack, RefStackAnswer)
        assert not verdict.refstack.is_yes

    def test_it_is_for_one_guideline_or_capability_where_it_says_so(self) -> None:
        tests = {X: entry("id-1"), Y: entry("id-2")}
        made = load(document({"one": tests, "two": {X: entry("id-1")}}))
        found = results(failed(X), passed(Y))
        assert judged(made, found, terms(flag())).judgement is PASS
        two = judged(made, found, terms(flag(capability="two")))
        assert two.judgement is FAIL
        flagged = [test.capability for test in two.tests if test.local_flag is not None]
        assert flagged == ["two"]
        assert two.local_flags[0].capabilities == ("two",)
        assert judged(made, found, terms(flag(guideline=made.id))).judgement is PASS
        other = judged(made, found, terms(flag(guideline="2031.01")))
        assert (other.judgement, other.local_flags) == (FAIL, ())

    def test_one_that_meets_no_test_is_shown_and_does_nothing(self) -> None:
        verdict = judged(two(), results(passed(X), passed(Y)), terms(flag("a.b.C.test_gone")))
        assert verdict.judgement is PASS
        assert verdict.without_overlay is None
        assert [use.capabilities for use in verdict.local_flags] == [()]

    def test_a_part_of_a_name_or_an_alias_flags_nothing(self) -> None:
        made = guideline({X: entry("id-1", aliases=["a.b.C.test_old"]), Y: entry("id-2")})
        found = results(failed(X), passed(Y))
        for name in ("test_x", "a.b.C", "a.b.C.test_old", X.upper(), f"{X}[id-1]"):
            assert judged(made, found, terms(flag(name))).judgement is FAIL

    def test_flagging_everything_is_an_error_never_a_pass(self) -> None:
        with pytest.raises(InputError, match=r"o\.yaml flags every test"):
            judged(two(), results(failed(X), failed(Y)), terms(flag(X), flag(Y)))

    def test_problems_still_forbid_a_pass(self) -> None:
        found = results(failed(X), passed(Y), problems=["cut off"])
        assert judged(two(), found, terms(flag())).judgement is INCOMPLETE

    @pytest.mark.parametrize("event", [passed(X), skipped(X), failed(X)])
    def test_what_the_verdict_would_be_without_it(self, event: Event) -> None:
        found = results(event, passed(Y))
        verdict = judged(two(), found, terms(flag()))
        assert verdict.without_overlay is judged(two(), found, DEFAULT_OPTIONS).judgement
