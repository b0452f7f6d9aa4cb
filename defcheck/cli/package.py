"""`defcheck package`: what a vendor hands in, as a folder with forms, checked, then as one file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from defcheck.cli.outputs import form_option
from defcheck.cli.redaction import redact_option
from defcheck.errors import ExitCode, InputError

if TYPE_CHECKING:
    from defcheck.report.document import Document
    from defcheck.submit.package.store import Found

EXIT_CODES = {
    "complete": ExitCode.OK,
    "open": ExitCode.INCOMPLETE,
    "wrong": ExitCode.FAIL,
}


@click.command("package", short_help="Prepare, check and seal what a vendor hands in.")
@click.argument("source", metavar="RUN|FOLDER|FILE", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The new folder; with --seal the new file.",
)
@click.option("--check", "wants_check", is_flag=True, help="Check a FOLDER or FILE; write nothing.")
@click.option("--seal", "wants_seal", is_flag=True, help="Check FOLDER and pack it into one file.")
@click.option(
    "--sign",
    "key_path",
    metavar="KEY",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Sign the bundle, with --seal the package, with this SSH key or an agent's public one.",
)
@click.option(
    "--allowed-signers",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="For --check: whose signatures count, a file as of ssh-keygen(1). Unsigned is then wrong.",
)
@form_option(shows="What --check prints; json follows reports/schemas/package-check-1.json.")
@redact_option
def command(
    source: Path,
    output: Path | None,
    wants_check: bool,
    wants_seal: bool,
    key_path: Path | None,
    allowed_signers: Path | None,
    form: str,
    kinds: tuple[str, ...],
) -> int:
    """Prepare what a vendor hands in of the run directory RUN, check it, seal it.

    A package is a folder: the evidence bundle, the report, labelled as unofficial
    and not reviewed, and forms to fill in: a description of the system, the
    designated sections in use, additional properties of API answers, and a flag
    request for each demanded test without a pass; for SCS-0128 the report that
    the SCS compliance monitor takes. The monitor shows it to everybody: make the
    package with --redact names. The verdict may be any, but one test has to have
    passed.

    --check names every field that is not filled in or wrong, and what contradicts
    the bundle. Exit code 0: complete, 3: something is open, 1: something is wrong
    or tampered with, 2: unreadable. Whether the verdict is a pass does not matter
    for it. --seal does the same first, and writes nothing unless all is complete.

    \b
    Example:
      defcheck package defcheck-runs/my-run -o submission
      defcheck package --check submission
      defcheck package --seal submission -o submission.tar --sign ~/.ssh/id_ed25519
      defcheck package --check submission.tar --allowed-signers allowed_signers
      defcheck package --check submission -f json | jq '.remarks[] | select(.kind == "open")'
    """
    if wants_check and wants_seal:
        raise InputError("--seal checks anyway.", "Leave --check out.")
    if kinds and (wants_check or wants_seal):
        raise InputError("--redact is for making a package.", "Leave it out.")
    if wants_check:
        if output or key_path:
            raise InputError("--check writes nothing.", "Leave -o and --sign out, or say --seal.")
        return _check(source, allowed_signers, form)[1]
    if form != "text":
        raise InputError("-f is for --check.", "Leave it out.")
    if allowed_signers:
        raise InputError("--allowed-signers is for --check.", "Leave it out.")
    if output is None:
        raise InputError("No place for the package is named.", "Name one with -o.")
    if wants_seal:
        return _seal(source, output, key_path)
    return _make(source, output, key_path, kinds)


def _make(run: Path, output: Path, key_path: Path | None, kinds: tuple[str, ...]) -> int:
    from defcheck.cli.evidence import make_bundle, score_evidence
    from defcheck.files import exists
    from defcheck.redaction.pseudonyms import NAMES
    from defcheck.submit import bundle
    from defcheck.submit.archive import unpack
    from defcheck.submit.package import content, make, scs, store
    from defcheck.submit.package.facts import Facts

    if exists(output):
        raise InputError(f"{output} exists already.", "Name another folder, or move that one away.")
    if exists(run / content.BUNDLE):
        raise InputError(f"{run} is a package already.", "Say --check or --seal.")
    data, document = make_bundle(run, key_path, kinds)
    facts = Facts.of(unpack(data, bundle.FILES), score_evidence)
    if not facts.has_a_pass:
        raise InputError(
            "No test of the run passed, so that there is nothing to hand in.",
            "`defcheck report` tells what became of the tests.",
        )
    store.write(output, make.make(facts, data))
    click.echo(f"Wrote {output}: {document['verdict']}", err=True)
    if facts.scs and NAMES not in kinds:
        click.echo(f"{content.SCS_REPORT}: {scs.PUBLIC}", err=True)
    click.echo(f"Fill in {', '.join(make.forms(facts))} in it.", err=True)
    click.echo(f"Then: defcheck package --check {output}", err=True)
    return ExitCode.OK


def _check(
    source: Path, allowed_signers: Path | None, form: str = "text"
) -> "tuple[Found, ExitCode]":
    """Print what the check says; return what was read and the exit code."""
    from defcheck.cli.evidence import score_evidence
    from defcheck.report import json_report
    from defcheck.report.package.document import build
    from defcheck.submit.package import check, store
    from defcheck.submit.package.remarks import Kind

    found = store.read(source, allowed_signers)
    remarks = list(found.remarks)
    if not any(remark.kind is Kind.WRONG for remark in remarks):
        allowed = None if found.sealed else allowed_signers
        remarks += check.check(found.files, allowed, score_evidence, sealed=found.sealed)
    document = build(str(source), remarks, sealed=found.sealed)
    if form == "json":
        click.echo(json_report.render(document), nl=False)
    else:
        for remark in remarks:
            click.echo(f"{remark.kind:5}  {remark.file}: {remark.text}")
        click.echo(f"{source} is {_sum(document)}.")
    return found, EXIT_CODES[document["state"]]


def _sum(document: "Document") -> str:
    if document["state"] == "wrong":
        return f"not right: {document['wrong']} wrong, {document['open']} open"
    if document["state"] == "open":
        return f"not complete: {document['open']} open"
    return "complete"


def _seal(folder: Path, output: Path, key_path: Path | None) -> int:
    from defcheck.cli.evidence import passphrase, score_evidence
    from defcheck.files import exists, write_new
    from defcheck.submit import bundle, sshsig
    from defcheck.submit.package import check, content, store

    if exists(output):
        raise InputError(f"{output} exists already.", "Name another file, or move that one away.")
    if not (exists(folder) and folder.is_dir()):
        raise InputError(f"{folder} is no folder.", "Name one that `defcheck package` made.")
    found, code = _check(folder, None)
    if code:
        click.echo("Nothing was written.", err=True)
        return code
    files = check.seal(found.files, score_evidence)
    signature = b""
    if key_path:
        manifest = bundle.manifest(files)
        signature = sshsig.sign(manifest, key_path, passphrase(), content.NAMESPACE)
    write_new(output, store.build(files, signature))
    click.echo(f"Wrote {output}", err=True)
    return ExitCode.OK
