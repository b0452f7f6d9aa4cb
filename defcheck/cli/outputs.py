"""Options and steps that commands with a verdict share."""

import sys
from collections.abc import Collection
from pathlib import Path

import click

from defcheck.cli import terminal
from defcheck.cli.verbosity import current, note
from defcheck.errors import ExitCode, InputError
from defcheck.files import exists, write_new

output_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The run directory, which must not exist.  [default: defcheck-runs/<time>-…]",
)

EXIT_CODES = {
    "pass": ExitCode.OK,
    "fail": ExitCode.FAIL,
    "incomplete": ExitCode.INCOMPLETE,
}


Outputs = list[tuple[str, Path | None]]
"""Names of formats, each with its file or None for standard output."""

PASSES = "refstack"
"""The one format that is made of the results and not of the verdict: what passed, for RefStack."""

TO_TERMINAL: Outputs = [("text", None)]

formats_option = click.option(
    "--format",
    "-f",
    "formats",
    multiple=True,
    metavar="FORMAT[:PATH]",
    help="text (default), json, html, markdown, rst, junit, csv or refstack, to standard output or "
    "a new file; may be repeated.",
)


def parse_kinds(
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
    callback=parse_kinds,
    help="addresses (IP addresses and hosts), names (of hosts, projects, users, domains, clouds) "
    "or both with a comma: give them others, the same for the same one. Secrets are never shown.",
)


def redacted(document: dict[str, object], kinds: Collection[str]) -> dict[str, object]:
    """Return a document with other names for what `kinds` names; its verdict stays."""
    from defcheck.redaction import documents
    from defcheck.redaction.pseudonyms import Pseudonyms, texts

    if not kinds:
        return document
    names = Pseudonyms(kinds, _clouds(document))
    for text in texts({key: document[key] for key in document if key not in KEPT}):
        names.learn(text)
    found: dict[str, object] = documents.redacted(document, names.text, KEPT)
    return found


KEPT = frozenset(
    {
        *("format", "defcheck", "verdict", "guideline", "target", "policy", "sha256", "cpid"),
        *("idempotent_id", "aliases", "found", "worker", "started", "finished", "tempest"),
        *("python", "description", "component", "flag", "origin"),
    }
)
"""Keys of what is left as it is: facts that are published, sums and times."""


def _clouds(document: object) -> list[str]:
    """Return the names of clouds in a document, however deep."""
    if isinstance(document, dict):
        own = document.get("cloud")
        named = own.get("name") if isinstance(own, dict) else own
        found = [named] if isinstance(named, str) else []
        return [*found, *(name for value in document.values() for name in _clouds(value))]
    if isinstance(document, list):
        return [name for value in document for name in _clouds(value)]
    return []


def parse_outputs(values: tuple[str, ...], known: Collection[str] | None = None) -> Outputs:
    """Split `FORMAT[:PATH]` values; refuse unknown formats and existing files early.

    `known` are the names of formats, by default those of a verdict and its results.
    """
    from defcheck.report.formats import VERDICT

    known = known or (*VERDICT, PASSES)
    outputs: Outputs = []
    for value in values or ("text",):
        name, _, path = value.partition(":")
        if name not in known:
            raise InputError(
                f"There is no format {name}.",
                f"Known are {', '.join(known)}; write for example -f html:report.html.",
            )
        if path and exists(Path(path)):
            raise InputError(f"{path} exists already.", "Name another file, or move that one away.")
        if path and any(Path(path) == other for _, other in outputs):
            raise InputError(f"{path} is named twice.", "Give each format a file of its own.")
        outputs.append((name, Path(path) if path else None))
    return outputs


def emit(
    outputs: Outputs,
    document: dict[str, object],
    passes: bytes = b"",
    kinds: Collection[str] = (),
) -> None:
    """Write the document in each wanted format, to its file or to standard output.

    `passes` is what stands for the format `refstack`; what `kinds` names gets
    other names.
    """
    from defcheck.report import formats

    document = redacted(document, kinds)
    asked = current()
    for name, path in outputs:
        if name == PASSES:
            # A file has the very bytes that an upload sends and signs.
            text = passes.decode() if path else f"{passes.decode()}\n"
        elif name == "text" and not path and asked.quiet and formats.line(document):
            text = f"{formats.line(document)}\n"
        elif name == "text" and not path:
            more = {"verbose": True} if asked.verbose else {}
            text = formats.render(name, document, **terminal.shape(sys.stdout), **more)
        else:
            text = formats.render(name, document)
        if path is None:
            click.echo(text, nl=False)
        else:
            write_new(path, text)
            note(f"Wrote {path}")
