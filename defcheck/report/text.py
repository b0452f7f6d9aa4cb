"""The summary for a terminal: the verdict first, then what is missing and why."""

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from defcheck.report.capabilities import describe_unprovable
from defcheck.report.clean import clean_line
from defcheck.report.document import Document
from defcheck.report.grouping import (
    against,
    allowed_skips,
    disagreeing,
    needing_accounts,
    outcomes,
    predictions,
    refstack_counts_otherwise,
    said,
)
from defcheck.report.leftbehind import headline
from defcheck.report.terminal import STYLES, cut, indented, page, printed, short

MAX_GROUPS = 8
MAX_TESTS = 4
MAX_PROBLEMS = 3
MAX_NAMED = 2
"""Tests named for one cause, so that a screen is enough for the causes."""

MAX_IDS = 3


def render(
    document: Document,
    *,
    width: int = 100,
    color: bool = False,
    verbose: bool = False,
    run_path: str = "",
) -> str:
    """Return the summary, in a screenful unless `verbose`; every test is in the other reports.

    `run_path` is the run directory as its user named it.
    """
    console = page(width, color)
    _head(console, document)
    _counts(console, document)
    causes = against(document)
    if causes or document["problems"]:
        _heading(console, "Stands against a pass")
        _problems(console, document, verbose=verbose)
        _causes(console, causes, verbose=verbose)
    allowed = allowed_skips(document)
    if allowed:
        _heading(console, "Allowed skips")
        _causes(console, allowed, verbose=verbose)
    _flaky(console, document, verbose=verbose)
    _disagreeing(console, document, verbose=verbose)
    _local_flags(console, document)
    left = headline(document, run_path)
    if left:
        console.print()
        console.print(Text(clean_line(left, 600), style="yellow"))
    return printed(console)


def line(document: Document) -> str:
    """Return the verdict in one line."""
    why = clean_line(document["why"], 600)
    return f"{document['verdict'].upper()}{_of_what(document)}: {why}"


def _of_what(document: Document) -> str:
    """Return what goes with the word of the verdict: whether local flags moved it, and of what."""
    overlay = document["overlay"]
    moved = overlay is not None and overlay["verdict_without"] != document["verdict"]
    target = clean_line(document["target"]["title"])
    guideline = clean_line(document["guideline"]["id"])
    return f"{' with local flags' if moved else ''}  {target}, guideline {guideline}"


def _head(console: Console, document: Document) -> None:
    verdict = document["verdict"]
    console.print(Text.assemble((verdict.upper(), STYLES[verdict]), _of_what(document)))
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
            console.print(Text(f"Users: Tempest created them, not the pool: {why}"))
        for one in run["resumed"]:
            console.print(Text(f"Resumed at {one['at']}; tests run again: {one['again']}"))
        for one in run["reruns"]:
            console.print(Text(f"Failed tests run again, round {one['round']}: {one['tests']}"))


def _counts(console: Console, document: Document) -> None:
    counts, refstack = document["counts"], document["refstack"]
    table = Table.grid(padding=(0, 2))
    for name, key in (("counted tests", "counted"), ("with flagged ones", "with_flagged")):
        item = counts[key]
        table.add_row(
            name,
            f"{item['passed']} of {item['total']} passed"
            + (f", {item['allowed']} allowed skips" if item["allowed"] else ""),
            f"{item['failed']} failed",
            f"{item['incomplete']} without a pass",
        )
    item = counts["capabilities"]
    table.add_row(
        "capabilities",
        f"{item['passed']} of {item['total']} proved",
        f"{item['failed']} failed",
        f"{item['incomplete']} without a pass",
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
    needing = needing_accounts(document)
    if needing:
        table.add_row("more accounts", f"are needed for {needing}")
    for words, found in predictions(document).items():
        table.add_row(
            f"foreseen {words}",
            f"{found['came_true']} of {found['foreseen']} came true",
            f"{len(found['not_foreseen'])} not foreseen",
        )
    console.print(Padding(table, (1, 0, 0, 2)))
    unprovable = describe_unprovable(item)
    if unprovable:
        indented(console, f"Required capabilities beside these: {unprovable}.")
    pairs = refstack_counts_otherwise(document)
    if pairs:
        indented(console, pairs)


def _heading(console: Console, title: str) -> None:
    console.print()
    console.print(Text(title, style="bold"))


def _problems(console: Console, document: Document, *, verbose: bool) -> None:
    """Show why the results are not whole, and what to do about it."""
    problems, more = cut(document["problems"], MAX_PROBLEMS, verbose=verbose)
    for problem in problems:
        words = f": {clean_line(problem)}"
        indented(console, Text.assemble(("results not whole", STYLES["incomplete"]), words))
    if more:
        indented(console, f"and {more} more problem{'s' * (more > 1)}", 6)
    if problems:
        indented(console, f"→ {clean_line(document['problems_advice'])}", 6)


def _causes(console: Console, causes: list[Document], *, verbose: bool) -> None:
    listed, more_causes = cut(causes, MAX_GROUPS, verbose=verbose)
    for cause in listed:
        found = (outcomes(cause), STYLES[cause["judgement"]])
        indented(console, Text.assemble(found, f": {clean_line(said(cause), 200)}"))
        if cause["request"] or cause["call"]:
            indented(console, f"at {clean_line(cause['request'] or cause['call'])}", 6)
        if cause["advice"]:
            indented(console, f"→ {clean_line(cause['advice'])}", 6)
        if cause["request_ids"]:
            ids, _ = cut(cause["request_ids"], MAX_IDS, verbose=verbose)
            shown = ", ".join(clean_line(one, 60) for one in ids)
            indented(console, f"look in the services' logs for {shown}", 6)
        tests, more = cut(cause["tests"], MAX_NAMED, verbose=verbose)
        for test in tests:
            where = clean_line(", ".join(test["capabilities"]))
            indented(console, f"{where}  {short(test['name'])}", 6)
        if more:
            indented(console, f"and {more} more", 6)
    if more_causes:
        indented(console, f"and {more_causes} more causes")


def _flaky(console: Console, document: Document, *, verbose: bool) -> None:
    """Show tests that passed and failed in the same results."""
    flaky, more = cut(document["flaky"], MAX_GROUPS, verbose=verbose)
    if not flaky:
        return
    _heading(console, "Flaky")
    for test in flaky:
        times = f"passed {test['passed']} of {test['results']}"
        indented(console, f"{short(test['name'])}: {times}; {test['counts']} counts")
    if more:
        indented(console, f"and {more} more")


def _disagreeing(console: Console, document: Document, *, verbose: bool) -> None:
    """Show tests that were run more than once with different results."""
    tests = {test["name"]: test for _, test in disagreeing(document)}
    if not tests:
        return
    _heading(console, "Run more than once, with different results")
    shown, more = cut(list(tests.items()), MAX_GROUPS, verbose=verbose)
    for name, test in shown:
        results = ", ".join(attempt["outcome"] for attempt in test["attempts"][:MAX_TESTS])
        indented(console, f"{short(name)}: {results}; {test['outcome']} counts")
    if more:
        indented(console, f"and {more} more")


def _local_flags(console: Console, document: Document) -> None:
    overlay = document["overlay"]
    if overlay is None:
        return
    _heading(console, f"Local flags of {clean_line(overlay['source'])} on {overlay['day']}")
    for flag in overlay["flags"]:
        state = flag["state"] if flag["capabilities"] else "meets no test of this target"
        indented(
            console,
            f"{short(flag['test'])}: {state}, {flag['date']} to {flag['expires']}, "
            f"{clean_line(flag['approver'], 60)}: {clean_line(flag['reason'], 120)}",
        )
    if not overlay["flags"]:
        indented(console, "None of them is for this guideline.")
