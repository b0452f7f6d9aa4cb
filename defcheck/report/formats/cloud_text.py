"""Preflight findings and cleanup results for a terminal."""

from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

from defcheck.report.formats.text import create_console, limit_items, print_indented, read_console
from defcheck.report.models.cloud import PreflightDocument
from defcheck.report.models.verdict_report import Document
from defcheck.report.verdict_summary import describe_test_count
from defcheck.util.text import clean_line

FINDING_STYLES = {"fine": "green", "harms tests": "bold red", "not seen": "bold yellow"}

STATE_LABELS = {"harms tests": "blocks tests"}
"""Labels of states whose published JSON value has an older wording."""

MAX_CLASSES = 3


def render_preflight_text(
    document: PreflightDocument, *, width: int = 100, color: bool = False, verbose: bool = False
) -> str:
    """Render the findings; `verbose` names every test."""
    console = create_console(width, color)
    tests, target = document["tests"], document["target"]
    cloud = clean_line(document["cloud"]["name"])
    console.print(
        Text.assemble(
            (cloud, "bold"),
            f" for {clean_line(target['title'])}, guideline {clean_line(document['guideline'])}: "
            f"{describe_test_count(tests['demanded'], tests['counted'])}, "
            f"Tempest {document['tempest']}",
        )
    )
    for topic, findings in groupby(document["findings"], key=lambda one: str(one["topic"])):
        console.print()
        console.print(Text(topic, style="bold"))
        _print_topic(console, list(findings), verbose=verbose)
    console.print()
    _print_conclusion(console, document)
    return read_console(console)


def summarize_preflight(document: PreflightDocument) -> str:
    """Summarize the blocking issues in one line."""
    target = clean_line(document["target"]["title"])
    return f"{clean_line(document['cloud']['name'])}  {target}: {_describe_outcome(document)}"


def _list_blocking_findings(document: PreflightDocument) -> list[PreflightDocument]:
    return [one for one in document["findings"] if one["stands_against_a_pass"]]


def _describe_outcome(document: PreflightDocument) -> str:
    """Return how many tests will not pass, and whether everything could be checked."""
    against = _list_blocking_findings(document)
    if not against:
        return "No blocking issues."
    lost = document["tests"]["will_not_pass"]
    if not lost["all"]:
        return "Some things that the tests depend on could not be checked"
    return f"{_describe_share(document, lost)} will not pass with this cloud as it is"


def _describe_share(document: PreflightDocument, numbers: dict[str, int]) -> str:
    """Return `N of M tests`, with the number of counted ones if it differs."""
    number, counted = numbers["all"], numbers["counted"]
    words = f"{number} of {document['tests']['demanded']} tests"
    return words if counted == number else f"{words}, {counted} of them counted,"


def _print_topic(console: Console, findings: list[PreflightDocument], *, verbose: bool) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_column(width=12)
    table.add_column(min_width=14, max_width=24)
    table.add_column(ratio=1)
    for finding in findings:
        words = Text(clean_line(finding["what"]))
        if finding["tests"]:
            count = describe_test_count(len(finding["tests"]), finding["counted"])
            words.append(f"\n{count}: ", style="bold")
            words.append(_name_tests(finding["tests"], verbose=verbose))
        if finding["advice"]:
            words.append(f"\n{clean_line(finding['advice'])}", style="italic")
        value = str(finding["state"])
        state = Text(STATE_LABELS.get(value, value), style=FINDING_STYLES[value])
        table.add_row(state, clean_line(finding["subject"]), words)
    console.print(table)


def _name_tests(tests: list[str], *, verbose: bool) -> str:
    """Return the tests grouped by class; long lists become counts."""
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
        shown.append(
            f"{short}.{clean_line(names[0])}" if len(names) == 1 else _count_in_class(short, names)
        )
    if len(classes) > MAX_CLASSES:
        rest = len(classes) - MAX_CLASSES
        shown.append(f"{rest} more class{'es' * (rest > 1)}")
    return ", ".join(shown)


def _count_in_class(owner: str, names: list[str]) -> str:
    return f"{owner} ({len(names)})"


def _print_conclusion(console: Console, document: PreflightDocument) -> None:
    """Print the conclusion and the next step."""
    style = "bold yellow" if _list_blocking_findings(document) else "bold green"
    console.print(Text(_describe_outcome(document), style=style))
    hopeless = document["tests"]["cannot_pass"]
    if hopeless["all"]:
        console.print(
            Text(
                f"`defcheck run` will not start: {_describe_share(document, hopeless)} cannot pass"
            )
        )
    more = " --regardless, or fix the cloud first" if hopeless["all"] else ""
    console.print(Text(f"Next: {clean_line(document['run'], 600)}{more}"))


LEFTOVER_STYLES = {"found": "yellow", "removed": "green", "remains": "bold red"}
MAX_UNPROVEN = 20


def render_cleanup_text(
    document: Document, *, width: int = 100, color: bool = False, verbose: bool = False
) -> str:
    """Render the leftovers of the run with their evidence, then what is unproven or unchecked."""
    console = create_console(width, color)
    ours = document["ours"]
    console.print(Text(_describe_cleanup(document), style="bold"))
    _print_leftovers(console, document)
    unproven, more = limit_items(document["unproven"], MAX_UNPROVEN, verbose=verbose)
    if unproven:
        console.print()
        console.print(Text("Not proved to belong to this run; never deleted", style="bold"))
        for one in unproven:
            words = f"{one['kind']} {clean_line(one['name'] or one['id'], 80)}"
            print_indented(console, f"{words} ({clean_line(one['id'], 80)}): {one['why']}")
        if more:
            print_indented(console, f"and {more} more")
    if document["unseen"]:
        console.print()
        console.print(Text("Could not be checked; there may be more leftovers", style="bold"))
        for sentence in document["unseen"]:
            print_indented(console, clean_line(sentence))
    if ours and not document["deleted"]:
        console.print()
        console.print("Pass --yes to delete exactly these resources.")
    return read_console(console)


def summarize_cleanup(document: Document) -> str:
    """Summarize in one line what was found or deleted, and what could not be checked."""
    unseen = len(document["unseen"])
    places = "one place" if unseen == 1 else f"{unseen} places"
    return _describe_cleanup(document) + (f"; {places} could not be checked" if unseen else "")


def _describe_cleanup(document: Document) -> str:
    ours = document["ours"]
    name = clean_line(document["cloud"]["name"] or document["cloud"]["auth_url"])
    if not ours:
        return f"No leftovers of this run in {name}"
    if not document["deleted"]:
        return f"{len(ours)} leftover{'s' * (len(ours) > 1)} in {name}"
    removed = sum(one["state"] == "removed" for one in ours)
    return f"{removed} of {len(ours)} leftovers deleted from {name}"


def _print_leftovers(console: Console, document: Document) -> None:
    """Print each resource with its full name for copying, then why it belongs to the run."""
    names = {one["id"]: one["name"] for one in document["ours"] if one["kind"] == "project"}
    for one in document["ours"]:
        name = clean_line(one["name"] or one["id"], 260)
        state = Text(f"{one['state']:8}", style=LEFTOVER_STYLES[one["state"]])
        print_indented(console, Text.assemble(state, f"{one['kind']}  {name}"))
        project = clean_line(names.get(one["project"], one["project"]), 80)
        where = f"in project {project}; " if project else ""
        print_indented(console, f"{where}{clean_line(one['why'], 160)}", 10)
        if one["reason"]:
            print_indented(console, f"because {clean_line(one['reason'], 200)}", 10)
