"""What the samples say of themselves: runs.json for the next making, README.md for people."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from tests.samples.command import Command
from tests.samples.pages import PICTURES
from tests.samples.written import SAMPLES

WORDS = {
    "accepted": "storage of 2020.06 on the small lab, as its administrator",
    "today": "the same, with Swift's object server killed before the first test",
    "platform": "platform of 2020.06 on the full lab, as the users of its accounts.yaml",
    "scs": "SCS-0128 on the full lab, as the users of its accounts.yaml",
}

HEAD = """\
# Reports of real runs

Made by `tox -e samples`, from runs of a real Tempest against the product's own
labs. Written as they are, but for the folder in which the Python of a traceback
lies, which stands as `…`. They are in the repository only, not in the wheel.

"""

TAIL = """
`tox -e samples` starts a small lab of its own and makes the first two runs; the
others are made where the full lab runs, or with `tox -e samples -- --full`, and
else stay as they are. `DEFCHECK_SAMPLE_RUNS=FOLDER` takes those of the four run
directories that lie in FOLDER under these names. Pictures need a Chromium.
"""


def note(command: Command, into: Path, runs: Collection[str]) -> dict[str, Any]:
    """Return what is known of each run, those of which samples were kept included."""
    path = into / "runs.json"
    known = json.loads(path.read_bytes()) if path.exists() else {}
    for name in sorted(runs):
        document = json.loads(command("report", f"runs/{name}", "-f", "json"))
        facts = {key: document["run"][key] for key in ("defcheck", "tempest", "python", "finished")}
        known[name] = {"verdict": document["verdict"], **facts}
    path.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return {name: known[name] for name in WORDS if name in known}


def readme(known: dict[str, Any], into: Path) -> str:
    """Return README.md for the samples that lie in the folder."""
    rows = ["| run | what | verdict | Tempest, Python | ended |", "|---|---|---|---|---|"]
    for name, run in known.items():
        versions = f"{run['tempest']}, {run['python']}"
        rows.append(
            f"| `{name}` | {WORDS[name]} | {run['verdict']} | {versions} | {run['finished']} |"
        )
    rows += ["", "| file | command | exit code |", "|---|---|---|"]
    for sample in SAMPLES:
        if (into / sample.path).exists():
            rows.append(f"| [{sample.path}]({sample.path}) | `{sample.line}` | {sample.code} |")
    rows += ["", "| picture | of | size |", "|---|---|---|"]
    for one in PICTURES:
        if (into / one.name).exists():
            size = f"{one.width} by {one.height}{', dark' if one.dark else ''}"
            rows.append(f"| [{one.name}]({one.name}) | {one.page} | {size} |")
    return HEAD + "\n".join(rows) + "\n" + TAIL
