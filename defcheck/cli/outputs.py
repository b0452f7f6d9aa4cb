"""Options and steps that commands with a verdict share."""

import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

import click

from defcheck.cli import terminal
from defcheck.cli.redaction import shown
from defcheck.cli.verbosity import current, note
from defcheck.errors import InputError
from defcheck.files import exists, write_new

output_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The run directory, which must not exist.  [default: defcheck-runs/<time>-…]",
)

Outputs = list[tuple[str, Path | None]]
"""Names of formats, each with its file or None for standard output."""

PASSES = "refstack"
"""The one format that is made of the results and not of the verdict: what passed, for RefStack."""

TO_TERMINAL: Outputs = [("text", None)]


def formats_option(
    others: str = "json, html, markdown, rst, junit, csv or refstack",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the option `formats`: text or `others`, each perhaps with a file."""
    return click.option(
        "--format",
        "-f",
        "formats",
        multiple=True,
        metavar="FORMAT[:PATH]",
        help=f"text (default), {others}, to standard output or a new file; may be repeated.",
    )


def form_option(
    forms: Sequence[str] = ("text", "json"), default: str = "text", shows: str = "How to show it."
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the option `form`: the one of `forms` in which it prints."""
    return click.option(
        "--format",
        "-f",
        "form",
        type=click.Choice(forms),
        default=default,
        show_default=True,
        help=shows,
    )


def parse_outputs(
    values: tuple[str, ...], known: Collection[str] | None = None, made: Path | None = None
) -> Outputs:
    """Split `FORMAT[:PATH]` values; refuse early what cannot be written later.

    `known` are the names of formats, by default those of a verdict and its results.
    `made` is a folder that will be there in time.
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
        folder = Path(path).parent
        if path and folder != made and not folder.is_dir():
            raise InputError(
                f"{path} cannot be written: there is no folder {folder}.",
                "Make the folder, or name a place that is there.",
            )
        outputs.append((name, Path(path) if path else None))
    return outputs


def emit(
    outputs: Outputs,
    document: dict[str, object],
    passes: bytes = b"",
    kinds: Collection[str] = (),
    run_path: str = "",
) -> None:
    """Write the document in each wanted format, to its file or to standard output.

    `passes` is what stands for the format `refstack`; what `kinds` names gets
    other names. `run_path` is the run directory that a verdict is on: a terminal
    shows it in commands, unless something gets another name.
    """
    from defcheck.report import formats

    document = shown(document, kinds)
    asked = current()
    for name, path in outputs:
        if name == PASSES:
            # A file has the very bytes that an upload sends and signs.
            text = passes.decode() if path else f"{passes.decode()}\n"
        elif name == "text" and not path and asked.quiet and formats.line(document):
            text = f"{formats.line(document)}\n"
        elif name == "text" and not path:
            more: dict[str, Any] = {"verbose": True} if asked.verbose else {}
            if run_path and not kinds:
                more["run_path"] = run_path
            text = formats.render(name, document, **terminal.shape(sys.stdout), **more)
        else:
            text = formats.render(name, document)
        if path is None:
            click.echo(text, nl=False)
        else:
            write_new(path, text)
            note(f"Wrote {path}")
