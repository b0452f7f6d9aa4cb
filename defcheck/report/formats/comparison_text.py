"""Comparison, gate and guideline matrix for a terminal."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from defcheck.report.formats.text import (
    STYLES,
    create_console,
    limit_items,
    print_indented,
    read_console,
    shorten_test_name,
)
from defcheck.report.models.comparison import (
    describe_comparison,
    differs_from_refstack,
    group_into_tables,
    has_refstack_answers,
    list_damaged_results,
    list_differing_capabilities,
    list_titled_changes,
    merge_steps,
)
from defcheck.report.models.verdict_report import Document
from defcheck.scoring.gate import GateAcceptance
from defcheck.util.text import clean_line

MAX_REASONS = 6
MAX_TESTS = 2
MAX_PROBLEMS = 3


def render_matrix_text(
    document: Document, *, width: int = 100, color: bool = False, verbose: bool = False
) -> str:
    """Render the table and the outlook; the JSON format lists every test."""
    console = create_console(width, color)
    for problem in limit_items(document["problems"], MAX_PROBLEMS, verbose=verbose)[0]:
        console.print(Text(f"The results are incomplete: {clean_line(problem)}", style="yellow"))
    _print_tables(console, document)
    for row in document["verdicts"]:
        if row["error"]:
            console.print(Text(f"No verdict: {clean_line(row['error'], 160)}", style="dim"))
    for outlook in document["outlooks"]:
        _print_outlook(console, outlook, verbose=verbose)
    if document["changes"]:
        console.print(Text(f"Options: {', '.join(document['changes'])}"))
    return read_console(console)


def _print_tables(console: Console, document: Document) -> None:
    """Print a table for each set of targets."""
    width = max(len(row["guideline"]) for row in document["verdicts"])
    for targets, lines in group_into_tables(document).items():
        if targets != next(iter(group_into_tables(document))):
            console.print()
        table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
        table.add_column("GUIDELINE", min_width=width)
        table.add_column("STATUS", min_width=len("superseded"))
        for target in targets:
            table.add_column(clean_line(target), no_wrap=True)
        for rows in lines:
            name, status = clean_line(rows[0]["guideline"]), clean_line(rows[0]["status"])
            table.add_row(Text(name), Text(status), *map(_format_verdict, rows))
        console.print(table)


def _format_verdict(row: Document) -> Text:
    if row["verdict"] is None:
        return Text("no verdict", style="dim")
    counted = row["counted"]
    numbers = f"{counted['passed']}/{counted['total']}"
    if not row["ran"]:
        return Text(f"not run {numbers}", style="dim")
    overlay = row["without_overlay"] not in (None, row["verdict"])
    return Text.assemble(
        (row["verdict"].upper(), STYLES[row["verdict"]]),
        f" {numbers}",
        ", local flags" if overlay else "",
        f", {counted['failed']} failed" if counted["failed"] else "",
        f", RefStack {row['refstack']['answer']}" if differs_from_refstack(row) else "",
    )


def _print_outlook(console: Console, outlook: Document, *, verbose: bool) -> None:
    """Print the outlook of a target if the results cover at least half of its tests."""
    steps = [step for step in outlook["steps"] if 2 * step["ran"] >= step["counted"]]
    if not steps:
        return
    passed = f"passes {outlook['passed']}" if outlook["passed"] else "passes no edition yet"
    console.print()
    console.print(Text(f"Outlook for {clean_line(outlook['target'])}: {passed}", style="bold"))
    for guidelines, step in merge_steps(steps):
        names = ", ".join(map(clean_line, guidelines))
        for kind in ("required", "advisory"):
            gaps = step[kind]
            if gaps:
                print_indented(
                    console, f"{names}: {len(gaps)} {kind} {_describe_extent(gaps)} not passed"
                )
                _print_gaps(console, gaps, verbose=verbose)
        if not step["required"] and not step["advisory"]:
            print_indented(console, f"{names}: nothing is missing")


def _describe_extent(gaps: list[Document]) -> str:
    capabilities = len({one for gap in gaps for one in gap["capabilities"]})
    return (
        f"test{'s' * (len(gaps) > 1)} in {capabilities} "
        f"{'capabilities' if capabilities > 1 else 'capability'}"
    )


def _print_gaps(console: Console, gaps: list[Document], *, verbose: bool) -> None:
    grouped: dict[tuple[str, str, str], list[Document]] = {}
    for gap in gaps:
        key = (gap["judgement"], gap["outcome"], clean_line(gap["reason"], 100))
        grouped.setdefault(key, []).append(gap)
    shown, more_reasons = limit_items(_sort_by_size(grouped.items()), MAX_REASONS, verbose=verbose)
    for (judgement, outcome, reason), tests in shown:
        named, rest = limit_items(tests, MAX_TESTS, verbose=verbose)
        names = ", ".join(shorten_test_name(test["test"]) for test in named)
        more = f" and {rest} more" if rest else ""
        words = Text.assemble(
            (f"{len(tests)} {outcome}", STYLES[judgement]),
            f": {reason}" if reason else "",
        )
        print_indented(console, words, 4)
        print_indented(console, f"{names}{more}", 6)
    if more_reasons:
        print_indented(console, f"and {more_reasons} more reasons", 4)


def _sort_by_size(
    groups: Iterable[tuple[tuple[str, str, str], list[Document]]],
) -> list[tuple[tuple[str, str, str], list[Document]]]:
    """Return the reasons, those with the most tests first."""
    return sorted(groups, key=lambda group: -len(group[1]))


MAX_TESTS = 8
MAX_COLUMNS = 6
MAX_CAPABILITIES = 30
SIGNS = {"pass": "✓", "fail": "✗", "incomplete": "○", "flagged": "⚑", "untested": "∅"}


def render_comparison_text(
    document: Document, *, width: int = 100, color: bool = False, verbose: bool = False
) -> str:
    """Render the comparison; the other formats list every test that differs."""
    console = create_console(width, color)
    title = f"{clean_line(document['target']['title'])}, guideline {document['guideline']['id']}"
    console.print(Text(title, style="bold"))
    for told in list_damaged_results(document):
        console.print(Text(clean_line(told, 400), style="yellow"))
    console.print(Text(clean_line(describe_comparison(document), 600)))
    console.print()
    _print_verdicts(console, document)
    _print_differing_capabilities(console, document, verbose=verbose)
    for heading, tests in list_titled_changes(document):
        console.print()
        console.print(Text(f"{heading}: {len(tests)}", style="bold"))
        _print_by_reason(console, tests, verbose=verbose)
    console.print()
    console.print(
        Text(
            f"{document['same']} tests with the same result, "
            f"{len(document['tests'])} with different results"
        )
    )
    return read_console(console)


def summarize_comparison(document: Document) -> str:
    """Return the comparison in one line; results that are not whole come first."""
    return clean_line(
        " ".join([*list_damaged_results(document), describe_comparison(document)]), 900
    )


def _print_verdicts(console: Console, document: Document) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    answers = ("REFSTACK",) if has_refstack_answers(document) else ()
    for heading in ("", "RUN", "VERDICT", "COUNTED", "CAPABILITIES", *answers):
        table.add_column(heading)
    for number, column in enumerate(document["columns"], 1):
        counted, capabilities = column["counted"], column["capabilities"]
        table.add_row(
            Text(f"{number}"),
            Text(clean_line(column["label"], 60)),
            Text(column["verdict"].upper(), style=STYLES[column["verdict"]]),
            f"{counted['passed']}/{counted['total']}",
            f"{capabilities['passed']}/{capabilities['total']}",
            *(column["refstack"] or "none" for _ in answers),
        )
    console.print(table)


def _print_differing_capabilities(console: Console, document: Document, *, verbose: bool) -> None:
    rows = list_differing_capabilities(document)
    console.print()
    if not rows:
        console.print(Text("Every capability has the same judgement in all runs."))
        return
    console.print(Text(f"Capabilities with different judgements: {len(rows)}", style="bold"))
    shown = range(min(len(document["columns"]), MAX_COLUMNS))
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("CAPABILITY")
    table.add_column("STATUS")
    for number in shown:
        table.add_column(str(number + 1))
    listed, more = limit_items(rows, MAX_CAPABILITIES, verbose=verbose)
    for item in listed:
        words = [item["judgements"][number] for number in shown]
        cells = [Text(f"{SIGNS[word]} {word}", style=STYLES.get(word, "")) for word in words]
        table.add_row(Text(clean_line(item["name"], 60)), item["status"], *cells)
    console.print(table)
    if more:
        print_indented(console, f"and {more} more")
    if len(document["columns"]) > MAX_COLUMNS:
        print_indented(console, f"The first {MAX_COLUMNS} runs are shown; -f html shows all.")


def _print_by_reason(console: Console, tests: list[Document], *, verbose: bool) -> None:
    """Print the tests grouped by reason."""
    reasons: dict[str, list[Document]] = {}
    for test in tests:
        reason = test["results"][1]["reason"] if test["results"] else ""
        reasons.setdefault(clean_line(reason, 160), []).append(test)
    shown, more_reasons = limit_items(list(reasons.items()), MAX_TESTS, verbose=verbose)
    for reason, alike in shown:
        if reason:
            print_indented(console, f"{len(alike)}: {reason}")
        named, more = limit_items(alike, MAX_TESTS, verbose=verbose)
        for test in named:
            counted = "" if test["counted"] else ", not counted"
            print_indented(console, shorten_test_name(test["name"]) + counted, 4 if reason else 2)
        if more:
            print_indented(console, f"and {more} more", 4 if reason else 2)
    if more_reasons:
        print_indented(console, f"and {more_reasons} more reasons")


GATE_STYLES = {"open": "bold green", "closed": "bold red", "unclear": "bold yellow"}
MAX_FACTS = 10
MAX_PROBLEMS = 3


def render_gate_text(
    document: Document, *, width: int = 100, color: bool = False, verbose: bool = False
) -> str:
    """Render the gate line and the tests; `verbose` lists all of them, as the JSON format does."""
    console = create_console(width, color)
    gate = document["gate"]
    told = Text.assemble((f"GATE {gate.upper()}", GATE_STYLES[gate]), f"  {document['why']}")
    console.print(told, soft_wrap=True)  # Never wrapped: pipelines read the first line.
    accepted = [one for one in document["accepted"] if verbose or _is_notable(one)]
    _print_facts(console, "Closing", document["closing"], verbose=verbose)
    _print_facts(console, "Not accepted", document["unaccepted"], verbose=verbose)
    _print_facts(console, "Accepted", accepted, verbose=verbose)
    if document["mended"]:
        console.print(Text(f"Fixed since the baseline: {len(document['mended'])}"))
    for flag in document["stale"]:
        name = clean_line(flag["test"])
        words = f"The known failure {name} accepts nothing here: remove or correct it."
        console.print(Text(words, style="yellow"))
    for problem in limit_items(document["problems"], MAX_PROBLEMS, verbose=verbose)[0]:
        console.print(Text(f"Results: {clean_line(problem)}", style="yellow"))
    return read_console(console)


def summarize_gate(document: Document) -> str:
    """Return the gate in one line."""
    return f"GATE {document['gate'].upper()}  {document['why']}"


def _is_notable(fact: Document) -> bool:
    """Return whether anything besides the baseline accepts the test."""
    return bool(fact["known"]) or fact["accepted_by"] != GateAcceptance.BASELINE


def _print_facts(console: Console, title: str, facts: list[Document], *, verbose: bool) -> None:
    if not facts:
        return
    console.print(Text(f"{title}: {len(facts)}", style="bold"))
    shown, more = limit_items(facts, MAX_FACTS, verbose=verbose)
    for fact in shown:
        before = f", was {fact['before']}" if fact["before"] else ""
        flaky = ", flaky" if fact["flaky"] else ""
        option = fact["accepted_by"] == GateAcceptance.OPTION
        by = ", accepted by --accept-incomplete" if option else ""
        print_indented(
            console, f"{shorten_test_name(fact['test'])}: {fact['outcome']}{flaky}{before}{by}"
        )
        if fact["reason"]:
            print_indented(console, clean_line(fact["reason"], 160), 4)
        known = fact["known"]
        if known:
            told = f"known, {known['state']} {known['expires']}, {known['approver']}"
            print_indented(console, clean_line(f"{told}: {known['reason']}", 160), 4)
    if more:
        print_indented(console, f"and {more} more")
