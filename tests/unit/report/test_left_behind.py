"""What the reports say of what a run left behind."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from defcheck.report.formats import registry
from defcheck.report.verdict_summary import describe_leftovers

SCHEMAS = Path(__file__).resolve().parents[3] / "reports/schemas"
HOSTILE = "x\x1b[31m<script>alert(1)</script>\u202e"


def thing(kind: str = "server", name: str = "defcheck-1a2b3c4d-s", **more: str) -> dict[str, str]:
    return {"kind": kind, "id": "1", "name": name, "project": "p", "why": "w", **more}


def leftovers(**more: Any) -> dict[str, Any]:
    return {"at": "2031-01-01T00:00:00+00:00", "ours": [], "unproven": [], "unseen": [], **more}


def with_leftovers(document: dict[str, Any], value: Any, prefix: str = "defcheck-1a2b3c4d") -> Any:
    document["run"] |= {"leftovers": value, "prefix": prefix}
    document["results"]["source"] = "my runs/one"
    jsonschema.validate(document, json.loads((SCHEMAS / "verdict-1.json").read_bytes()))
    return document


def test_what_is_left_is_counted_by_kind(passing: dict[str, Any]) -> None:
    found = leftovers(ours=[thing(), thing(), thing("network")])
    said = describe_leftovers(with_leftovers(passing, found), "w/my runs/one")
    assert said == (
        "Leftovers: 2 servers, 1 network; "
        "`defcheck cleanup 'w/my runs/one'` lists and deletes them."
    )


@pytest.mark.parametrize("found", [None, leftovers(ours=[thing()]), leftovers(unseen=["x"])])
def test_the_command_names_the_whole_path_on_a_terminal_and_none_in_a_file(
    passing: dict[str, Any], found: Any
) -> None:
    """The name of the directory alone was wrong wherever it was not in the current one."""
    document = with_leftovers(passing, found)
    assert "`defcheck cleanup w/run`" in registry.render_document(
        "text", document, run_path="w/run"
    )
    for form in ("text", "html", "markdown", "rst"):
        page = registry.render_document(form, document)
        assert "defcheck cleanup RUN" in page
        assert "cleanup 'my runs/one'" not in page


def test_a_clean_run_says_nothing(passing: dict[str, Any]) -> None:
    document = with_leftovers(passing, leftovers())
    assert describe_leftovers(document) == ""
    assert "Leftovers" not in registry.render_document("html", document)
    assert "Leftovers" not in registry.render_document("text", document)


def test_run_without_a_leftover_scan_says_so(passing: dict[str, Any]) -> None:
    assert "not scanned" in describe_leftovers(with_leftovers(passing, None))
    assert describe_leftovers(with_leftovers(passing, None, prefix="")) == ""


def test_results_from_elsewhere_say_nothing(passing: dict[str, Any]) -> None:
    passing["run"] = None
    assert describe_leftovers(passing) == ""


def test_what_could_not_be_seen_is_never_nothing(passing: dict[str, Any]) -> None:
    found = leftovers(unseen=["The servers could not be seen: HTTP 403"])
    said = describe_leftovers(with_leftovers(passing, found))
    assert "could not be checked in one place" in said


def test_what_is_not_proved_is_no_leftover(passing: dict[str, Any]) -> None:
    said = describe_leftovers(with_leftovers(passing, leftovers(unproven=[thing()])))
    assert said == "1 more may belong to this run, without proof."


def test_leftovers_never_touch_the_verdict(passing: dict[str, Any]) -> None:
    document = with_leftovers(passing, leftovers(ours=[thing()]))
    assert document["verdict"] == "pass"
    for form in ("text", "html", "markdown", "rst"):
        assert "1 server" in registry.render_document(form, document)


def test_a_verdict_of_an_older_defcheck_says_nothing(passing: dict[str, Any]) -> None:
    del passing["run"]["leftovers"], passing["run"]["prefix"]
    assert describe_leftovers(passing) == ""
    assert "Leftovers" not in registry.render_document("html", passing)


@pytest.mark.parametrize("form", ["text", "html", "markdown", "rst"])
def test_hostile_names_are_harmless(passing: dict[str, Any], form: str) -> None:
    hostile = thing(name=HOSTILE, kind=HOSTILE, why=HOSTILE, project=HOSTILE)
    found = leftovers(ours=[hostile], unproven=[hostile], unseen=[HOSTILE])
    shown = registry.render_document(form, with_leftovers(passing, found))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "<script>alert" not in shown or form in ("text", "rst")


def cleanup(**more: Any) -> dict[str, Any]:
    document = {
        "format": "defcheck cleanup 1",
        "defcheck": "0",
        "at": "2031-01-01T00:00:00+00:00",
        "run": "r",
        "prefix": "defcheck-1a2b3c4d",
        "cloud": {"name": "c", "auth_url": "u", "region": "", "cpid": ""},
        "deleted": False,
        "ours": [],
        "unproven": [],
        "unseen": [],
        **more,
    }
    jsonschema.validate(document, json.loads((SCHEMAS / "cleanup-1.json").read_bytes()))
    return document


def found(state: str = "found", **more: str) -> dict[str, str]:
    return thing(state=state, reason="", **more)


def test_a_cleanup_that_finds_nothing() -> None:
    assert registry.render_document("text", cleanup()) == "No leftovers of this run in c\n"


def test_a_cleanup_shows_whole_names_and_why() -> None:
    shown = registry.render_document(
        "text", cleanup(ours=[found(name="defcheck-1a2b3c4d-" + "s" * 60)])
    )
    assert shown.startswith("1 leftover in c\n")
    assert "found   server  defcheck-1a2b3c4d-" + "s" * 60 in shown
    assert "in project p; w" in shown
    assert "--yes" in shown


def test_a_cleanup_says_what_remains_and_why() -> None:
    remains = {**found("remains"), "reason": "HTTP 409 Conflict"}
    document = cleanup(deleted=True, ours=[found("removed"), remains])
    shown = registry.render_document("text", document)
    assert shown.startswith("1 of 2 leftovers deleted from c\n")
    assert "because HTTP 409 Conflict" in shown
    assert "--yes" not in shown


def test_a_cleanup_tells_apart_what_nothing_proves_and_what_was_not_seen() -> None:
    shown = registry.render_document(
        "text", cleanup(unproven=[thing()] * 30, unseen=["The x: HTTP 403"])
    )
    assert "Not proved to belong to this run; never deleted" in shown
    assert "and 10 more" in shown
    assert "The x: HTTP 403" in shown


def test_hostile_names_in_a_cleanup_are_harmless() -> None:
    hostile = {**found(name=HOSTILE, why=HOSTILE, project=HOSTILE), "reason": HOSTILE}
    shown = registry.render_document(
        "text", cleanup(ours=[hostile], unproven=[thing(name=HOSTILE)], unseen=[HOSTILE])
    )
    assert "\x1b" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize("form", ["text", "html", "markdown", "rst", "json"])
def test_users_that_are_not_the_pool_s_are_told(passing: dict[str, Any], form: str) -> None:
    assert "A user could not be" not in registry.render_document(form, passing)
    passing["run"] |= {"credentials": "dynamic", "users_fallback": "A user could not be made."}
    jsonschema.validate(passing, json.loads((SCHEMAS / "verdict-1.json").read_bytes()))
    assert "A user could not be made" in registry.render_document(form, passing)
