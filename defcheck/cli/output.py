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
"""Keys whose values are never replaced: published facts, checksums and times."""


def parse_redaction_kinds(
    ctx: click.Context | None, param: click.Parameter | None, value: str
) -> tuple[str, ...]:
    """Split the kinds of `--redact`; raise `InputError` for an unrecognised one."""
    from defcheck.redaction.pseudonyms import KINDS

    kinds = tuple(dict.fromkeys(word.strip() for word in value.split(",") if word.strip()))
    for kind in kinds:
        if kind not in KINDS:
            raise InputError(f"--redact has no kind {kind}.", f"Available: {', '.join(KINDS)}.")
    return kinds


redact_option = click.option(
    "--redact",
    "kinds",
    default="",
    metavar="KINDS",
    callback=parse_redaction_kinds,
    help="Replace addresses (IP addresses and hosts), names (of projects, users, domains, "
    "clouds and their hosts), or both (separated by a comma) with consistent placeholders. "
    "Secrets are never shown.",
)


def redact_output(document: dict[str, Any], kinds: Collection[str] = ()) -> dict[str, Any]:
    """Return a document without the secrets that this process knows.

    `kinds` are replaced with placeholders; the verdict stays.
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
    """Return the names of clouds at any depth of a document."""
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
    help="The run directory to create; it must not exist.  [default: defcheck-runs/<time>-…]",
)

Outputs = list[tuple[str, Path | None]]
"""Names of formats, each with its file, or None for standard output."""

REFSTACK_FORMAT = "refstack"
"""The one format built from the results instead of the verdict: the passed tests, for RefStack."""

TEXT_TO_STDOUT: Outputs = [("text", None)]


def formats_option(
    other_formats: str = "json, html, markdown, rst, junit, csv or refstack",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the option `formats`: text or `other_formats`, each with an optional file."""
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
    help_text: str = "Output format.",
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
    """Split `FORMAT[:PATH]` values; raise `InputError` early for what cannot be written later.

    `known` are the names of formats, by default those of a verdict and its results.
    `planned_folder` is a folder that will exist when the files are written.
    """
    from defcheck.report.formats.registry import VERDICT_FORMATS

    known = known or (*VERDICT_FORMATS, REFSTACK_FORMAT)
    outputs: Outputs = []
    for value in values or ("text",):
        name, _, path = value.partition(":")
        if name not in known:
            raise InputError(
                f"Unrecognised format {name}.",
                f"Available: {', '.join(known)}. Example: -f html:report.html.",
            )
        if path and path_exists(Path(path)):
            raise InputError(f"{path} exists already.", "Name another file, or move that one away.")
        if path and any(Path(path) == other for _, other in outputs):
            raise InputError(f"{path} is given twice.", "Give each format a file of its own.")
        folder = Path(path).parent
        if path and folder != planned_folder and not folder.is_dir():
            raise InputError(
                f"{path} cannot be written: there is no folder {folder}.",
                "Create the folder, or choose an existing one.",
            )
        outputs.append((name, Path(path) if path else None))
    return outputs


def build_wanted_payload(
    outputs: Outputs, loaded: "ScorableResults", document: dict[str, Any]
) -> bytes:
    """Return the content of the format `refstack`; empty if no output has that format.

    `document` is the verdict on the results. Raises `InputError` if RefStack
    could not store them.
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

    `refstack_payload` is the content of the format `refstack`; `kinds` are replaced
    with placeholders. `run_path` is the run directory of a verdict: a terminal shows
    it in commands, unless placeholders are used.
    """
    from defcheck.report.formats import registry

    document = redact_output(document, kinds)
    asked = get_verbosity()
    for name, path in outputs:
        if name == REFSTACK_FORMAT:
            # A file has exactly the bytes that an upload sends and signs.
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
