"""A preflight for a terminal: by topic, what was seen and what it means for the tests."""

from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from defcheck.report.clean import clean_line
from defcheck.report.grouping import tests_in_words
from defcheck.report.preflight.document import Document
from defcheck.report.terminal import page, printed

STYLES = {"fine": "green", "harms tests": "bold red", "not seen": "bold yellow"}
MAX_CLASSES = 3


def render(
    document: Document, *, width: int = 100, color: bool = False, verbose: bool = False
) -> str:
    """Return the findings; with `verbose` every test is named."""
    console = page(width, color)
    tests, target = document["tests"], document["target"]
    cloud = clean_line(document["cloud"]["name"])
    console.print(
        Text.assemble(
            (cloud, "bold"),
            f" for {clean_line(target['title'])}, guideline {clean_line(document['guideline'])}: "
            f"{tests_in_words(tests['demanded'], tests['counted'])}, Tempest {document['tempest']}",
        )
    )
    for topic, findings in groupby(document["findings"], key=lambda one: str(one["topic"])):
        console.print()
        console.print(Text(topic, style="bold"))
        _topic(console, list(findings), verbose=verbose)
    console.print()
    _end(console, document)
    return printed(console)


def line(document: Document) -> str:
    """Return in one line what stands against a pass."""
    target = clean_line(document["target"]["title"])
    return f"{clean_line(document['cloud']['name'])}  {target}: {_sum(document)}"


def _against(document: Document) -> list[Document]:
    return [one for one in document["findings"] if one["stands_against_a_pass"]]


def _sum(document: Document) -> str:
    """Return how many tests will not pass, and whether all could be seen."""
    against = _against(document)
    if not against:
        return "Nothing stands against a pass."
    lost = document["tests"]["will_not_pass"]
    if not lost["all"]:
        return "Not everything that the tests depend on could be seen"
    return f"{_of_all(document, lost)} will not pass as it is"


def _of_all(document: Document, numbers: dict[str, int]) -> str:
    """Return how many different tests of all, and how many of them count where some do not."""
    number, counted = numbers["all"], numbers["counted"]
    words = f"{number} of {document['tests']['demanded']} tests"
    return words if counted == number else f"{words}, {counted} of them counted,"


def _topic(console: Console, findings: list[Document], *, verbose: bool) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column(width=11)
    table.add_column(min_width=14, max_width=24)
    table.add_column(ratio=1)
    for finding in findings:
        words = Text(clean_line(finding["what"]))
        if finding["tests"]:
            count = tests_in_words(len(finding["tests"]), finding["counted"])
            words.append(f"\n{count}: ", style="bold")
            words.append(_named(finding["tests"], verbose=verbose))
        if finding["advice"]:
            words.append(f"\n{clean_line(finding['advice'])}", style="italic")
        state = Text(finding["state"], style=STYLES[finding["state"]])
        table.add_row(state, clean_line(finding["subject"]), words)
    console.print(table)


def _named(tests: list[str], *, verbose: bool) -> str:
    """Return the tests by class, long lists as counts."""
    classes = {
        owner: [name.rpartition(".")[2] for name in names]
        for owner, names in groupby(tests, key=lambda name: name.rpartition(".")[0])
    }
    if verbose:
        return "".join(
            f"\n  {clean_line(owner)}" + "".join(f"\n    {clean_line(name)}" for name in names)
            for owner, names in classes.items()
        )
    shown = []
    for owner, names in list(classes.items())[:MAX_CLASSES]:
        short = clean_line(owner.rpartition(".")[2])
        shown.append(f"{short}.{clean_line(names[0])}" if len(names) == 1 else _many(short, names))
    if len(classes) > MAX_CLASSES:
        rest = len(classes) - MAX_CLASSES
        shown.append(f"{rest} more class{'es' * (rest > 1)}")
    return ", ".join(shown)


def _many(owner: str, names: list[str]) -> str:
    return f"{owner} ({len(names)})"


def _end(console: Console, document: Document) -> None:
    """Say what it comes to and what to do next."""
    style = "bold yellow" if _against(document) else "bold green"
    console.print(Text(_sum(document), style=style))
    hopeless = document["tests"]["cannot_pass"]
    if hopeless["all"]:
        console.print(Text(f"A run is refused: {_of_all(document, hopeless)} cannot pass at all"))
    more = " --regardless, or fix it first" if hopeless["all"] else ""
    console.print(Text(f"Next: {clean_line(document['run'], 600)}{more}"))
