"""Capabilities, tests and flags over the editions, against the published files."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections import Counter

import jsonschema
import pytest

from defcheck.guideline.history import editions
from defcheck.guideline.history.stats import EditionStats, compute_trend, tabulate_editions
from defcheck.guideline.models import Status
from defcheck.report.formats import guideline
from defcheck.report.models import guideline_history
from tests.unit.guideline.history import raw
from tests.unit.shared import ROOT, document, entry, load

SCHEMA = json.loads((ROOT / "reports/schemas/stats-1.json").read_bytes())
TARGETS = [
    *(("guideline", target) for target in ("platform", "compute", "object")),
    ("dns", "dns"),
    ("orchestration", "orchestration"),
]
SVG = "{http://www.w3.org/2000/svg}"


def rows(kind: str, target: str) -> tuple[EditionStats, ...]:
    return tabulate_editions(editions.load_editions(kind), target)


@pytest.mark.parametrize(("kind", "target"), TARGETS)
def test_numbers_are_those_of_the_published_files(kind: str, target: str) -> None:
    found = rows(kind, target)
    names = raw.EDITIONS if kind == "guideline" else raw.EDITIONS[8:]
    assert [row.edition.removeprefix(f"{kind}.") for row in found] == list(names)
    for row in found:
        published = raw.published(row.edition)
        listed = Counter(raw.strongest(published, target).values())
        assert dict(row.capabilities) == {status: listed[status] for status in Status}
        pairs = raw.pairs(published, target)
        assert row.tests == len(pairs)
        assert row.flagged == sum(flagged for _, _, flagged in pairs)
        assert row.counted == len(pairs) - row.flagged
        assert row.counted_names == len(raw.counted(published, target))
        if pairs:
            assert row.share == pytest.approx(100 * row.flagged / len(pairs))


def test_the_last_platform_has_286_tests_of_which_11_are_flagged() -> None:
    last = rows("guideline", "platform")[-1]
    assert (last.tests, last.flagged, last.counted, last.counted_names) == (286, 11, 275, 273)


def test_drafts_are_counted_only_where_nothing_was_approved() -> None:
    assert "next" not in [row.edition for row in rows("guideline", "platform")]
    assert [row.edition for row in rows("scs", "")] == ["scs-0128"]


def row(edition: str, tests: int, flagged: int) -> EditionStats:
    return EditionStats(edition, "approved", tuple((one, 1) for one in Status), tests, flagged, 1)


def test_the_trend_has_first_last_highest_and_slope() -> None:
    found = compute_trend([row("a", 10, 4), row("none", 0, 0), row("b", 10, 5), row("c", 10, 0)])
    assert found is not None
    assert (found.first.edition, found.last.edition, found.highest.edition) == ("a", "c", "b")
    assert found.slope == pytest.approx(-20)
    assert compute_trend([row("a", 10, 4), row("none", 0, 0)]) is None


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ((1, 2), "share grew, from 10.0 % in e0 to 20.0 % in e1; their number grew, 1 to 2."),
        ((3, 1), "share shrank, from 30.0 % in e0 to 10.0 % in e1; their number shrank, 3 to 1."),
        ((2, 2), "share stayed the same"),
        ((2, 2), "did not change over all editions"),
        ((1, 5), "rose by 40.0 points per edition"),
        ((0, 0), "no edition has a flagged test"),
        ((1,), "One edition shows no trend."),
    ],
)
def test_whether_flags_shrank_is_said_plainly(flags: tuple[int, ...], words: str) -> None:
    made = [row(f"e{place}", 10, number) for place, number in enumerate(flags)]
    assert words in guideline_history.build_stats_document("k", "t", made)["words"]


def test_a_share_can_shrink_while_the_number_grows() -> None:
    words = guideline_history.build_stats_document("k", "t", rows("guideline", "platform"))["words"]
    assert "share shrank, from 7.1 % in 2015.03 to 3.8 % in 2020.06" in words
    assert "number grew, 9 to 11" in words


@pytest.mark.parametrize(("kind", "target"), [*TARGETS, ("scs", ""), ("nfv", "")])
def test_all_formats_say_the_same(kind: str, target: str) -> None:
    made = rows(kind, target)
    found = guideline_history.build_stats_document(kind, target, made)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    records = list(csv.DictReader(io.StringIO(guideline_history.render_stats_csv(found))))
    assert [(one["edition"], one["flagged"]) for one in records] == [
        (one.edition, str(one.flagged)) for one in made
    ]
    drawing = ET.fromstring(guideline.render_stats_chart(found))  # noqa: S314
    titles = [one.text for one in drawing.iter(f"{SVG}title")][1:]
    assert titles == [
        f"{one.edition}: {one.counted} counted, {one.flagged} flagged" for one in made
    ]
    shown = guideline_history.render_stats_text(found, ascii_only=True)
    assert shown.isascii()
    for one in made:
        (line,) = [text for text in shown.splitlines() if text.startswith(f"{one.edition} ")]
        assert line.split()[5:9] == [
            str(number) for number in (one.tests, one.counted, one.counted_names, one.flagged)
        ]


def test_no_required_test_is_no_share() -> None:
    made = tabulate_editions(
        [load(document({"cap": {"a.C.test_x": entry()}}, advisory=["cap"]))], ""
    )
    found = guideline_history.build_stats_document("k", "t", made)
    assert found["editions"][0]["flagged_percent"] is None
    assert " none" in guideline_history.render_stats_text(found, ascii_only=True)
    assert "NaN" not in guideline.render_stats_chart(found)


def test_bars_grow_with_the_share_and_are_never_lost() -> None:
    for plain in (True, False):
        bars = [guideline_history.draw_bar(part / 100, ascii_only=plain) for part in range(101)]
        assert bars[0] == ""
        assert all(bars[1:])
        assert [len(one) for one in bars] == sorted(len(one) for one in bars)
        assert len(bars[-1]) == guideline_history.BAR_WIDTH
    assert guideline_history.draw_bar(1, ascii_only=True) == "#" * guideline_history.BAR_WIDTH


def test_hostile_words_stay_words_in_the_drawing() -> None:
    hostile = '</text><script>alert(1)</script>\x1b\u202e {{ 7 * 7 }} " onload="x'
    made = [row(hostile, 10, 1), row("b", 10, 2)]
    source = guideline.render_stats_chart(
        guideline_history.build_stats_document(hostile, hostile, made)
    )
    drawing = ET.fromstring(source)  # noqa: S314
    assert not list(drawing.iter(f"{SVG}script"))
    assert not [key for one in drawing.iter() for key in one.attrib if key.startswith("on")]
    assert not {"\x1b", "\u202e"} & set(source)
    assert "{{ 7 * 7 }}" in source
