"""What a shell may complete: guidelines, targets, clouds, runs and Tempests.

Each is asked anew for every press of a key, so that nothing slow is imported.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from defcheck.errors import DefcheckError

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

ALIASES = ("storage",)
"""Names that targets have beside their own."""

RUNS = Path("defcheck-runs")
"""Where runs go unless they are told."""

FILE, FOLDER = CompletionItem("", type="file"), CompletionItem("", type="dir")


def _quiet(completer: Completer) -> Completer:
    """Return a completer that has nothing to say where it fails: a prompt is no place for it."""

    def complete(
        context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        try:
            return completer(context, parameter, incomplete)
        except (DefcheckError, OSError, ValueError):
            return []

    return complete


def _beginning(incomplete: str, words: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(word) for word in dict.fromkeys(words) if word.startswith(incomplete)]


@_quiet
def guidelines(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the ids of guidelines at hand, else the path of a file."""
    from defcheck.guideline import catalog, userfolder

    known = (*(entry.id for entry in catalog.bundled()), *userfolder.paths())
    return _beginning(incomplete, known) or [FILE]


@_quiet
def imported(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the ids of guidelines that the user imported."""
    from defcheck.guideline import userfolder

    return _beginning(incomplete, userfolder.paths())


@_quiet
def targets(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the targets of the guideline that is named, else those of all."""
    from defcheck.guideline import catalog

    named = {value for key, value in context.params.items() if key.startswith("guideline")}
    entries = catalog.entries()
    chosen = [entry for entry in entries if entry.id in named] or entries
    known = [target for entry in chosen for target in entry.targets]
    return _beginning(incomplete, (*known, *(ALIASES if "object" in known else ())))


@_quiet
def clouds(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the names in clouds.yaml, and those of the labs that are set up."""
    from defcheck.cloud import names
    from defcheck.lab import paths

    return _beginning(incomplete, names.names(paths.clouds_files()))


@_quiet
def runs(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete run directories, here and where runs go, newest first; else any folder."""
    return _run_directories(incomplete) or [FOLDER]


@_quiet
def results(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete run directories, else the path of any other results."""
    return _run_directories(incomplete) or [FILE]


def _run_directories(incomplete: str) -> list[CompletionItem]:
    there = [path for folder in (Path(), RUNS) if folder.is_dir() for path in folder.iterdir()]
    records = [path / "run.json" for path in there]
    found = [one for one in records if one.is_file()]
    found.sort(key=lambda one: one.stat().st_mtime, reverse=True)
    return _beginning(incomplete, (str(one.parent) for one in found))


@_quiet
def tempests(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the names of the Tempests at hand."""
    from defcheck.tempest.managed import environment

    return _beginning(incomplete, ("default", *(one.name for one, _ in environment.present())))
