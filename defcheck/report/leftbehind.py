"""What the reports say of what a run left behind."""

import shlex
from collections import Counter

from defcheck.report.document import Document


def headline(document: Document, run_path: str = "") -> str:
    """Return what was left behind in a sentence, empty where nothing is to be said.

    `run_path` is the run directory as its user named it, for a terminal. What
    others may get does not hold it, and the command there says RUN.

    Nothing is said where the results come from elsewhere, or from a run of a
    defcheck that did not look.
    """
    run = document["run"]
    if not run:
        return ""
    command = f"`defcheck cleanup {shlex.quote(run_path) if run_path else 'RUN'}`"
    left = run.get("leftovers")  # a verdict of an older defcheck has none
    if left is None:
        return f"Left behind: nobody could look; {command} does." if run.get("prefix") else ""
    words = []
    if left["ours"]:
        kinds = Counter(one["kind"] for one in left["ours"])
        counted = ", ".join(
            f"{number} {kind}{'s' * (number > 1)}" for kind, number in kinds.items()
        )
        words.append(f"Left behind: {counted}; {command} shows and removes them.")
    if left["unseen"]:
        number = len(left["unseen"])
        places = "one place" if number == 1 else f"{number} places"
        words.append(f"What was left behind could not be seen in {places}; {command} looks again.")
    if left["unproven"]:
        number = len(left["unproven"])
        words.append(f"{number} more may be the run's, which nothing proves.")
    return " ".join(words)
