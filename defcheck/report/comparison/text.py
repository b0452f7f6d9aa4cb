"""The comparison for a terminal: verdicts, where they differ, what changed."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from defcheck.report.clean import clean_line
from defcheck.report.comparison.reading import apart, changes, has_answers, lead, not_whole
from defcheck.report.document import Document
from defcheck.report.terminal import STYLES, cut, indented, page, printed, short

MAX_TESTS = 8
MAX_COLUMNS = 6
MAX_CAPABILITIES = 30
SIGNS = {"pass": "✓", "fail": "✗", "incomplete": "○", "flagged": "⚑", "untested": "∅"}


def render(
    document: Document, *, width: int = 100, color: bool = False, verbose: bool = False
) -> str:
    """Return the comparison; every test that differs is in the other formats."""
    console = page(width, color)
    title = f"{clean_line(document['target']['title'])}, guideline {document['guideline']['id']}"
    console.print(Text(title, style="bold"))
    for told in not_whole(document):
        console.print(Text(clean_line(told, 400), style="yellow"))
    console.print(Text(clean_line(lead(document), 600)))
    console.print()
    _verdicts(console, document)
    _apart(console, document, verbose=verbose)
    for heading, tests in changes(document):
        console.print()
        console.print(Text(f"{heading}: {len(tests)}", style="bold"))
        _by_reason(console, tests, verbose=verbose)
    console.print()
    console.print(
        Text(
            f"{document['same']} different tests alike, "
            f"{len(document['tests'])} with differing results"
        )
    )
    return printed(console)


def line(document: Document) -> str:
    """Return the comparison in one line; results that are not whole come first."""
    return clean_line(" ".join([*not_whole(document), lead(document)]), 900)


def _verdicts(console: Console, document: Document) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    answers = ("REFSTACK",) if has_answers(document) else ()
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


def _apart(console: Console, document: Document, *, verbose: bool) -> None:
    rows = apart(document)
    console.print()
    if not rows:
        console.print(Text("Every capability has the same judgement in all of them."))
        return
    console.print(Text(f"Capabilities with differing judgements: {len(rows)}", style="bold"))
    shown = range(min(len(document["columns"]), MAX_COLUMNS))
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    table.add_column("CAPABILITY")
    table.add_column("STATUS")
    for number in shown:
        table.add_column(str(number + 1))
    listed, more = cut(rows, MAX_CAPABILITIES, verbose=verbose)
    for item in listed:
        words = [item["judgements"][number] for number in shown]
        cells = [Text(f"{SIGNS[word]} {word}", style=STYLES.get(word, "")) for word in words]
        table.add_row(Text(clean_line(item["name"], 60)), item["status"], *cells)
    console.print(table)
    if more:
        indented(console, f"and {more} more")
    if len(document["columns"]) > MAX_COLUMNS:
        indented(console, f"The first {MAX_COLUMNS} runs are shown; -f html shows all.")


def _by_reason(console: Console, tests: list[Document], *, verbose: bool) -> None:
    """Show the tests, those with the same reason together."""
    reasons: dict[str, list[Document]] = {}
    for test in tests:
        reason = test["results"][1]["reason"] if test["results"] else ""
        reasons.setdefault(clean_line(reason, 160), []).append(test)
    shown, more_reasons = cut(list(reasons.items()), MAX_TESTS, verbose=verbose)
    for reason, alike in shown:
        if reason:
            indented(console, f"{len(alike)}: {reason}")
        named, more = cut(alike, MAX_TESTS, verbose=verbose)
        for test in named:
            counted = "" if test["counted"] else ", not counted"
            indented(console, short(test["name"]) + counted, 4 if reason else 2)
        if more:
            indented(console, f"and {more} more", 4 if reason else 2)
    if more_reasons:
        indented(console, f"and {more_reasons} more reasons")
