"""The matrix for a terminal: a table of verdicts, then what lies ahead."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from defcheck.report.clean import clean_line
from defcheck.report.document import Document
from defcheck.report.matrix.tables import differs, merged, tables
from defcheck.report.terminal import STYLES, cut, indented, page, printed, short

MAX_REASONS = 6
MAX_TESTS = 2
MAX_PROBLEMS = 3


def render(
    document: Document, *, width: int = 100, color: bool = False, verbose: bool = False
) -> str:
    """Return the table and the outlook; every test is in the JSON document."""
    console = page(width, color)
    for problem in cut(document["problems"], MAX_PROBLEMS, verbose=verbose)[0]:
        console.print(Text(f"The results are not whole: {clean_line(problem)}", style="yellow"))
    _tables(console, document)
    for row in document["verdicts"]:
        if row["error"]:
            console.print(Text(f"No verdict: {clean_line(row['error'], 160)}", style="dim"))
    for outlook in document["outlooks"]:
        _outlook(console, outlook, verbose=verbose)
    if document["changes"]:
        console.print(Text(f"Asked for: {', '.join(document['changes'])}"))
    return printed(console)


def _tables(console: Console, document: Document) -> None:
    """Print a table for each set of targets."""
    width = max(len(row["guideline"]) for row in document["verdicts"])
    for targets, lines in tables(document).items():
        if targets != next(iter(tables(document))):
            console.print()
        table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
        table.add_column("GUIDELINE", min_width=width)
        table.add_column("STATUS", min_width=len("superseded"))
        for target in targets:
            table.add_column(clean_line(target), no_wrap=True)
        for rows in lines:
            name, status = clean_line(rows[0]["guideline"]), clean_line(rows[0]["status"])
            table.add_row(Text(name), Text(status), *map(_verdict, rows))
        console.print(table)


def _verdict(row: Document) -> Text:
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
        f", RefStack {row['refstack']['answer']}" if differs(row) else "",
    )


def _outlook(console: Console, outlook: Document, *, verbose: bool) -> None:
    """Show what lies ahead for a target of which the results tell enough."""
    steps = [step for step in outlook["steps"] if 2 * step["ran"] >= step["counted"]]
    if not steps:
        return
    passed = f"passes {outlook['passed']}" if outlook["passed"] else "passes no edition"
    console.print()
    console.print(Text(f"Ahead for {clean_line(outlook['target'])}: {passed}", style="bold"))
    for guidelines, step in merged(steps):
        names = ", ".join(map(clean_line, guidelines))
        for kind in ("required", "advisory"):
            gaps = step[kind]
            if gaps:
                indented(console, f"{names}: {len(gaps)} {kind} {_of(gaps)} without a pass")
                _gaps(console, gaps, verbose=verbose)
        if not step["required"] and not step["advisory"]:
            indented(console, f"{names}: nothing is lacking")


def _of(gaps: list[Document]) -> str:
    capabilities = len({one for gap in gaps for one in gap["capabilities"]})
    return (
        f"test{'s' * (len(gaps) > 1)} in {capabilities} "
        f"{'capabilities' if capabilities > 1 else 'capability'}"
    )


def _gaps(console: Console, gaps: list[Document], *, verbose: bool) -> None:
    grouped: dict[tuple[str, str, str], list[Document]] = {}
    for gap in gaps:
        key = (gap["judgement"], gap["outcome"], clean_line(gap["reason"], 100))
        grouped.setdefault(key, []).append(gap)
    shown, more_reasons = cut(_most(grouped.items()), MAX_REASONS, verbose=verbose)
    for (judgement, outcome, reason), tests in shown:
        named, rest = cut(tests, MAX_TESTS, verbose=verbose)
        names = ", ".join(short(test["test"]) for test in named)
        more = f" and {rest} more" if rest else ""
        words = Text.assemble(
            (f"{len(tests)} {outcome}", STYLES[judgement]),
            f": {reason}" if reason else "",
        )
        indented(console, words, 4)
        indented(console, f"{names}{more}", 6)
    if more_reasons:
        indented(console, f"and {more_reasons} more reasons", 4)


def _most(
    groups: Iterable[tuple[tuple[str, str, str], list[Document]]],
) -> list[tuple[tuple[str, str, str], list[Document]]]:
    """Return the reasons that concern most tests."""
    return sorted(groups, key=lambda group: -len(group[1]))
