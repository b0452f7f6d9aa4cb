"""When editions were approved, open and superseded; checked against the published files."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from defcheck.errors import InputError
from defcheck.guideline import catalog
from defcheck.guideline.history import editions as lineage
from defcheck.guideline.history import lifecycle
from defcheck.guideline.history.editions import Approval, ApprovalPrecision, determine_approval
from defcheck.guideline.history.lifecycle import CapabilityHistory, trace_capabilities
from defcheck.guideline.models import Status
from tests.unit.shared import JSON, SHARED, document, entry, load


def trace(name: str) -> lifecycle.Lineage:
    return lifecycle.trace_lineage(name, lineage.load_editions(name))


def open_on(name: str, day: str) -> list[str]:
    standing = lifecycle.find_licensable_editions(trace(name), date.fromisoformat(day))
    return [edition.id for edition in standing.open]


@pytest.mark.parametrize(
    ("guideline_id", "stated", "day", "precision"),
    [
        ("2016.01", "2016-01-27", date(2016, 1, 27), ApprovalPrecision.DAY),
        ("2018.02", "2018.02", date(2018, 2, 1), ApprovalPrecision.MONTH),
        (
            "orchestration.2018.11",
            "orchestration.2018.11",
            date(2018, 11, 1),
            ApprovalPrecision.MONTH,
        ),
        ("2015.03", "", date(2015, 3, 1), ApprovalPrecision.ID),
        ("dns.2020.06", "", date(2020, 6, 1), ApprovalPrecision.ID),
    ],
)
def test_an_approval_is_as_precise_as_what_is_published(
    guideline_id: str, stated: str, day: date, precision: ApprovalPrecision
) -> None:
    assert determine_approval(guideline_id, stated) == Approval(day, precision)


@pytest.mark.parametrize(
    ("guideline_id", "stated"),
    [
        ("next", ""),
        ("next", "soon"),
        ("next", "2018-02-30"),
        ("next", "2018.13"),
        ("x.2018.00", ""),
        ("next", "2018-02"),
    ],
)
def test_an_approval_that_nothing_tells_is_an_error(guideline_id: str, stated: str) -> None:
    with pytest.raises(InputError, match="does not say when it was approved"):
        determine_approval(guideline_id, stated)


def test_an_edition_that_a_user_imported_takes_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    body = json.loads(catalog.read_bundled_file(catalog.find_entry("2020.06")))
    approved = body["metadata"]["os_trademark_approval"]
    for name in ("2022.11", "own"):
        body["metadata"]["id"] = approved["target_approval"] = name
        (tmp_path / f"{name}.json").write_text(json.dumps(body))
    monkeypatch.setenv("DEFCHECK_GUIDELINES", str(tmp_path))
    found = trace("guideline").editions
    assert [(one.id, one.at_hand) for one in found[-3:]] == [
        ("2021.11", False),
        ("2022.06", False),
        ("2022.11", True),
    ]
    assert "own" not in {one.id for one in found}
    assert open_on("guideline", "2023-01-15") == ["2022.06", "2022.11"]


def test_the_lineages_are_told_apart() -> None:
    found = lineage.list_lineages()
    assert list(found) == ["guideline", "dns", "orchestration", "nfv", "scs"]
    assert sum(map(len, found.values())) == 28
    with pytest.raises(InputError) as caught:
        lineage.load_editions("dnss")
    assert caught.value.advice == "Available: guideline, dns, orchestration, nfv, scs."


def test_drafts_were_never_open() -> None:
    ids = [edition.id for edition in trace("guideline").editions]
    assert "next" not in ids
    assert lineage.select_approved(lineage.load_editions("scs")) == ()
    assert lineage.select_approved(lineage.load_editions("nfv")) == ()


def published(folder: str) -> dict[str, JSON]:
    """Return the published files, raw, by id."""
    found = {}
    for path in sorted((SHARED / "interop" / folder).glob("*.json")):
        found[path.name.removesuffix(".json")] = json.loads(path.read_bytes())
    if not found:
        pytest.skip("../shared/interop is not at hand")
    return found


def raw_day(edition: str, raw: JSON) -> date:
    body = raw.get("metadata", raw)
    stated = body.get("os_trademark_approval", body).get("target_approval") or edition
    year, month, *day = re.findall(r"\d+", stated)
    return date(int(year), int(month), int(day[0]) if day else 1)


@pytest.mark.parametrize(
    ("folder", "name", "pattern"),
    [
        ("guidelines", "guideline", r"\d{4}\.\d\d"),
        ("add-ons", "dns", r"dns\.\d{4}\.\d\d"),
        ("add-ons", "orchestration", r"orchestration\.\d{4}\.\d\d"),
    ],
)
def test_days_and_releases_are_those_of_the_published_files(
    folder: str, name: str, pattern: str
) -> None:
    raw = {key: value for key, value in published(folder).items() if re.fullmatch(pattern, key)}
    at_hand = [edition for edition in trace(name).editions if edition.at_hand]
    assert [edition.id for edition in at_hand] == sorted(raw)
    days = [raw_day(edition, body) for edition, body in sorted(raw.items())]
    assert [edition.approved.day for edition in at_hand] == days
    assert [edition.superseded for edition in at_hand[:-2]] == days[2:]
    for edition in at_hand:
        body = raw[edition.id].get("metadata", raw[edition.id])
        assert list(edition.releases) == body.get("os_trademark_approval", body)["releases"]


@pytest.mark.parametrize(
    ("day", "ids"),
    [
        ("2015-02-28", []),
        ("2015-03-01", ["2015.03"]),
        ("2015-04-30", ["2015.03", "2015.04"]),
        ("2015-05-01", ["2015.04", "2015.05"]),
        ("2016-08-22", ["2015.07", "2016.01"]),
        ("2016-08-23", ["2016.01", "2016.08"]),
        ("2020-08-01", ["2019.11", "2020.06"]),
        ("2020-10-31", ["2019.11", "2020.06"]),
        ("2020-11-01", ["2020.06", "2020.11"]),
        ("2023-12-31", ["2022.06", "2022.11"]),
        ("2024-01-01", []),
        ("2031-01-01", []),
    ],
)
def test_the_two_latest_approved_editions_are_open(day: str, ids: list[str]) -> None:
    assert open_on("guideline", day) == ids


def test_every_day_has_at_most_two_open_editions_and_the_latest_is_one() -> None:
    found = trace("guideline")
    for edition in found.editions:
        standing = lifecycle.find_licensable_editions(found, edition.approved.day)
        assert edition in standing.open
        assert len(standing.open) == min(2, 1 + found.editions.index(edition))


def test_add_ons_are_lineages_of_their_own() -> None:
    assert open_on("dns", "2018-10-01") == ["dns.2018.02"]
    assert open_on("orchestration", "2020-08-01") == [
        "orchestration.2019.11",
        "orchestration.2020.06",
    ]


def test_what_is_not_known_is_said() -> None:
    stand, dns, main = lifecycle.find_licensable_editions, trace("dns"), trace("guideline")
    assert stand(dns, date(2020, 10, 31)).is_certain
    assert not stand(dns, date(2020, 11, 1)).complete
    assert stand(main, date(2020, 12, 1)).is_certain
    assert [one.id for one in stand(main, date(2020, 6, 30)).undated] == ["2020.06"]
    assert not stand(main, date(2020, 6, 30)).is_certain
    assert stand(main, date(2016, 1, 27)).is_certain
    assert stand(main, lifecycle.PROGRAMME_END).is_certain


def test_twelve_months_end_on_the_same_day_of_the_next_year() -> None:
    assert lifecycle.add_twelve_months(date(2020, 8, 1)) == date(2021, 8, 1)
    assert lifecycle.add_twelve_months(date(2020, 2, 29)) == date(2021, 2, 28)


def history(name: str) -> CapabilityHistory:
    editions = lineage.select_approved(lineage.load_editions("guideline"))
    return {one.capability: one for one in trace_capabilities(trace("guideline"), editions)}[name]


def test_the_whole_tail_of_a_capability() -> None:
    found = history("networks-l3-router")
    assert (found.advisory, found.required, found.dropped) == ("2016.01", "2018.02", "")
    assert found.unavoidable == date(2018, 11, 1)
    assert found.last_without == date(2019, 10, 31)


def test_a_capability_of_the_first_edition_was_never_avoidable() -> None:
    found = history("compute-servers")
    assert (found.unavoidable, found.last_without) == (date(2015, 3, 1), None)
    assert found.dropped == "2015.07"


def test_a_capability_required_once_was_never_unavoidable() -> None:
    found = history("volumes-v3-reserve")
    assert (found.required, found.dropped, found.unavoidable) == ("2018.02", "2018.11", None)


def raw_statuses(raw: JSON) -> dict[str, str]:
    """Return the strongest status of each capability, straight from the file."""
    order = ["required", "advisory", "deprecated", "removed"]
    found: dict[str, str] = {}
    for body in raw["components"].values():
        for status in order:
            for name in body.get("capabilities", body).get(status, []):
                found[name] = min(status, found.get(name, status), key=order.index)
    return found


def test_histories_are_those_of_the_published_files() -> None:
    raw = {key: raw_statuses(body) for key, body in published("guidelines").items()}
    del raw["next"]
    editions = lineage.select_approved(lineage.load_editions("guideline"))
    found = trace_capabilities(trace("guideline"), editions)
    assert {one.capability for one in found} == {name for said in raw.values() for name in said}
    windows = [(key, raw_day(key, published("guidelines")[key])) for key in sorted(raw)]
    for one in found:
        said = {key: raw[key].get(one.capability) for key in sorted(raw)}
        assert {key: status and status.value for key, status in one.statuses} == said
        for status, shown in (("advisory", one.advisory), ("required", one.required)):
            assert shown == next((key for key in said if said[key] == status), "")
        days = [
            day
            for place, (_, day) in enumerate(windows)
            if all(said[key] == "required" for key, _ in windows[max(0, place - 1) : place + 1])
        ]
        assert one.unavoidable == (days[0] if days else None), one.capability


def test_a_capability_that_comes_back_has_its_first_way_told() -> None:
    def edition(name: str, **listings: list[str]) -> JSON:
        made = document({"cap": {"a.C.test_x": entry()}}, policy="", **listings)
        made["metadata"] |= {"id": name, "os_trademark_approval": {"status": "approved"}}
        return made

    listings: list[dict[str, list[str]]] = [
        {"advisory": ["cap"]},
        {"required": ["cap"]},
        {"deprecated": ["cap"]},
        {"required": ["cap"]},
        {"required": ["cap"]},
    ]
    names = [f"2030.{month:02}" for month in range(1, 6)]
    guidelines = [load(edition(name, **said)) for name, said in zip(names, listings, strict=True)]
    (found,) = trace_capabilities(lifecycle.trace_lineage("own", guidelines), guidelines)
    assert (found.advisory, found.required, found.dropped) == ("2030.01", "2030.02", "2030.03")
    assert found.unavoidable == date(2030, 5, 1)
    assert found.last_without == date(2031, 4, 30)
    assert found.statuses[2] == ("2030.03", Status.DEPRECATED)
