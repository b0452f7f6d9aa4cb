"""The gate for a terminal or a log: one line that says it, then the tests."""

from rich.console import Console
from rich.text import Text

from defcheck.report.clean import clean_line
from defcheck.report.document import Document
from defcheck.report.terminal import cut, indented, page, printed, short
from defcheck.scoring.gate import Acceptance

STYLES = {"open": "bold green", "closed": "bold red", "unclear": "bold yellow"}
MOST = 10
MAX_PROBLEMS = 3


def render(
    document: Document, *, width: int = 100, color: bool = False, verbose: bool = False
) -> str:
    """Return the line and the tests, all of them where `verbose`, as in the JSON document."""
    console = page(width, color)
    gate = document["gate"]
    told = Text.assemble((f"GATE {gate.upper()}", STYLES[gate]), f"  {document['why']}")
    console.print(told, soft_wrap=True)  # one line, however narrow: pipelines take the first
    accepted = [one for one in document["accepted"] if verbose or _is_own(one)]
    _facts(console, "Closing", document["closing"], verbose=verbose)
    _facts(console, "Not accepted", document["unaccepted"], verbose=verbose)
    _facts(console, "Accepted", accepted, verbose=verbose)
    if document["mended"]:
        console.print(Text(f"Mended since the baseline: {len(document['mended'])}"))
    for flag in document["stale"]:
        name = clean_line(flag["test"])
        words = f"The entry for {name} accepts nothing here: take it off the list, or mend it."
        console.print(Text(words, style="yellow"))
    for problem in cut(document["problems"], MAX_PROBLEMS, verbose=verbose)[0]:
        console.print(Text(f"Results: {clean_line(problem)}", style="yellow"))
    return printed(console)


def line(document: Document) -> str:
    """Return the gate in one line."""
    return f"GATE {document['gate'].upper()}  {document['why']}"


def _is_own(fact: Document) -> bool:
    """Return whether more than the baseline has to do with the acceptance of a test."""
    return bool(fact["known"]) or fact["accepted_by"] != Acceptance.BASELINE


def _facts(console: Console, title: str, facts: list[Document], *, verbose: bool) -> None:
    if not facts:
        return
    console.print(Text(f"{title}: {len(facts)}", style="bold"))
    shown, more = cut(facts, MOST, verbose=verbose)
    for fact in shown:
        before = f", was {fact['before']}" if fact["before"] else ""
        flaky = ", flaky" if fact["flaky"] else ""
        option = fact["accepted_by"] == Acceptance.OPTION
        by = ", accepted by --accept-incomplete" if option else ""
        indented(console, f"{short(fact['test'])}: {fact['outcome']}{flaky}{before}{by}")
        if fact["reason"]:
            indented(console, clean_line(fact["reason"], 160), 4)
        known = fact["known"]
        if known:
            told = f"known, {known['state']} {known['expires']}, {known['approver']}"
            indented(console, clean_line(f"{told}: {known['reason']}", 160), 4)
    if more:
        indented(console, f"and {more} more")
