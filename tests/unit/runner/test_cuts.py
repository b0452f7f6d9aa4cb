"""A run that was cut off at any byte and resumed: nothing is lost or forgiven wrongly."""

import tempfile
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from defcheck.errors import InputError
from defcheck.results import loader
from defcheck.results.models import Outcome
from defcheck.results.readers.subunit_packets import Packet, PacketParser, measure_whole_packets
from defcheck.scoring.evidence import RerunRule
from defcheck.scoring.policy import Judgement, ScoringOptions
from tests.properties import scale_examples
from tests.unit.results.streams import attached, begun, ended, v2
from tests.unit.runner.cutting import CLASSES, FINE, PLANNED, TESTS, Cuttable, Fate, cuttable

bounded = settings(max_examples=scale_examples(100))
COLUMNS = (("a.b.C", "a.e.F"), ("a.b.D",))
ALL_FINE = dict.fromkeys(CLASSES, FINE)
EVERY = [ScoringOptions(reruns=rule) for rule in RerunRule]


def columns_of(again: Sequence[str]) -> list[list[str]]:
    """Return the classes of some tests, for two workers."""
    owners = [owner for owner in CLASSES if TESTS[owner][0] in again]
    return [owners[::2], owners[1::2]]


def cut_runs(folder: Path) -> Iterator[Cuttable]:
    """Yield a run cut off and marked in each packet, behind what was kept of it.

    Every byte of a packet is tried; all leave the same whole packets behind.
    """
    before = -1
    whole = cuttable(folder)
    whole.write(COLUMNS, ALL_FINE, 10**6)
    for length in range(len(whole.kept)):
        if measure_whole_packets(whole.kept[:length]) == before:
            continue
        run = cuttable(folder)
        run.write(COLUMNS, ALL_FINE, length)
        before = run.resume().whole_bytes
        yield run


def packets(data: bytes) -> list[Packet]:
    return [item for item in PacketParser(BytesIO(data)) if isinstance(item, Packet)]


def ends(data: bytes) -> list[tuple[str, str]]:
    """Return what ended, and how, in a stream; a traceback is the end of a failure."""
    found = []
    for item in packets(data):
        if item.test_id and item.file_name == "traceback":
            found.append((item.test_id, "fail"))
        elif item.test_id and item.status not in (None, "exists", "inprogress"):
            found.append((item.test_id, item.status))
    return found


def again_of(run: Cuttable) -> tuple[str, ...]:
    return tuple(run.record.history.resumed[-1]["again"])


def test_a_run_of_passes_passes_wherever_it_was_cut_off(tmp_path: Path) -> None:
    """No cry of wolf."""
    seen = 0
    for run in cut_runs(tmp_path):
        run.write(columns_of(again_of(run)), ALL_FINE, 10**6)
        assert run.verdict().judgement is Judgement.PASS
        assert run.results().problems == ()
        assert run.look().tests == ()
        seen += 1
    assert seen == 36


def test_what_was_kept_and_not_resumed_never_passes(tmp_path: Path) -> None:
    """The second part lacks everything that was to be run again."""
    for run in cut_runs(tmp_path):
        for terms in EVERY:
            assert run.verdict(terms).judgement is not Judgement.PASS


def test_one_class_that_was_not_run_again_is_never_a_pass(tmp_path: Path) -> None:
    for run in cut_runs(tmp_path):
        again = again_of(run)
        for left_out in (owner for owner in CLASSES if TESTS[owner][0] in again):
            other = Cuttable(run.folder, run.record, run.kept)
            rest = [[one for one in column if one != left_out] for column in columns_of(again)]
            other.write(rest, ALL_FINE, 10**6)
            for terms in EVERY:
                assert other.verdict(terms).judgement is not Judgement.PASS


def test_a_test_in_progress_that_is_not_among_the_again_stays_cut_off(tmp_path: Path) -> None:
    """Even though it was run again to a pass."""
    seen = 0
    for run in cut_runs(tmp_path):
        last = {item.test_id: item.status for item in packets(run.kept) if item.status}
        for test in (name for name, status in last.items() if status == "inprogress"):
            seen += 1
            other = cuttable(tmp_path)
            other.kept = run.kept
            other.mark([name for name in again_of(run) if name != test])
            other.write(columns_of(again_of(run)), ALL_FINE, 10**6)
            assert f"{test} began and did not finish" in other.results().problems
            for terms in EVERY:
                assert other.verdict(terms).judgement is not Judgement.PASS
    assert seen > 20


def test_a_bare_stream_of_a_resumed_run_is_judged_as_before(tmp_path: Path) -> None:
    """Without the record nobody knows that the second beginning made good the first."""
    run = cuttable(tmp_path)
    run.kept = v2(begun(PLANNED[0]), begun(PLANNED[0]), ended(PLANNED[0], "success"))
    assert loader.load_bytes(run.kept, "x").problems == (f"{PLANNED[0]} began and did not finish",)


fates = st.builds(
    Fate,
    tests=st.tuples(*[st.sampled_from(("success",) * 6 + ("fail", "skip"))] * 3),
    set_up=st.sampled_from(("",) * 8 + ("fail", "skip")),
    tear_down=st.sampled_from(("",) * 6 + ("fail",)),
)
worlds = st.fixed_dictionaries(dict.fromkeys(CLASSES, fates))
lengths = st.integers(0, 6000)


def went_on(draw_lengths: list[int], told: list[dict[str, Fate]], folder: Path) -> Cuttable:
    """Return a run that was cut off after each of the lengths, then went on to its end."""
    run = cuttable(folder)
    columns: Sequence[Sequence[str]] = COLUMNS
    for length, fates_now in zip([*draw_lengths, 10**6], told, strict=True):
        run.write(columns, fates_now, length)
        if length < 10**6:
            columns = columns_of(run.resume().tests)
    return run


@given(
    st.lists(lengths, min_size=1, max_size=3).flatmap(
        lambda cuts: st.tuples(
            st.just(cuts), st.lists(worlds, min_size=len(cuts) + 1, max_size=len(cuts) + 1)
        )
    )
)
@bounded
def test_no_failure_is_dropped_and_every_pass_is_one(
    drawn: tuple[list[int], list[dict[str, Fate]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = went_on(*drawn, Path(folder))
        found = ends(run.kept)
        verdict = run.verdict()
        passed = {name for name, status in found if status == "success"}
        bad = [(name, status) for name, status in found if status != "success"]
        expected = not bad and passed == set(PLANNED)
        assert (verdict.judgement is Judgement.PASS) is expected
        failures = {name for name, status in bad if status == "fail"}
        if failures & set(PLANNED) or any(name.startswith("setUpClass") for name in failures):
            assert verdict.judgement is Judgement.FAIL
        reported = {
            (event.name, event.outcome)
            for event in run.results().events
            if event.outcome is Outcome.FAILED
        }
        assert reported == {(name, Outcome.FAILED) for name in failures}
        assert run.look().tests == ()


@given(
    lengths,
    worlds,
    worlds,
    st.sets(st.sampled_from(PLANNED)),
    st.sets(st.sampled_from(CLASSES)),
)
@bounded
def test_whatever_the_record_says_was_run_again_a_pass_is_proved(
    length: int,
    first: dict[str, Fate],
    second: dict[str, Fate],
    again: set[str],
    ran: set[str],
) -> None:
    """The record may be wrong: another `again`, other classes in the second part."""
    with tempfile.TemporaryDirectory() as folder:
        run = cuttable(Path(folder))
        run.write(COLUMNS, first, length)
        whole = run.look().whole_bytes
        before = run.kept[:whole]
        run.kept = before
        run.mark(sorted(again))
        run.write([sorted(ran)], second, 10**6)
        for terms in EVERY:
            if run.verdict(terms).judgement is not Judgement.PASS:
                continue
            after = ends(run.kept[whole:])
            spoken = {name for name, _ in ends(before)}
            last = {item.test_id: item.status for item in packets(before) if item.test_id}
            for name, status in last.items():
                of_class = f"setUpClass ({name.rpartition('.test_')[0]})"
                if status == "inprogress" or (status == "exists" and of_class not in spoken):
                    assert name in again
                    assert (name, "success") in after
            speak = {name for name, _ in after}
            assert again <= speak | {
                test
                for owner in CLASSES
                if f"setUpClass ({owner})" in speak
                for test in TESTS[owner]
            }
            everything = ends(before) + after
            assert {name for name, status in everything if status == "success"} == set(PLANNED)
            if terms.reruns is RerunRule.WORST:
                assert {status for _, status in everything} == {"success"}


def test_a_failure_whose_end_was_cut_off_has_failed(tmp_path: Path) -> None:
    run = cuttable(tmp_path)
    test = PLANNED[0]
    run.kept = v2(begun(test), attached(test, "traceback", "Traceback …\nKeyError: 'x'"))
    run.mark(PLANNED)
    run.write(COLUMNS, ALL_FINE, 10**6)
    assert run.verdict().judgement is Judgement.FAIL


def test_a_fixture_that_was_cut_off_is_made_good_by_its_whole_class_alone(tmp_path: Path) -> None:
    """A worker died in the tear-down, then the run was cut off."""
    mark = f"tearDownClass ({CLASSES[0]})"
    for again, judgement in (
        (PLANNED[:3], Judgement.PASS),
        (PLANNED[:2], Judgement.INCOMPLETE),
    ):
        run = cuttable(tmp_path)
        run.write(COLUMNS, ALL_FINE, 10**6)
        run.kept += v2(begun(mark))
        run.mark(again)
        run.write([[CLASSES[0]]], ALL_FINE, 10**6)
        assert run.verdict().judgement is judgement
        assert (f"{mark} began and did not finish" in run.results().problems) is (
            judgement is Judgement.INCOMPLETE
        )


def test_a_cut_that_is_not_between_packets_is_damage(tmp_path: Path) -> None:
    run = cuttable(tmp_path)
    run.write(COLUMNS, ALL_FINE, 10**6)
    run.record.history.resumed.append({"at": "", "offset": 101, "again": [], "workers": 1})
    assert run.verdict().judgement is not Judgement.PASS


def test_a_cut_behind_the_end_is_said(tmp_path: Path) -> None:
    run = cuttable(tmp_path)
    run.write(COLUMNS, ALL_FINE, 10**6)
    run.record.history.resumed.append({"at": "", "offset": 10**6, "again": [], "workers": 1})
    assert "the results changed after the run was resumed" in run.results().problems


def test_a_class_in_its_tear_down_is_known_by_the_journal(tmp_path: Path) -> None:
    """The stream is whole; that the class did not end nothing else tells."""
    run = cuttable(tmp_path)
    run.write(COLUMNS, ALL_FINE, 10**6)
    assert run.look().tests == ()
    run.journal = [entry for entry in run.journal if entry["class"] != CLASSES[1]]
    assert run.look().tests == TESTS[CLASSES[1]]
    run.journal = []
    assert run.look().tests == PLANNED


@pytest.mark.parametrize("kind", ["lost", "late"])
def test_a_class_that_was_lost_or_late_did_not_come_to_its_end(tmp_path: Path, kind: str) -> None:
    run = cuttable(tmp_path)
    run.write(COLUMNS, ALL_FINE, 10**6)
    next(entry for entry in run.journal if entry["class"] == CLASSES[2])[kind] = True
    assert run.look().tests == TESTS[CLASSES[2]]


def test_a_class_that_was_cut_off_while_it_was_run_once_more_is_left(tmp_path: Path) -> None:
    """It ended once; begun twice, it has to end twice."""
    run = cuttable(tmp_path)
    run.write(COLUMNS, ALL_FINE, 10**6)
    run.write([[CLASSES[0]]], ALL_FINE, 400)
    assert run.look().tests == TESTS[CLASSES[0]]
    run.resume()
    run.write([[CLASSES[0]]], ALL_FINE, 10**6)
    assert run.look().tests == ()
    assert run.verdict().judgement is Judgement.PASS


def test_damage_before_the_end_is_refused(tmp_path: Path) -> None:
    run = cuttable(tmp_path)
    run.write(COLUMNS, ALL_FINE, 10**6)
    run.kept = run.kept[:500] + b"\0" + run.kept[501:]
    with pytest.raises(InputError, match=r"corrupt at byte .*, with more data after it"):
        run.look()


def test_what_a_lost_power_supply_left_behind_is_cut_off_too(tmp_path: Path) -> None:
    run = cuttable(tmp_path)
    run.write(COLUMNS, ALL_FINE, 700)
    whole = run.look().whole_bytes
    run.kept = run.kept[:whole] + b"\0" * 4096
    assert run.look().whole_bytes == whole
    assert run.look().cut_bytes == b"\0" * 4096


def test_nothing_at_all_is_a_run_to_go_on_with(tmp_path: Path) -> None:
    run = cuttable(tmp_path)
    assert run.look().tests == PLANNED
    (tmp_path / "results.subunit").unlink()
    assert run.look().whole_bytes == 0
