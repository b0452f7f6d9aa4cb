"""Output formats of commands: their options, redaction, and writing documents."""

import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from defcheck.cli import terminal
from defcheck.cli.terminal import get_verbosity, print_note, print_warning
from defcheck.errors import InputError
from defcheck.redaction.redactor import PROCESS_SECRETS
from defcheck.util.files import path_exists, write_new

if TYPE_CHECKING:
    from defcheck.workflows.verdicts import ScorableResults

UNREDACTED_KEYS = frozenset(
    {
        *("format", "defcheck", "verdict", "guideline", "target", "policy", "sha256", "cpid"),
        *("idempotent_id", "aliases", "found", "worker", "started", "finished", "tempest"),
        *("python", "description", "component", "flag", "origin"),
    }
)
"""Keys of what is left as it is: facts that are published, sums and times."""


def parse_redaction_kinds(
    ctx: click.Context | None, param: click.Parameter | None, value: str
) -> tuple[str, ...]:
    """Split the kinds of `--redact`; raise `InputError` for an unknown one."""
    from defcheck.redaction.pseudonyms import KINDS

    kinds = tuple(dict.fromkeys(word.strip() for word in value.split(",") if word.strip()))
    for kind in kinds:
        if kind not in KINDS:
            raise InputError(
                f"There is nothing called {kind} to redact.", f"Known are {', '.join(KINDS)}."
            )
    return kinds


redact_option = click.option(
    "--redact",
    "kinds",
    default="",
    metavar="KINDS",
    callback=parse_redaction_kinds,
    help="Put others in the place of addresses (IP addresses and hosts), of names (of hosts, "
    "projects, users, domains, clouds), or with a comma of both, the same for the same one. "
    "Secrets are never shown.",
)


def redact_output(document: dict[str, Any], kinds: Collection[str] = ()) -> dict[str, Any]:
    """Return a document without what this process knows to be secret.

    What `kinds` names has other names in it; its verdict stays.
    """
    from defcheck.redaction.redactor import redact_document

    if PROCESS_SECRETS.values:
        document = redact_document(document, PROCESS_SECRETS.redact_text, UNREDACTED_KEYS)
    if not kinds:
        return document
    from defcheck.redaction.pseudonyms import Pseudonyms, iter_texts

    names = Pseudonyms(kinds, _find_cloud_names(document))
    for text in iter_texts({key: document[key] for key in document if key not in UNREDACTED_KEYS}):
        names.learn_from(text)
    found: dict[str, Any] = redact_document(document, names.replace_in_text, UNREDACTED_KEYS)
    return found


def _find_cloud_names(document: object) -> list[str]:
    """Return the names of clouds in a document, however deep."""
    if isinstance(document, dict):
        own = document.get("cloud")
        named = own.get("name") if isinstance(own, dict) else own
        found = [named] if isinstance(named, str) else []
        return [*found, *(name for value in document.values() for name in _find_cloud_names(value))]
    if isinstance(document, list):
        return [name for value in document for name in _find_cloud_names(value)]
    return []


output_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The run directory, which must not exist.  [default: defcheck-runs/<time>-…]",
)

Outputs = list[tuple[str, Path | None]]
"""Names of formats, each with its file or None for standard output."""

REFSTACK_FORMAT = "refstack"
"""The one format that is made of the results and not of the verdict: what passed, for RefStack."""

TEXT_TO_STDOUT: Outputs = [("text", None)]


def formats_option(
    other_formats: str = "json, html, markdown, rst, junit, csv or refstack",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the option `formats`: text or `others`, each perhaps with a file."""
    return click.option(
        "--format",
        "-f",
        "formats",
        multiple=True,
        metavar="FORMAT[:PATH]",
        help=f"text (default), {other_formats}, to standard output or a new file; may be repeated.",
    )


def format_option(
    formats: Sequence[str] = ("text", "json"),
    default: str = "text",
    help_text: str = "How to show it.",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the option `form`: the one of `formats` in which it prints."""
    return click.option(
        "--format",
        "-f",
        "form",
        type=click.Choice(formats),
        default=default,
        show_default=True,
        help=help_text,
    )


def parse_outputs(
    values: tuple[str, ...],
    known: Collection[str] | None = None,
    planned_folder: Path | None = None,
) -> Outputs:
    """Split `FORMAT[:PATH]` values; refuse early what cannot be written later.

    `known` are the names of formats, by default those of a verdict and its results.
    `planned_folder` is a folder that will be there in time.
    """
    from defcheck.report.formats.registry import VERDICT_FORMATS

    known = known or (*VERDICT_FORMATS, REFSTACK_FORMAT)
    outputs: Outputs = []
    for value in values or ("text",):
        name, _, path = value.partition(":")
        if name not in known:
            raise InputError(
                f"There is no format {name}.",
                f"Known are {', '.join(known)}; write for example -f html:report.html.",
            )
        if path and path_exists(Path(path)):
            raise InputError(f"{path} exists already.", "Name another file, or move that one away.")
        if path and any(Path(path) == other for _, other in outputs):
            raise InputError(f"{path} is named twice.", "Give each format a file of its own.")
        folder = Path(path).parent
        if path and folder != planned_folder and not folder.is_dir():
            raise InputError(
                f"{path} cannot be written: there is no folder {folder}.",
                "Make the folder, or name a place that is there.",
            )
        outputs.append((name, Path(path) if path else None))
    return outputs


def build_wanted_payload(
    outputs: Outputs, loaded: "ScorableResults", document: dict[str, Any]
) -> bytes:
    """Return what to write as `refstack` of scored results; nothing where no output is that.

    `document` is their verdict. Raises `InputError` where RefStack could not take
    the results.
    """
    from defcheck.workflows.submission import build_verdict_payload

    if REFSTACK_FORMAT not in dict(outputs):
        return b""
    verbose = get_verbosity().verbose
    return build_verdict_payload(loaded, document, print_warning, verbose=verbose)


def write_outputs(
    outputs: Outputs,
    document: dict[str, object],
    refstack_payload: bytes = b"",
    kinds: Collection[str] = (),
    run_path: str = "",
) -> None:
    """Write the document in each wanted format, to its file or to standard output.

    `refstack_payload` is what stands for the format `refstack`; what `kinds` names gets
    other names. `run_path` is the run directory that a verdict is on: a terminal
    shows it in commands, unless something gets another name.
    """
    from defcheck.report.formats import registry

    document = redact_output(document, kinds)
    asked = get_verbosity()
    for name, path in outputs:
        if name == REFSTACK_FORMAT:
            # A file has the very bytes that an upload sends and signs.
            text = refstack_payload.decode() if path else f"{refstack_payload.decode()}\n"
        elif name == "text" and not path and asked.quiet and registry.summarize_document(document):
            text = f"{registry.summarize_document(document)}\n"
        elif name == "text" and not path:
            more: dict[str, Any] = {"verbose": True} if asked.verbose else {}
            if run_path and not kinds:
                more["run_path"] = run_path
            text = registry.render_document(
                name, document, **terminal.describe_terminal(sys.stdout), **more
            )
        else:
            text = registry.render_document(name, document)
        if path is None:
            click.echo(text, nl=False)
        else:
            write_new(path, text)
            print_note(f"Wrote {path}")
