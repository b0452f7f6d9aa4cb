"""The traps of real runs of a real Tempest: what a file is, and whether it is whole.

What was recorded and how stands in tests/data/README.md.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.models import Guideline
from defcheck.results.loader import load_results
from defcheck.results.models import Event
from tests.unit.recordings import (
    ACCOUNT_QUOTAS,
    CONTAINER_QUOTAS,
    EXPIRED,
    EXPIRY,
    LARGE,
    MANY,
    TEMP_URL,
    TRAPS,
    VALID,
    VERSIONED,
    VERSIONS,
    demanding,
    joined,
    path_of,
    published,
    raw,
    recorded,
    verdict_on,
)
from tests.unit.scoring.judging import FAIL, INCOMPLETE, PASS, outcomes

SIGNATURE = b"\xb3"
THREE = (CONTAINER_QUOTAS, ACCOUNT_QUOTAS, VERSIONS)
OF_CLASSES = [
    ("quotas", THREE, PASS),
    ("quotas-fail", THREE, FAIL),
    ("class-skip", THREE, INCOMPLETE),
    ("class-setup-fails", THREE, FAIL),
    ("class-cleanup-fails", (TEMP_URL,), INCOMPLETE),
]
"""Recording in both versions, classes that ran, verdict."""


def key(event: Event) -> tuple[str, str, str, str]:
    """Return what both versions must say of an event."""
    return event.name, event.outcome.value, event.reason, event.worker


def packet_ends(stream: bytes) -> Iterator[int]:
    """Yield where each packet of an undamaged version 2 stream ends."""
    position = 0
    while position < len(stream):
        assert stream[position : position + 1] == SIGNATURE
        size = (stream[position + 3] >> 6) + 1
        length = int.from_bytes(stream[position + 3 : position + 3 + size])
        position += length & ((1 << (8 * size - 2)) - 1)
        yield position


def judged(folder: Path, made: Guideline, *parts: bytes) -> str:
    """Return the verdict on a file of some bytes, `refused` where it is not read."""
    try:
        return str(verdict_on(made, joined(folder, *parts)).judgement)
    except InputError:
        return "refused"


# Versions


@pytest.mark.parametrize(("name", "classes", "judgement"), OF_CLASSES)
def test_stestr_keeps_version_1_and_gives_out_version_2_of_the_same_run(
    name: str, classes: tuple[str, ...], judgement: str
) -> None:
    assert SIGNATURE not in raw(f"{name}.stestr")
    assert raw(f"{name}.subunit").startswith(SIGNATURE)
    one, two = recorded(f"{name}.stestr"), recorded(f"{name}.subunit")
    assert (one.format, two.format) == ("subunit v1", "subunit v2")
    assert (one.problems, two.problems) == ((), ())
    assert Counter(map(key, one.events)) == Counter(map(key, two.events))
    first, second = (verdict_on(published(*classes), found) for found in (one, two))
    assert first.judgement is second.judgement is judgement
    assert outcomes(first) == outcomes(second)


def test_stestr_keeps_version_1_of_a_whole_storage_run_with_the_same_verdict() -> None:
    one, two = recorded("storage.stestr"), recorded("storage.subunit")
    assert (one.format, two.format) == ("subunit v1", "subunit v2")
    assert Counter(map(key, one.events)) == Counter(map(key, two.events))
    for found in (one, two):
        verdict = verdict_on(catalog.load_guideline("2020.06"), found, target="storage")
        assert (verdict.judgement, len(verdict.counted_tests)) == (PASS, 60)


@pytest.mark.parametrize("kind", ["stestr", "subunit"])
@pytest.mark.parametrize(("name", "classes", "judgement"), OF_CLASSES)
def test_either_version_is_read_where_the_other_is_expected(
    tmp_path: Path, name: str, classes: tuple[str, ...], judgement: str, kind: str
) -> None:
    repository, run = tmp_path / ".stestr", tmp_path / "run"
    repository.mkdir()
    run.mkdir()
    (repository / "next-stream").write_text("1\n")
    (repository / "0").write_bytes(raw(f"{name}.{kind}"))
    (run / "results.subunit").write_bytes(raw(f"{name}.{kind}"))
    for source in (tmp_path, repository, repository / "0", run, run / "results.subunit"):
        found = load_results(str(source))
        assert found == recorded(f"{name}.{kind}")
        assert verdict_on(published(*classes), found).judgement is judgement


@pytest.mark.parametrize(
    "kinds",
    [("stestr", "subunit"), ("subunit", "stestr")],
    ids=["version 1 first", "version 2 first"],
)
@pytest.mark.parametrize("names", [("quotas", "quotas-fail"), ("quotas-fail", "quotas")])
def test_both_versions_in_one_file_are_no_pass(
    tmp_path: Path, names: tuple[str, str], kinds: tuple[str, str]
) -> None:
    parts = [raw(f"{name}.{kind}") for name, kind in zip(names, kinds, strict=True)]
    found = joined(tmp_path, *parts)
    for policy in ("", "scs"):
        assert verdict_on(published(*THREE, policy=policy), found).judgement is not PASS


def test_a_gzip_of_two_members_is_read_to_its_end(tmp_path: Path) -> None:
    parts = [path_of(f"{name}.subunit").read_bytes() for name in ("quotas", "quotas-fail")]
    found = joined(tmp_path, *parts)
    assert len(found.events) == 18
    assert verdict_on(published(*THREE), found).judgement is FAIL
    assert judged(tmp_path, published(*THREE), parts[0], parts[1][:-20]) == "fail"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("listing.subunit", "contains no test result"),
        ("nothing.subunit", "contains no test result"),
        ("import-fails-listing.subunit", "the output of stestr when test discovery failed"),
    ],
)
def test_a_file_with_no_test_in_it_is_an_error(name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        recorded(name)


def test_a_listing_before_the_results_is_no_result(tmp_path: Path) -> None:
    listed, ran = raw("listing.subunit"), raw("class-skip.subunit")
    found = joined(tmp_path, listed, ran)
    assert found.events == recorded("class-skip.subunit").events
    assert judged(tmp_path, demanding(VALID, "a.b.C.test_listed_only"), listed, ran) == INCOMPLETE


# Cut off


AT_EXPIRY = (
    "tempest.api.object_storage.test_object_expiry.ObjectExpiryTest"
    ".test_get_object_at_expiry_time[id-e592f18d-679c-48fe-9e36-4be5f47102c5]"
)


def test_killed_worker_leaves_a_test_in_progress() -> None:
    found = recorded("killed-worker.subunit")
    (event,) = (event for event in found.events if event.outcome == "unfinished")
    assert event.test.name == EXPIRED
    assert found.problems == (
        f"{event.name} began and did not finish",
        f"1 selected test never began: {AT_EXPIRY}",
    )
    for policy in ("", "scs"):
        verdict = verdict_on(published(*THREE[::2], EXPIRY, policy=policy), found)
        assert verdict.judgement is INCOMPLETE
        assert outcomes(verdict) == {
            LARGE: "passed",
            MANY: "passed",
            VALID: "passed",
            VERSIONED: "passed",
            EXPIRED: "unfinished",
        }


def test_killed_worker_s_stream_is_no_pass_though_all_that_is_required_passed() -> None:
    verdict = verdict_on(published(CONTAINER_QUOTAS, VERSIONS), recorded("killed-worker.subunit"))
    assert set(outcomes(verdict).values()) == {"passed"}
    assert verdict.judgement is INCOMPLETE
    assert len(verdict.problems) == 2


@pytest.mark.parametrize("name", ["killed-worker", "killed-stestr"])
@pytest.mark.parametrize("killed_first", [True, False])
def test_killed_run_is_not_fixed_by_a_second_run(
    tmp_path: Path, name: str, killed_first: bool
) -> None:
    parts = [raw(f"{name}.subunit"), raw("storage.subunit")]
    found = joined(tmp_path, *(parts if killed_first else reversed(parts)))
    for made in (catalog.load_guideline("2020.06"), published(EXPIRY)):
        target = "storage" if made.id == "2020.06" else ""
        assert verdict_on(made, found, target=target).judgement is INCOMPLETE


def test_killed_worker_s_test_is_kept_by_stestr_as_a_failure_without_a_reason() -> None:
    made = published(CONTAINER_QUOTAS, VERSIONS, EXPIRY)
    verdict = verdict_on(made, recorded("killed-worker.stestr"))
    assert verdict.judgement is FAIL
    assert outcomes(verdict)[EXPIRED] == "failed"


def test_killed_stestr_leaves_tests_in_progress_and_others_that_never_began() -> None:
    found = recorded("killed-stestr.subunit")
    assert len(found.problems) == 2
    assert EXPIRED in found.problems[0]
    assert "2 selected tests never began" in found.problems[1]
    for policy in ("", "scs"):
        verdict = verdict_on(published(CONTAINER_QUOTAS, VERSIONS, EXPIRY, policy=policy), found)
        assert verdict.judgement is INCOMPLETE
        assert outcomes(verdict) == {
            LARGE: "passed",
            MANY: "passed",
            VALID: "passed",
            VERSIONED: "not run",
            EXPIRED: "unfinished",
        }


def test_killed_stestr_keeps_no_run_but_a_temporary_file_without_a_sign_of_its_end(
    tmp_path: Path,
) -> None:
    (tmp_path / "next-stream").write_text("0\n")
    (tmp_path / "tmp0a1b2c3d").write_bytes(raw("killed-stestr.stestr"))
    with pytest.raises(InputError, match="contains no run"):
        load_results(str(tmp_path))
    verdict = verdict_on(
        published(CONTAINER_QUOTAS, VERSIONS, EXPIRY), load_results(str(tmp_path / "tmp0a1b2c3d"))
    )
    assert verdict.judgement is INCOMPLETE
    assert Counter(outcomes(verdict).values()) == {"passed": 3, "not run": 2}


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("quotas", THREE),
        ("quotas-fail", THREE),
        ("killed-worker", (CONTAINER_QUOTAS, VERSIONS, EXPIRY)),
    ],
)
def test_cut_exactly_between_two_packets(
    tmp_path: Path, name: str, classes: tuple[str, ...]
) -> None:
    stream, made = raw(f"{name}.subunit"), published(*classes)
    whole = {(event.name, event.outcome) for event in recorded(f"{name}.subunit").events}
    ends = list(packet_ends(stream))
    assert ends[-1] == len(stream)
    in_progress = 0
    for end in ends[:-1]:
        try:
            found = joined(tmp_path, stream[:end])
        except InputError:
            continue
        unfinished = {event for event in found.events if event.outcome == "unfinished"}
        ended = {(event.name, event.outcome) for event in found.events if event not in unfinished}
        assert ended <= whole
        told = {one for one in found.problems if "never began" not in one}
        assert told == {f"{event.name} began and did not finish" for event in unfinished}
        in_progress += len(unfinished)
        verdict = verdict_on(made, found)
        unknown = {test.test.name for test in verdict.counted_tests if test.outcome != "passed"}
        assert unfinished or unknown
        assert verdict.judgement is not PASS
    assert in_progress >= 4


@pytest.mark.parametrize("name", ["quotas", "quotas-fail", "killed-worker"])
def test_cut_inside_a_packet(tmp_path: Path, name: str) -> None:
    stream = raw(f"{name}.subunit")
    made = published(CONTAINER_QUOTAS, VERSIONS)
    ends = {0, *packet_ends(stream)}
    for length in range(2, len(stream), 19):
        if length in ends:
            continue
        try:
            found = joined(tmp_path, stream[:length])
        except InputError:
            continue
        assert found.problems
        assert verdict_on(made, found).judgement is not PASS


@pytest.mark.parametrize("name", ["quotas", "quotas-fail"])
def test_cut_version_1_stream(tmp_path: Path, name: str) -> None:
    stream, made = raw(f"{name}.stestr"), published(*THREE)
    # The last demanded test ends in the last but one line.
    for length in range(1, stream.rindex(b"successful: "), 41):
        assert judged(tmp_path, made, stream[:length]) != PASS


# What a test prints


PRINTED = {
    f"{TRAPS}test_printing.Printing.test_1_ascii": "passed",
    f"{TRAPS}test_printing.Printing.test_2_utf8": "passed",
    f"{TRAPS}test_printing.Printing.test_3_fails": "failed",
    f"{TRAPS}test_printing.Printing.test_4_after_it": "passed",
}
UNENDED = f"{TRAPS}test_printing_unended.PrintingUnended."
LATIN = f"{TRAPS}test_printing_latin.PrintingLatin."


@pytest.mark.parametrize("kind", ["subunit", "stestr"])
def test_printed_lines_between_packets_lose_nothing(kind: str) -> None:
    found = recorded(f"printing.{kind}")
    assert found.problems == ()
    assert {event.test.name: event.outcome.value for event in found.events} == PRINTED
    assert verdict_on(demanding(*PRINTED), found).judgement is FAIL
    good = [name for name, outcome in PRINTED.items() if outcome == "passed"]
    assert verdict_on(demanding(*good), found).judgement is PASS
    assert b"regi\xc3\xb3n: 5 m\xc2\xb3" not in raw("printing.stestr")


def test_printed_lines_between_packets_of_a_worker_s_own_stream_are_never_a_wrong_pass() -> None:
    assert b"regi\xc3\xb3n: 5 m\xc2\xb3\n" in raw("printing-runner.subunit")
    found = recorded("printing-runner.subunit")
    for event in found.events:
        assert event.outcome.value in (PRINTED[event.test.name], "unfinished")
    assert {event.test.name for event in found.events} == set(PRINTED)
    verdict = verdict_on(demanding(*PRINTED), found)
    assert verdict.judgement is FAIL
    whole = {event.outcome.value for event in found.events} == {"passed", "failed"}
    assert whole or found.problems


@pytest.mark.parametrize("name", ["unended.subunit", "unended.stestr", "unended-runner.subunit"])
def test_printed_superscript_without_an_end_of_line_eats_what_follows(name: str) -> None:
    found = recorded(f"printing-{name}")
    before, failing = f"{UNENDED}test_1_before", f"{UNENDED}test_3_fails"
    ran = {event.test.name: event.outcome.value for event in found.events}
    assert ran[before] == "passed"
    assert ran.get(failing, "failed") == "failed"
    for policy in ("", "scs"):
        for names in ((before, failing), (before, f"{UNENDED}test_2_unended", failing)):
            verdict = verdict_on(demanding(*names, policy=policy), found)
            assert verdict.judgement is not PASS
    # What was lost may be anything: all that is left of the file proves no whole run.
    assert found.problems or failing in ran


@pytest.mark.parametrize("name", ["latin.subunit", "latin.stestr", "latin-runner.subunit"])
def test_printed_bytes_of_another_encoding_do_not_hide_a_failure(name: str) -> None:
    found = recorded(f"printing-{name}")
    before, failing = f"{LATIN}test_1_before", f"{LATIN}test_3_after"
    ran = {event.test.name: event.outcome.value for event in found.events}
    assert (ran[before], ran[failing]) == ("passed", "failed")
    assert ran[f"{LATIN}test_2_latin"] in ("passed", "unfinished", "failed")
    for policy in ("", "scs"):
        assert verdict_on(demanding(before, failing, policy=policy), found).judgement is FAIL
