"""The verdict for a terminal, with the console helpers of all terminal reports."""

import io
from collections.abc import Sequence
from typing import TypeVar, cast

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from defcheck.report.models.verdict_report import Document, describe_unprovable
from defcheck.report.verdict_summary import (
    describe_cause,
    describe_leftovers,
    describe_outcomes,
    describe_tests_needing_accounts,
    explain_refstack_counts,
    list_allowed_skips,
    list_blocking_causes,
    list_disagreeing_tests,
    list_predictions,
)
from defcheck.util.text import clean_line

T = TypeVar("T")

STYLES = {"pass": "bold green", "fail": "bold red", "incomplete": "bold yellow"}
MIN_WIDTH = 72
"""Narrower terminals wrap lines themselves; a smaller width would truncate the counts."""


def create_console(width: int, color: bool) -> Console:
    """Return a console that records its output."""
    return Console(
        file=io.StringIO(),
        width=max(width, MIN_WIDTH),
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


def read_console(console: Console) -> str:
    """Return the recorded output without trailing blanks."""
    text = cast(io.StringIO, console.file).getvalue()
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def print_indented(console: Console, text: str | Text, columns: int = 2) -> None:
    """Print text with every line indented."""
    console.print(Padding(Text(text) if isinstance(text, str) else text, (0, 0, 0, columns)))


def limit_items(items: Sequence[T], limit: int, *, verbose: bool) -> tuple[Sequence[T], int]:
    """Return the items to show, all of them if `verbose`, and the number left out."""
    shown = items if verbose else items[:limit]
    return shown, len(items) - len(shown)


def shorten_test_name(name: str) -> str:
    """Return the class and method of a test name."""
    return ".".join(clean_line(name).split(".")[-2:])


MAX_GROUPS = 8
MAX_TESTS = 4
MAX_PROBLEMS = 3
MAX_NAMED = 2
"""Tests named for one cause, so that all causes fit on one screen."""

MAX_IDS = 3


def render_verdict_text(
    document: Document,
    *,
    width: int = 100,
    color: bool = False,
    verbose: bool = False,
    run_path: str = "",
) -> str:
    """Render the summary, one screen unless `verbose`; the other formats list every test.

    `run_path` is the run directory as the user typed it.
    """
    console = create_console(width, color)
    _print_head(console, document)
    _print_counts(console, document)
    causes = list_blocking_causes(document)
    if causes or document["problems"]:
        _print_heading(console, "Blocking issues")
        _print_problems(console, document, verbose=verbose)
        _print_causes(console, causes, verbose=verbose)
    allowed = list_allowed_skips(document)
    if allowed:
        _print_heading(console, "Allowed skips")
        _print_causes(console, allowed, verbose=verbose)
    _print_flaky_tests(console, document, verbose=verbose)
    _print_disagreeing_tests(console, document, verbose=verbose)
    _print_local_flags(console, document)
    left = describe_leftovers(document, run_path)
    if left:
        console.print()
        console.print(Text(clean_line(left, 600), style="yellow"))
    return read_console(console)


def summarize_verdict(document: Document) -> str:
    """Return the verdict in one line."""
    why = clean_line(document["why"], 600)
    return f"{document['verdict'].upper()}{_describe_subject(document)}: {why}"


def _describe_subject(document: Document) -> str:
    """Return the target and guideline, and whether local flags changed the verdict."""
    overlay = document["overlay"]
    moved = overlay is not None and overlay["verdict_without"] != document["verdict"]
    target = clean_line(document["target"]["title"])
    guideline = clean_line(document["guideline"]["id"])
    return f"{' with local flags' if moved else ''}  {target}, guideline {guideline}"


def _print_head(console: Console, document: Document) -> None:
    verdict = document["verdict"]
    console.print(Text.assemble((verdict.upper(), STYLES[verdict]), _describe_subject(document)))
    console.print(Text(f"{clean_line(document['why'], 600)} ({document['policy']['rule']})"))
    run = document["run"]
    if run:
        name = clean_line(run["cloud"]["name"]) or "cloud"
        console.print(
            Text(
                f"{name} at {clean_line(run['cloud']['auth_url'])}, Tempest {run['tempest']}, "
                f"users: {run['credentials']}, {run['state']} {run['finished']}"
            )
        )
        if run.get("users_fallback"):
            why = clean_line(run["users_fallback"])
            console.print(Text(f"Users: created by Tempest, not taken from the user pool: {why}"))
        for one in run["resumed"]:
            console.print(Text(f"Resumed at {one['at']}; tests rerun: {one['again']}"))
        for one in run["reruns"]:
            console.print(Text(f"Failed tests rerun, round {one['round']}: {one['tests']}"))


def _print_counts(console: Console, document: Document) -> None:
    counts, refstack = document["counts"], document["refstack"]
    table = Table.grid(padding=(0, 2))
    for name, key in (("counted tests", "counted"), ("with flagged tests", "with_flagged")):
        item = counts[key]
        table.add_row(
            name,
            f"{item['passed']} of {item['total']} passed"
            + (f", {item['allowed']} allowed skips" if item["allowed"] else ""),
            f"{item['failed']} failed",
            f"{item['incomplete']} incomplete",
        )
    item = counts["capabilities"]
    table.add_row(
        "capabilities",
        f"{item['passed']} of {item['total']} proved",
        f"{item['failed']} failed",
        f"{item['incomplete']} incomplete",
    )
    if refstack and refstack["answer"]:
        share = refstack["counted_percent"]
        table.add_row(
            "RefStack's answer",
            f"{refstack['answer']}, {refstack['counted_passed']} of {refstack['counted']} pairs",
            f"{share:.1f} %" if share is not None else "",
        )
    elif refstack:
        table.add_row("RefStack's answer", "none: " + clean_line(refstack["error"], 70))
    needing = describe_tests_needing_accounts(document)
    if needing:
        table.add_row("more accounts", f"are needed for {needing}")
    for words, found in list_predictions(document).items():
        table.add_row(
            f"predicted {words}",
            f"{found['came_true']} of {found['foreseen']} correct",
            f"{len(found['not_foreseen'])} not predicted",
        )
    console.print(Padding(table, (1, 0, 0, 2)))
    unprovable = describe_unprovable(item)
    if unprovable:
        print_indented(console, f"Other required capabilities: {unprovable}.")
    pairs = explain_refstack_counts(document)
    if pairs:
        print_indented(console, pairs)


def _print_heading(console: Console, title: str) -> None:
    console.print()
    console.print(Text(title, style="bold"))


def _print_problems(console: Console, document: Document, *, verbose: bool) -> None:
    """Show why the results are incomplete, and what to do about it."""
    problems, more = limit_items(document["problems"], MAX_PROBLEMS, verbose=verbose)
    for problem in problems:
        words = f": {clean_line(problem)}"
        print_indented(console, Text.assemble(("incomplete results", STYLES["incomplete"]), words))
    if more:
        print_indented(console, f"and {more} more problem{'s' * (more > 1)}", 6)
    if problems:
        print_indented(console, f"→ {clean_line(document['problems_advice'])}", 6)


def _print_causes(console: Console, causes: list[Document], *, verbose: bool) -> None:
    listed, more_causes = limit_items(causes, MAX_GROUPS, verbose=verbose)
    for cause in listed:
        found = (describe_outcomes(cause), STYLES[cause["judgement"]])
        print_indented(console, Text.assemble(found, f": {clean_line(describe_cause(cause), 200)}"))
        if cause["request"] or cause["call"]:
            print_indented(console, f"at {clean_line(cause['request'] or cause['call'])}", 6)
        if cause["advice"]:
            print_indented(console, f"→ {clean_line(cause['advice'])}", 6)
        if cause["request_ids"]:
            ids, _ = limit_items(cause["request_ids"], MAX_IDS, verbose=verbose)
            shown = ", ".join(clean_line(one, 60) for one in ids)
            print_indented(console, f"look in the services' logs for {shown}", 6)
        tests, more = limit_items(cause["tests"], MAX_NAMED, verbose=verbose)
        for test in tests:
            where = clean_line(", ".join(test["capabilities"]))
            print_indented(console, f"{where}  {shorten_test_name(test['name'])}", 6)
        if more:
            print_indented(console, f"and {more} more", 6)
    if more_causes:
        print_indented(console, f"and {more_causes} more causes")


def _print_flaky_tests(console: Console, document: Document, *, verbose: bool) -> None:
    """Show tests that passed and failed in the same results."""
    flaky, more = limit_items(document["flaky"], MAX_GROUPS, verbose=verbose)
    if not flaky:
        return
    _print_heading(console, "Flaky")
    for test in flaky:
        times = f"passed {test['passed']} of {test['results']}"
        print_indented(
            console, f"{shorten_test_name(test['name'])}: {times}; {test['counts']} counts"
        )
    if more:
        print_indented(console, f"and {more} more")


def _print_disagreeing_tests(console: Console, document: Document, *, verbose: bool) -> None:
    """Show tests that were run more than once with different results."""
    tests = {test["name"]: test for _, test in list_disagreeing_tests(document)}
    if not tests:
        return
    _print_heading(console, "Run more than once, with different results")
    shown, more = limit_items(list(tests.items()), MAX_GROUPS, verbose=verbose)
    for name, test in shown:
        results = ", ".join(attempt["outcome"] for attempt in test["attempts"][:MAX_TESTS])
        print_indented(console, f"{shorten_test_name(name)}: {results}; {test['outcome']} counts")
    if more:
        print_indented(console, f"and {more} more")


def _print_local_flags(console: Console, document: Document) -> None:
    overlay = document["overlay"]
    if overlay is None:
        return
    _print_heading(console, f"Local flags of {clean_line(overlay['source'])} on {overlay['day']}")
    for flag in overlay["flags"]:
        state = flag["state"] if flag["capabilities"] else "matches no test of this target"
        print_indented(
            console,
            f"{shorten_test_name(flag['test'])}: {state}, {flag['date']} to {flag['expires']}, "
            f"{clean_line(flag['approver'], 60)}: {clean_line(flag['reason'], 120)}",
        )
    if not overlay["flags"]:
        print_indented(console, "None of them applies to this guideline.")
