"""An explanation for a terminal."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import groupby

from rich.console import Console
from rich.text import Text

from defcheck.report.clean import clean, clean_line
from defcheck.report.document import Document
from defcheck.report.terminal import STYLES, indented, page, printed

MATCHES = {
    "name": "found under its own name",
    "alias": "found under an alias, {found}",
    "id": "found by its idempotent id, as {found}: this Tempest has it under none of its names",
    "none": "not found",
}

MAX_PROBLEMS = 3


def render(document: Document, *, width: int = 100, color: bool = False) -> str:
    """Return the explanation as lines."""
    console = page(width, color)
    for problem in (document["run"] or {"problems": []})["problems"][:MAX_PROBLEMS]:
        where = clean_line(document["run"]["source"])
        words = f"The results in {where} are not whole: {clean_line(problem)}"
        console.print(Text(words, style="yellow"))
    for number, capability in enumerate(document["capabilities"]):
        if number:
            console.print()
        _capability(console, document, capability)
    return printed(console)


def _capability(console: Console, document: Document, capability: Document) -> None:
    guideline = clean_line(document["guideline"]["id"])
    console.print(Text(f"Capability {clean_line(capability['name'])}", style="bold"))
    if capability["description"]:
        indented(console, clean_line(capability["description"], 300))
    admin = ", needs an administrator" if capability["admin"] else ""
    indented(console, f"project {clean_line(capability['project']) or 'unknown'}{admin}")
    indented(console, f"in {guideline}: {_standings(capability['standings'])}")
    if capability["achievements"]:
        indented(console, f"chosen for: {clean_line(', '.join(capability['achievements']))}")
    if capability["whole"]:
        _editions(console, capability["history"], _listing)
    for test in capability["tests"]:
        console.print()
        _test(console, document, capability, test)


def _standings(standings: list[Document]) -> str:
    if not standings:
        return "listed for no target, so that nothing is demanded"
    found: dict[str, list[str]] = {}
    for one in standings:
        found.setdefault(str(one["status"]), []).append(clean_line(one["target"]))
    return "; ".join(f"{status} for {', '.join(targets)}" for status, targets in found.items())


def _editions(
    console: Console, history: Iterable[Document], say: Callable[[Document], str]
) -> None:
    """Print what editions say, in one line where several on end say the same."""
    indented(console, "through the editions:")
    for words, same in groupby(history, say):
        names = [clean_line(item["guideline"]) for item in same]
        span = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
        indented(console, f"{span}: {words}", 4)


def _listing(item: Document) -> str:
    flagged = f", {item['flagged']} flagged" if item["flagged"] else ""
    return f"{_standings(item['standings'])}, {item['tests']} tests{flagged}"


def _test(console: Console, document: Document, capability: Document, test: Document) -> None:
    console.print(Text(f"Test {clean_line(test['name'])}", style="bold"), soft_wrap=True)
    indented(console, f"idempotent id: {clean_line(test['idempotent_id']) or 'none'}")
    for alias in test["aliases"]:
        indented(console, f"also as {clean_line(alias)}")
    _flags(console, document, capability, test)
    if test["history"] and capability is document["capabilities"][0]:
        _editions(console, test["history"], partial(_entry, test))
    if document["run"]:
        _result(console, document["run"], test)


def _entry(test: Document, item: Document) -> str:
    flag = item["flag"]
    words = [f"in {clean_line(item['capability'])}", _standings(item["standings"])]
    if flag:
        words.append(f"flagged{' on ' + clean_line(flag['date']) if flag['date'] else ''}")
    if item["name"] != test["name"]:
        words.append(f"as {clean_line(item['name'])}")
    return ", ".join(words)


def _flags(console: Console, document: Document, capability: Document, test: Document) -> None:
    flag = test["flag"]
    required = any(one["status"] == "required" for one in capability["standings"])
    if flag:
        date = f" on {clean_line(flag['date'])}" if flag["date"] else ""
        code = f", {clean_line(flag['code'])}" if flag["code"] else ""
        indented(console, f"flagged by guideline {document['guideline']['id']}{date}{code}:")
        for text in (flag["reason"], flag["action"]):
            if text:
                indented(console, clean_line(text, 400), 4)
    for local in test["local_flags"]:
        approver, reason = clean_line(local["approver"], 80), clean_line(local["reason"], 400)
        indented(
            console,
            f"flagged locally by {approver}, {local['date']} to {local['expires']} "
            f"({local['state']}): {reason}",
        )
    active = any(local["state"] == "active" for local in test["local_flags"])
    if not flag and not active:
        indented(console, "not flagged" + (": it counts" if required else ""))


def _result(console: Console, run: Document, test: Document) -> None:
    result = test["result"]
    where = f"in {clean_line(run['source'])}, for target {clean_line(run['target'])}"
    if result is None:
        indented(console, f"{where}: the target has no such capability")
        return
    judgement = result["judgement"]
    counted = "" if result["counted"] else ", which does not count"
    indented(
        console,
        Text.assemble(f"{where}: ", (result["outcome"], STYLES[judgement]), counted),
    )
    found = clean_line(", ".join(result["found"]), 400)
    indented(console, MATCHES[result["match"]].format(found=found), 4)
    if result["match"] == "none" and not run["tempest_known"]:
        indented(console, "these results do not say what else the Tempest has", 4)
    for event in result["events"]:
        if event.startswith(("setUp", "tearDown")):
            indented(console, f"{clean_line(event)} speaks for it", 4)
    if result["reason"]:
        indented(console, clean_line(result["reason"], 600), 4)
    for attempt in result["attempts"]:
        when = f" at {attempt['started']}" if attempt["started"] else ""
        reason = f": {clean_line(attempt['reason'], 200)}" if attempt["reason"] else ""
        indented(console, f"a result{when}: {attempt['outcome']}{reason}", 4)
    for line in clean(result["details"]).splitlines()[-12:]:
        indented(console, line, 6)
