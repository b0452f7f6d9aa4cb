"""Shell completion: the command that prints the script, and the values to complete.

The shell runs defcheck at every press of the completion key, so nothing slow is
imported here.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem, get_completion_class

from defcheck.errors import DefcheckError

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

TARGET_ALIASES = ("storage",)
"""Other names for targets."""

RUNS_FOLDER = Path("defcheck-runs")
"""Where runs go without --output."""

FILE, FOLDER = CompletionItem("", type="file"), CompletionItem("", type="dir")


def _ignore_errors(completer: Completer) -> Completer:
    """Return a completer that offers nothing if it fails: a prompt must not show errors."""

    def complete_quietly(
        context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        try:
            return completer(context, parameter, incomplete)
        except (DefcheckError, OSError, ValueError):
            return []

    return complete_quietly


def _match_prefix(incomplete: str, words: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(word) for word in dict.fromkeys(words) if word.startswith(incomplete)]


@_ignore_errors
def complete_guidelines(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the ids of available guidelines, else the path of a file."""
    from defcheck.guideline import catalog

    known = (*(entry.id for entry in catalog.list_bundled()), *catalog.list_user_files())
    return _match_prefix(incomplete, known) or [FILE]


@_ignore_errors
def complete_imported_guidelines(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the ids of guidelines that the user imported."""
    from defcheck.guideline import catalog

    return _match_prefix(incomplete, catalog.list_user_files())


@_ignore_errors
def complete_targets(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the targets of the given guideline, else those of all guidelines."""
    from defcheck.guideline import catalog

    named = {value for key, value in context.params.items() if key.startswith("guideline")}
    entries = catalog.list_entries()
    chosen = [entry for entry in entries if entry.id in named] or entries
    known = [target for entry in chosen for target in entry.targets]
    return _match_prefix(incomplete, (*known, *(TARGET_ALIASES if "object" in known else ())))


@_ignore_errors
def complete_clouds(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the names in clouds.yaml and those of existing labs."""
    from defcheck.cloud import clouds_files
    from defcheck.lab import paths

    return _match_prefix(incomplete, clouds_files.list_cloud_names(paths.list_clouds_files()))


@_ignore_errors
def complete_runs(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete run directories here and in the default folder, newest first; else any folder."""
    return _match_run_directories(incomplete) or [FOLDER]


@_ignore_errors
def complete_results(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete run directories, else the path of any other results."""
    return _match_run_directories(incomplete) or [FILE]


def _match_run_directories(incomplete: str) -> list[CompletionItem]:
    there = [
        path for folder in (Path(), RUNS_FOLDER) if folder.is_dir() for path in folder.iterdir()
    ]
    records = [path / "run.json" for path in there]
    found = [one for one in records if one.is_file()]
    found.sort(key=lambda one: one.stat().st_mtime, reverse=True)
    return _match_prefix(incomplete, (str(one.parent) for one in found))


@_ignore_errors
def complete_tempests(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the names of the installed Tempests."""
    from defcheck.tempest.managed import environments

    return _match_prefix(
        incomplete, ("default", *(one.name for one, _ in environments.list_environments()))
    )


SHELLS = ("bash", "zsh", "fish")


@click.command("completion", short_help="Print the completion script for bash, zsh or fish.")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion_command(context: click.Context, shell: str) -> None:
    """Print the script that completes defcheck's command line in SHELL.

    It completes commands, options, guidelines, targets, the clouds of clouds.yaml,
    run directories and Tempests. bash must be 4.4 or newer.

    \b
    bash and zsh, in ~/.bashrc or ~/.zshrc (below compinit):
      eval "$(defcheck completion bash)"
      eval "$(defcheck completion zsh)"

    \b
    fish, once:
      defcheck completion fish > ~/.config/fish/completions/defcheck.fish

    \b
    Example:
      defcheck completion bash
    """
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"click does not support {shell}.", context)
    script = found(context.find_root().command, {}, "defcheck", "_DEFCHECK_COMPLETE")
    click.echo(script.source())
