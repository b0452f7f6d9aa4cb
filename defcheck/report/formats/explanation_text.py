"""An explanation for a terminal."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import groupby

from rich.console import Console
from rich.text import Text

from defcheck.report.formats.text import STYLES, create_console, print_indented, read_console
from defcheck.report.models.verdict_report import Document
from defcheck.util.text import clean_line, clean_text

MATCHES = {
    "name": "found under its name",
    "alias": "found under an alias, {found}",
    "id": "found by its idempotent id, as {found}: this Tempest has none of its names",
    "none": "not found",
}

MAX_PROBLEMS = 3


def render_explanation_text(document: Document, *, width: int = 100, color: bool = False) -> str:
    """Return the explanation as lines."""
    console = create_console(width, color)
    for problem in (document["run"] or {"problems": []})["problems"][:MAX_PROBLEMS]:
        where = clean_line(document["run"]["source"])
        words = f"The results in {where} are incomplete: {clean_line(problem)}"
        console.print(Text(words, style="yellow"))
    for number, capability in enumerate(document["capabilities"]):
        if number:
            console.print()
        _print_capability(console, document, capability)
    return read_console(console)


def _print_capability(console: Console, document: Document, capability: Document) -> None:
    guideline = clean_line(document["guideline"]["id"])
    console.print(Text(f"Capability {clean_line(capability['name'])}", style="bold"))
    if capability["description"]:
        print_indented(console, clean_line(capability["description"], 300))
    admin = ", needs an administrator" if capability["admin"] else ""
    print_indented(console, f"project {clean_line(capability['project']) or 'unknown'}{admin}")
    print_indented(console, f"in {guideline}: {_describe_standings(capability['standings'])}")
    if capability["achievements"]:
        print_indented(console, f"chosen for: {clean_line(', '.join(capability['achievements']))}")
    if capability["whole"]:
        _print_editions(console, capability["history"], _describe_listing)
    for test in capability["tests"]:
        console.print()
        _print_test(console, document, capability, test)


def _describe_standings(standings: list[Document]) -> str:
    if not standings:
        return "not listed for any target, so it requires nothing"
    found: dict[str, list[str]] = {}
    for one in standings:
        found.setdefault(str(one["status"]), []).append(clean_line(one["target"]))
    return "; ".join(f"{status} for {', '.join(targets)}" for status, targets in found.items())


def _print_editions(
    console: Console, history: Iterable[Document], describe: Callable[[Document], str]
) -> None:
    """Print the history; consecutive editions that say the same share a line."""
    print_indented(console, "history by edition:")
    for words, same in groupby(history, describe):
        names = [clean_line(item["guideline"]) for item in same]
        span = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
        print_indented(console, f"{span}: {words}", 4)


def _describe_listing(item: Document) -> str:
    flagged = f", {item['flagged']} flagged" if item["flagged"] else ""
    return f"{_describe_standings(item['standings'])}, {item['tests']} tests{flagged}"


def _print_test(console: Console, document: Document, capability: Document, test: Document) -> None:
    console.print(Text(f"Test {clean_line(test['name'])}", style="bold"), soft_wrap=True)
    print_indented(console, f"idempotent id: {clean_line(test['idempotent_id']) or 'none'}")
    for alias in test["aliases"]:
        print_indented(console, f"also as {clean_line(alias)}")
    _print_flags(console, document, capability, test)
    if test["history"] and capability is document["capabilities"][0]:
        _print_editions(console, test["history"], partial(_describe_entry, test))
    if document["run"]:
        _print_result(console, document["run"], test)


def _describe_entry(test: Document, item: Document) -> str:
    flag = item["flag"]
    words = [f"in {clean_line(item['capability'])}", _describe_standings(item["standings"])]
    if flag:
        words.append(f"flagged{' on ' + clean_line(flag['date']) if flag['date'] else ''}")
    if item["name"] != test["name"]:
        words.append(f"as {clean_line(item['name'])}")
    return ", ".join(words)


def _print_flags(
    console: Console, document: Document, capability: Document, test: Document
) -> None:
    flag = test["flag"]
    required = any(one["status"] == "required" for one in capability["standings"])
    if flag:
        date = f" on {clean_line(flag['date'])}" if flag["date"] else ""
        code = f", {clean_line(flag['code'])}" if flag["code"] else ""
        print_indented(console, f"flagged by guideline {document['guideline']['id']}{date}{code}:")
        for text in (flag["reason"], flag["action"]):
            if text:
                print_indented(console, clean_line(text, 400), 4)
    for local in test["local_flags"]:
        approver, reason = clean_line(local["approver"], 80), clean_line(local["reason"], 400)
        print_indented(
            console,
            f"flagged locally by {approver}, {local['date']} to {local['expires']} "
            f"({local['state']}): {reason}",
        )
    active = any(local["state"] == "active" for local in test["local_flags"])
    if not flag and not active:
        print_indented(console, "not flagged" + (", so it counts" if required else ""))


def _print_result(console: Console, run: Document, test: Document) -> None:
    result = test["result"]
    where = f"in {clean_line(run['source'])}, for target {clean_line(run['target'])}"
    if result is None:
        print_indented(console, f"{where}: the target does not have this capability")
        return
    judgement = result["judgement"]
    counted = "" if result["counted"] else ", which does not count"
    print_indented(
        console,
        Text.assemble(f"{where}: ", (result["outcome"], STYLES[judgement]), counted),
    )
    found = clean_line(", ".join(result["found"]), 400)
    print_indented(console, MATCHES[result["match"]].format(found=found), 4)
    if result["match"] == "none" and not run["tempest_known"]:
        print_indented(console, "these results do not list the other tests of this Tempest", 4)
    for event in result["events"]:
        if event.startswith(("setUp", "tearDown")):
            print_indented(console, f"decided by {clean_line(event)}", 4)
    if result["reason"]:
        print_indented(console, clean_line(result["reason"], 600), 4)
    for attempt in result["attempts"]:
        when = f" at {attempt['started']}" if attempt["started"] else ""
        reason = f": {clean_line(attempt['reason'], 200)}" if attempt["reason"] else ""
        print_indented(console, f"result{when}: {attempt['outcome']}{reason}", 4)
    for line in clean_text(result["details"]).splitlines()[-12:]:
        print_indented(console, line, 6)
