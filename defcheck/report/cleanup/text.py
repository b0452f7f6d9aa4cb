"""What `defcheck cleanup` found and did, for a terminal."""

from rich.console import Console
from rich.text import Text

from defcheck.report.clean import clean_line
from defcheck.report.document import Document
from defcheck.report.terminal import cut, indented, page, printed

STATES = {"found": "yellow", "removed": "green", "remains": "bold red"}
MAX_UNPROVEN = 20


def render(
    document: Document, *, width: int = 100, color: bool = False, verbose: bool = False
) -> str:
    """Return what is the run's own and why, then what else has to be known."""
    console = page(width, color)
    ours = document["ours"]
    console.print(Text(_headline(document), style="bold"))
    _list(console, document)
    unproven, more = cut(document["unproven"], MAX_UNPROVEN, verbose=verbose)
    if unproven:
        console.print()
        console.print(Text("Could not be proved to be this run's, never deleted", style="bold"))
        for one in unproven:
            words = f"{one['kind']} {clean_line(one['name'] or one['id'], 80)}"
            indented(console, f"{words} ({clean_line(one['id'], 80)}): {one['why']}")
        if more:
            indented(console, f"and {more} more")
    if document["unseen"]:
        console.print()
        console.print(Text("Could not be seen, and may hold more", style="bold"))
        for sentence in document["unseen"]:
            indented(console, clean_line(sentence))
    if ours and not document["deleted"]:
        console.print()
        console.print("The same command with --yes deletes just these.")
    return printed(console)


def line(document: Document) -> str:
    """Return in one line what was found or removed, and whether that is all."""
    unseen = len(document["unseen"])
    places = "one place" if unseen == 1 else f"{unseen} places"
    return _headline(document) + (f"; {places} could not be seen" if unseen else "")


def _headline(document: Document) -> str:
    ours = document["ours"]
    name = clean_line(document["cloud"]["name"] or document["cloud"]["auth_url"])
    if not ours:
        return f"Nothing of the run's own was found in {name}"
    if not document["deleted"]:
        return f"{len(ours)} left behind in {name}"
    removed = sum(one["state"] == "removed" for one in ours)
    return f"{removed} of {len(ours)} removed from {name}"


def _list(console: Console, document: Document) -> None:
    """Print each thing with its whole name, to be found and copied, then why it is the run's."""
    names = {one["id"]: one["name"] for one in document["ours"] if one["kind"] == "project"}
    for one in document["ours"]:
        name = clean_line(one["name"] or one["id"], 260)
        state = Text(f"{one['state']:8}", style=STATES[one["state"]])
        indented(console, Text.assemble(state, f"{one['kind']}  {name}"))
        project = clean_line(names.get(one["project"], one["project"]), 80)
        where = f"in project {project}; " if project else ""
        indented(console, f"{where}{clean_line(one['why'], 160)}", 10)
        if one["reason"]:
            indented(console, f"because {clean_line(one['reason'], 200)}", 10)
